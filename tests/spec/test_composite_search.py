"""Composite search against a plain count over the files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kangshu.app.platform import Platform
from kangshu.kernel.facts.search.request import parse_query
from tests.conftest import EVERYTHING

SYSTOLIC, DIASTOLIC, HEIGHT = "8480-6", "8462-4", "8302-2"
NEAR_MISS = (SYSTOLIC, 85)
"""Nobody has so low a systolic pressure, but many have such a diastolic one in the same observation."""


def observations(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted((folder / "synthea" / "small").glob("*.json")):
        for entry in json.loads(path.read_text("utf-8"))["entry"]:
            if entry["resource"]["resourceType"] == "Observation":
                yield entry["resource"]


def has_code(element: dict[str, Any], code: str) -> bool:
    return any(coding["code"] == code for coding in element["code"]["coding"])


def value(element: dict[str, Any]) -> float:
    return element.get("valueQuantity", {}).get("value", float("nan"))


@pytest.mark.parametrize(
    ("code", "limit"), [(SYSTOLIC, 120), NEAR_MISS, (DIASTOLIC, 85), (DIASTOLIC, 70), (HEIGHT, 170)]
)
def test_code_and_value_of_the_same_element_are_compared(
    synthea_platform: Platform, testdata: Path, code: str, limit: int
):
    found = list(observations(testdata))
    alone = sum(has_code(each, code) and value(each) < limit for each in found)
    parts = sum(
        any(has_code(part, code) and value(part) < limit for part in each.get("component", ()))
        for each in found
    )
    both = sum(
        any(has_code(part, code) and value(part) < limit for part in (each, *each.get("component", ())))
        for each in found
    )
    assert (both > 0) != ((code, limit) == NEAR_MISS)
    for name, expected in (
        ("code-value-quantity", alone),
        ("component-code-value-quantity", parts),
        ("combo-code-value-quantity", both),
    ):
        pairs = [(name, f"http://loinc.org|{code}$lt{limit}")]
        query = parse_query(synthea_platform.catalogue, "Observation", pairs)
        assert synthea_platform.reader(EVERYTHING).count(query) == expected, name
