"""Facts made from files the slow, obvious way: what the store would hand out after a load."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kangshu.kernel.facts.definition import Fact

RECORDED = datetime(2026, 1, 5, 8, 30, tzinfo=UTC)


def test_data(*parts: str) -> Path:
    """A file or folder of the test data; skips the test where it is absent."""
    root = Path(os.environ.get("KANGSHU_TESTDATA", Path(__file__).parents[3] / "shared" / "data"))
    path = root.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"no test data at KANGSHU_TESTDATA/{'/'.join(parts)}")
    return path


test_data.__test__ = False  # type: ignore[attr-defined]


def fact_of(
    resource: dict[str, Any], number: int = 1, *, org: str = "SYNTHEA", person: int | None = 1
) -> Fact:
    """One fact holding a resource as it was sent."""
    return Fact(
        seq=number,
        line=number,
        type=resource["resourceType"],
        id=resource.get("id", str(number)),
        version=1,
        person=person,
        org=org,
        county="440999",
        happened=None,
        recorded_at=RECORDED + timedelta(seconds=number),
        superseded_at=None,
        message=1000 + number // 100,
        deleted=False,
        body=json.dumps(resource, ensure_ascii=False).encode(),
    )


def facts_of_bundle(path: Path, person: int = 1, org: str = "SYNTHEA") -> list[Fact]:
    """The entries of a transaction bundle, `urn:uuid:` references resolved."""
    entries = json.loads(path.read_text("utf-8"))["entry"]
    addresses = {
        e["fullUrl"]: f"{e['resource']['resourceType']}/{e['resource']['id']}"
        for e in entries
        if "fullUrl" in e
    }
    resolved = [_resolve(e["resource"], addresses) for e in entries]
    return [fact_of(r, n, person=person, org=org) for n, r in enumerate(resolved, start=1)]


def synthea_bundles() -> Sequence[Path]:
    """The twenty small Synthea patients, in a fixed order."""
    return sorted(test_data("synthea", "small").glob("*.json"))


def official_examples() -> Iterator[dict[str, Any]]:
    """Every instance of the official R4 examples."""
    lines = test_data("fhir_r4_examples", "instances.ndjson").read_text("utf-8").splitlines()
    return (json.loads(line) for line in lines if line.strip())


def _resolve(value: Any, addresses: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            name: addresses.get(item, item) if name == "reference" else _resolve(item, addresses)
            for name, item in value.items()
        }
    return [_resolve(item, addresses) for item in value] if isinstance(value, list) else value


def addresses_of(facts: Iterable[Fact]) -> set[str]:
    """`Type/id` of each."""
    return {f"{fact.type}/{fact.id}" for fact in facts}
