"""Validation names every problem with its path and never the value: values are people's data."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kangshu.domains.intake.canonical import head_of
from kangshu.domains.intake.validation import MAX_PROBLEMS, problems_of
from kangshu.kernel.base.errors import Invalid

MARK = "Zhangsan"

PLACES: list[dict[str, Any]] = [
    {"resourceType": "Patient", "birthDate": MARK},
    {"resourceType": "Patient", "active": MARK},
    {"resourceType": "Patient", "name": MARK},
    {"resourceType": "Patient", "name": [MARK]},
    {"resourceType": "Patient", "identifier": [{"system": f" {MARK} ", "value": MARK}]},
    {"resourceType": "Patient", "multipleBirthInteger": MARK},
    {"resourceType": "Patient", "meta": {"lastUpdated": MARK}},
    {"resourceType": "Patient", "contained": [{"resourceType": MARK}]},
    {"resourceType": "Patient", "contained": [{"name": MARK}]},
    {"resourceType": MARK},
    {"resourceType": "Patient", "id": MARK * 20},
    {"resourceType": "Binary", "contentType": "text/plain", "data": f"{MARK}!"},
    {"resourceType": "Observation", "status": "final", "code": {"text": "x"}, "valueTime": MARK},
    {"resourceType": "Observation", "status": "final", "code": {"text": "x"}, "subject": MARK},
    {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "x"},
        "valueQuantity": {"value": MARK},
    },
    {"resourceType": "Bundle", "type": "batch", "entry": [{"fullUrl": [MARK]}]},
    {"resourceType": "Bundle", "type": "batch", "entry": MARK},
    {"resourceType": "Patient", "name": [{"family": f"{MARK}\0"}]},
]


@pytest.mark.parametrize("resource", PLACES, ids=range(len(PLACES)))
def test_a_problem_never_repeats_the_value(resource: dict[str, Any]) -> None:
    assert MARK not in repr(problems_of(json.dumps(resource).encode()))


@given(st.text(st.characters(categories=["L"]), min_size=4, max_size=30), st.sampled_from(PLACES))
@settings(max_examples=200, deadline=None)
def test_no_text_gets_into_a_problem(text: str, place: dict[str, Any]) -> None:
    marked = f"Qx{text}xQ"
    raw = json.dumps(place).replace(MARK, marked)
    assert marked not in repr(problems_of(raw.encode()))


def test_every_problem_is_named_with_its_path() -> None:
    resource = {
        "resourceType": "Patient",
        "birthDate": "1985-13-01",
        "name": [{"given": "A"}],
        "contact": [{}, {"telecom": [{"value": 1}]}],
    }
    assert {problem.path for problem in problems_of(json.dumps(resource).encode())} >= {
        "Patient.birthDate",
        "Patient.name[0].given",
        "Patient.contact[1].telecom[0].value",
    }


def test_a_nul_is_named_wherever_it_stands() -> None:
    raw = rb'{"resourceType":"Patient","name":[{"family":"\\u0000"},{"given":["a\u0000b"]}]}'
    assert [problem.path for problem in problems_of(raw)] == ["Patient.name[1].given[0]"]


@pytest.mark.parametrize(
    "raw",
    [
        b'{"resourceType":"Patient","gender":"male","gender":"female"}',
        b'{"resourceType":"Patient","id":"a","id":"b"}',
        b'{"resourceType":"Patient","name":' + b"[" * 1_000_000 + b"]" * 1_000_000 + b"}",
        '{"resourceType":"Patient","name":[{"family":"张"}]}'.encode("gb18030"),
        b'{"resourceType":"Patient","name":[{"family":"\\ud800"}]}',
        b'{"resourceType":"Patient","active":NaN}',
    ],
)
def test_what_may_be_read_in_two_ways_or_in_none_is_a_problem(raw: bytes) -> None:
    assert problems_of(raw)


@pytest.mark.parametrize("raw", [b"[]", b"1", b"", b"{", b'{"a":1}{', b"[" * 1_000_000, b"\xff"])
def test_the_head_of_nonsense_is_refused(raw: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        head_of(raw)
    assert refused.value.problems


def test_a_million_problems_are_not_told_one_by_one() -> None:
    found = problems_of(b'{"resourceType":"Patient","name":[' + b"1," * 1_000_000 + b"1]}")
    assert len(found) == MAX_PROBLEMS + 1
    assert "more problems" in found[-1].message


def test_a_number_is_not_repeated():
    (problem,) = problems_of(b'{"resourceType":"Patient","multipleBirthInteger":99999999999}')
    assert "99999999999" not in problem.message
