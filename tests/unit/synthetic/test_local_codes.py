"""The local codes of the county, whose truth is known: how often the suggestions name it first."""

from __future__ import annotations

from collections import Counter

import pytest

from kangshu.domains.synthetic.county import County
from kangshu.domains.terminology.suggestions import index_of, suggest
from kangshu.kernel.codes.code_system import parse_code_system

FLOORS = {"test": (0.95, 0.97), "diagnosis": (0.95, 0.97), "medicine": (0.98, 0.99)}
"""The share of codes whose truth comes first, and among the first five. Measured: 0.98 and 0.99, 0.97 and
0.99, 1.00 and 1.00, among the codes the county itself uses."""


@pytest.mark.parametrize("kind", sorted(FLOORS))
def test_the_truth_is_among_the_first_suggestions(county: County, kind: str) -> None:
    index = index_of(parse_code_system(_standard(county, kind)))
    rows = [each for each in county.local_codes.values() if each.kind == kind]
    places = Counter[int]()
    for row in rows:
        found = [each.code for each in suggest(index, code=row.code, display=row.name, unit=row.unit)]
        places[found.index(row.standard) + 1 if row.standard in found else 0] += 1
    first, five = places[1] / len(rows), sum(places[each] for each in range(1, 6)) / len(rows)
    least, least_of_five = FLOORS[kind]
    assert first >= least
    assert five >= least_of_five


def _standard(county: County, kind: str) -> dict[str, object]:
    named = {
        "test": {each.code: each.name for each in county.tests.values()},
        "diagnosis": {each.code: each.name for each in county.conditions.values()},
        "medicine": {each.code: f"{each.name} {each.spec}" for each in county.medicines.values()},
    }[kind]
    return {
        "resourceType": "CodeSystem",
        "url": f"urn:example:{kind}",
        "status": "active",
        "content": "complete",
        "concept": [{"code": code, "display": name} for code, name in named.items()],
    }
