"""The stored form moves the head of a resource and touches nothing else."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kangshu.domains.intake.canonical import head_of, stored_form


def stored(raw: bytes) -> bytes:
    head = head_of(raw)
    return stored_form(str(head.resource_type), str(head.id), raw, head.meta)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (b'{"resourceType":"X","id":"1","a":1.50}', b'{"resourceType":"X","id":"1","a":1.50}'),
        (b'{"a":1.50,"id":"1","resourceType":"X"}', b'{"resourceType":"X","id":"1","a":1.50}'),
        (
            b'{"resourceType":"X","id":"1","meta":{"versionId":"7","lastUpdated":"2020-01-01"},"a":1}',
            b'{"resourceType":"X","id":"1","a":1}',
        ),
        (
            b'{"a":[ 1 , 2 ],"meta":{"versionId":"7","source":"s"},"resourceType":"X","id":"1"}',
            b'{"resourceType":"X","id":"1","meta":{"source":"s"},"a":[ 1 , 2 ]}',
        ),
    ],
)
def test_the_head_moves_and_the_rest_stays_byte_for_byte(sent: bytes, kept: bytes) -> None:
    assert stored(sent) == kept


@given(
    st.permutations(["resourceType", "id", "value", "text", "meta"]),
    st.decimals(allow_nan=False, allow_infinity=False),
)
def test_the_order_of_properties_makes_no_difference_to_the_value(names: list[str], number: Decimal) -> None:
    written = {
        "resourceType": '"X"',
        "id": '"1"',
        "value": str(number),
        "text": '"康"',
        "meta": '{"source":"s"}',
    }
    raw = ("{" + ",".join(f'"{name}":{written[name]}' for name in names) + "}").encode()
    kept = json.loads(stored(raw), parse_float=str, parse_int=str)
    assert kept == json.loads(raw, parse_float=str, parse_int=str)
    assert stored(stored(raw)) == stored(raw)
