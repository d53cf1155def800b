"""The indexer, which remembers, finds what the extractor finds, which does not."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kangshu.kernel.base.errors import NotSupported
from kangshu.kernel.facts.columns import columns_of
from kangshu.kernel.facts.definition import Columns
from kangshu.kernel.facts.indexer import Indexer
from tests.support.sample_facts import official_examples, synthea_bundles
from tests.support.stores import EXTRACTOR
from tests.unit.facts import test_extract as things

INDEXER = Indexer(EXTRACTOR)
OF_THINGS = Indexer(things.EXTRACTOR)


def told(columns: Columns) -> dict[str, Any]:
    """What the fields say, whatever the order of tokens and strings."""
    *ranges, tokens, strings, repeats = _fields(columns.keys)
    number = struct.unpack_from(">i", tokens, 12)[0] if len(tokens) > 12 else 0
    elements = {struct.unpack_from(">iq", tokens, 20 + 12 * place) for place in range(number)}
    assert len(elements) == number, "a token stands twice"
    return {
        "ranges": ranges,
        "tokens": elements,
        "strings": None if strings is None else sorted(strings.decode().strip("\x1f").split("\x1f")),
        "repeats": None if repeats is None else json.loads(repeats[1:]),
        "happened": columns.happened,
        "subjects": sorted(columns.subjects),
    }


def _fields(keys: bytes) -> Iterator[bytes | None]:
    place = 0
    while place < len(keys):
        (length,) = struct.unpack_from(">i", keys, place)
        place += 4
        yield None if length < 0 else keys[place : place + length]
        place += max(length, 0)


def text_of(resource: dict[str, Any]) -> bytes:
    return json.dumps(resource, ensure_ascii=False, separators=(",", ":")).encode()


def agree(resources: list[dict[str, Any]]) -> None:
    for resource in resources:
        type_ = resource["resourceType"]
        found = INDEXER.columns(type_, text_of(resource), resource)
        assert told(found) == told(columns_of(EXTRACTOR.extract(type_, resource))), type_


def test_every_official_example_has_the_same_columns():
    agree(list(official_examples()))


def test_every_resource_of_a_synthea_patient_has_the_same_columns():
    for path in synthea_bundles()[:4]:
        agree([entry["resource"] for entry in json.loads(path.read_text("utf-8"))["entry"]])


def test_a_text_means_the_same_the_second_time_and_after_much_else():
    again = {"resourceType": "Thing", "id": "1", "status": "final", "note": "Größe"}
    first = OF_THINGS.columns("Thing", text_of(again), again)
    for number in range(5_000):
        other = {"resourceType": "Thing", "id": "1", "status": f"s{number}"}
        OF_THINGS.columns("Thing", text_of(other), other)
    assert OF_THINGS.columns("Thing", text_of(again), again) == first


def test_an_unknown_type_is_refused():
    with pytest.raises(NotSupported):
        INDEXER.columns("Planet", b"{}", {})


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "final", "2020-02", "2020-02-03T04:05:06+08:00", "Owner/1", "#x", "Müller", "5"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["system", "code", "value", "unit", "reference", "type", "coding", "text", "start", "end", "low",
             "high", "family", "given", "identifier", "size", "line", "event", "repeat", "origin", "data"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=8,
)  # fmt: skip
PROPERTIES = sorted({step.split(".")[0] for step in (
    "address any code part size sizeRange cost wave count date period timing goneBoolean goneDate identifier "
    "line name note on telecom status"
).split()})  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(properties=st.dictionaries(st.sampled_from(PROPERTIES), VALUES, max_size=6))
def test_whatever_stands_at_a_property_is_read_alike(properties: dict[str, Any]):
    resource = {"resourceType": "Thing", "id": "1", **properties}
    expected = told(columns_of(things.EXTRACTOR.extract("Thing", resource)))
    for _ in range(2):
        assert told(OF_THINGS.columns("Thing", text_of(resource), resource)) == expected
