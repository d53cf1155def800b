"""Adding to what is stored: what is not mentioned stays."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kangshu.domains.intake.merging import merge, merged
from kangshu.domains.intake.unit import Entry, Unit


def _merge(stored: dict[str, Any], said: dict[str, Any], mode: str, assumed: tuple[str, ...] = ()) -> Any:
    head = {"resourceType": "Patient", "id": "1"}
    entry = Entry(0, json.dumps(head | said).encode(), merge=mode, assumed=assumed)
    found = json.loads(merge(json.dumps(head | stored).encode(), entry))
    return {name: value for name, value in found.items() if name not in head}


@pytest.mark.parametrize(
    ("stored", "said", "updated", "filled"),
    [
        ({"gender": "male"}, {}, {"gender": "male"}, {"gender": "male"}),
        ({"gender": "male"}, {"gender": "female"}, {"gender": "female"}, {"gender": "male"}),
        ({"gender": "male"}, {"gender": None}, {}, {"gender": "male"}),
        ({}, {"gender": "male"}, {"gender": "male"}, {"gender": "male"}),
        ({"name": [{"text": "a"}]}, {"name": [{"text": "b"}]},
         {"name": [{"text": "b"}]}, {"name": [{"text": "a"}]}),
        ({"period": {"start": "1"}}, {"period": {"end": "2"}}, {"period": {"start": "1", "end": "2"}},
         {"period": {"start": "1", "end": "2"}}),
        ({"period": {"start": "1", "end": "2"}}, {"period": {"end": None}}, {"period": {"start": "1"}},
         {"period": {"start": "1", "end": "2"}}),
        ({"deceasedBoolean": True}, {"deceasedDateTime": "2026"}, {"deceasedDateTime": "2026"},
         {"deceasedBoolean": True}),
        ({"identifier": [{"system": "a", "value": "1"}]}, {"identifier": [{"system": "b", "value": "2"}]},
         {"identifier": [{"system": "b", "value": "2"}, {"system": "a", "value": "1"}]},
         {"identifier": [{"system": "a", "value": "1"}, {"system": "b", "value": "2"}]}),
        ({"identifier": [{"system": "a", "value": "1"}]}, {"identifier": [{"system": "a", "value": "2"}]},
         {"identifier": [{"system": "a", "value": "2"}]},
         {"identifier": [{"system": "a", "value": "1"}, {"system": "a", "value": "2"}]}),
    ],
)  # fmt: skip
def test_update_and_fill(stored: Any, said: Any, updated: Any, filled: Any) -> None:
    assert _merge(stored, said, "update") == updated
    assert _merge(stored, said, "fill") == filled


def test_what_is_assumed_replaces_nothing() -> None:
    assert _merge({"status": "finished"}, {"status": "unknown"}, "update", ("status",)) == {
        "status": "finished"
    }
    assert _merge({}, {"status": "unknown"}, "update", ("status",)) == {"status": "unknown"}


def test_numbers_keep_their_digits_and_what_says_nothing_new_is_the_same_bytes() -> None:
    stored = b'{"resourceType":"X","id":"1","value":1.50,"gender":"male"}'
    said = Entry(0, b'{"resourceType":"X","id":"1","gender":"male"}', merge="update")
    assert merge(stored, said) is stored
    more = Entry(0, b'{"resourceType":"X","id":"1","other":2.10}', merge="update")
    assert merge(stored, more) == b'{"resourceType":"X","id":"1","value":1.50,"gender":"male","other":2.10}'


def test_a_later_message_of_a_group_adds_to_an_earlier_one() -> None:
    units = [
        (
            number,
            Unit([Entry(0, json.dumps({"resourceType": "X", "id": "1"} | said).encode(), merge="update")]),
        )
        for number, said in ((1, {"a": 1}), (2, {"b": 2}), (3, {"a": None}))
    ]
    found = [json.loads(unit.entries[0].raw) for _, unit in merged(units, lambda _: {})]
    assert [sorted(each.keys() - {"resourceType", "id"}) for each in found] == [["a"], ["a", "b"], ["b"]]


def test_links_to_others_stay() -> None:
    first, second = (
        {"other": {"reference": "Patient/1"}, "type": "replaces"},
        {"other": {"reference": "Patient/2"}},
    )
    assert _merge({"link": [first]}, {"link": [second]}, "update") == {"link": [second, first]}
    changed = {**first, "type": "seealso"}
    assert _merge({"link": [first]}, {"link": [changed]}, "update") == {"link": [changed]}
