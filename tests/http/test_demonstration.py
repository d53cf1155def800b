"""The demonstration: what its institutions send in their formats, and what a steward finds of it."""

from __future__ import annotations

from datetime import date

import pytest

from kangshu.app.demonstration import Plan, set_up
from kangshu.app.local_codes import suggestions
from kangshu.app.platform import Platform
from kangshu.domains.synthetic.load import load_county
from kangshu.kernel.facts import local_codes
from kangshu.kernel.facts.local_codes import LocalCode
from kangshu.kernel.packs.find import default_root

PLAN = Plan(seed=3, residents=60, years=4, until=date(2025, 12, 31))
HL7 = ("H44099900001", "H44099900003")


def _count(platform: Platform, statement: str) -> int:
    with platform.database.connection() as session:
        return (session.execute(statement.encode()).fetchone() or (0,))[0]


def _work_list(platform: Platform) -> list[LocalCode]:
    with platform.database.connection() as session:
        return local_codes.listed(session, state="open", orgs=None, after=0, limit=100)


def _strangers(platform: Platform) -> int:
    """Persons whom the hospital's laboratory knows and its wards do not: the same local number must join."""
    return _count(
        platform,
        "SELECT count(*) FROM (SELECT person FROM fact WHERE type = 'Patient' AND org = 'H44099900001'"
        " GROUP BY person HAVING bool_and(id NOT LIKE 'xry-%')) alone",
    )


@pytest.mark.slow
def test_stewards_find_codes_and_quarantine_and_a_second_set_up_changes_nothing(platform: Platform) -> None:
    set_up(platform, PLAN, lambda _done, _all: None)
    truth = {
        (each.institution, each.code): each.standard
        for each in load_county(default_root() / "places" / "demo_county").local_codes.values()
    }
    listed = _work_list(platform)
    assert len(listed) >= 3
    first = [(suggestions(platform, each) or [None])[0] for each in listed]
    right = [
        each
        for each, found in zip(listed, first, strict=True)
        if found and found.code == truth[each.org, each.code]
    ]
    assert len(right) >= 0.8 * len(listed)
    held = f"SELECT count(*) FROM quarantine q JOIN message m ON m.id = q.message WHERE m.source IN {HL7}"
    assert _count(platform, f"{held} AND m.media = 'hl7v2'") >= 1
    assert _strangers(platform) == 0
    facts = _count(platform, "SELECT count(*) FROM fact")
    again = set_up(platform, PLAN, lambda _done, _all: None)
    assert not again.stored
    assert _count(platform, "SELECT count(*) FROM fact") == facts
    assert len(_work_list(platform)) == len(listed)
