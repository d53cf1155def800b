"""The standard codes of the demonstration, which a steward leads the local ones of its institutions to."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from kangshu.app.platform import Platform
from kangshu.domains.synthetic.county import County
from kangshu.domains.terminology.shelf import OWN


def publish_standards(platform: Platform, county: County) -> None:
    """Publish the standard codes of the county: there is something to suggest. Again: nothing changes."""
    for system, (title, named) in _standards(county).items():
        resource = _fragment(system, title, named)
        platform.intake.work_through(platform.intake.journal([(OWN, [orjson.dumps(resource)], "")])[0])


def _standards(county: County) -> Mapping[str, tuple[str, Mapping[str, str]]]:
    return {
        county.systems["loinc"]: ("LOINC", {each.code: each.name for each in county.tests.values()}),
        county.systems["diagnosis"]: (
            "医保版疾病诊断分类与代码",
            {each.code: each.name for each in county.conditions.values()},
        ),
        county.systems["medicine"]: (
            "医保药品分类与代码",
            {each.code: f"{each.name} {each.spec}" for each in county.medicines.values()},
        ),
    }


def _fragment(system: str, title: str, named: Mapping[str, str]) -> dict[str, object]:
    """A code system with only the codes the county uses."""
    return {
        "resourceType": "CodeSystem",
        "url": system,
        "version": "demo",
        "title": f"{title}（示范县用到的部分）",
        "status": "active",
        "content": "fragment",
        "concept": [{"code": code, "display": name} for code, name in named.items()],
    }
