"""The terms of a fact as the columns of its row, in PostgreSQL's binary form.

A row is made of pieces that were packed when they were first seen: most tokens repeat, so their eight
bytes are made once. What a column holds is described in `schema/facts.sql`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from struct import Struct
from typing import Any

import orjson

from kangshu.kernel.facts.definition import MAX_RANGES, Columns, Terms
from kangshu.kernel.facts.tokens import token_hash

MARK = "\x1f"
"""Before, between and after the values in `strings`; escaped out of the values themselves."""

NARROW = 86_400.0
"""Between the low and the high of a range that is not wide: a day, which is what most dates are."""

Ranges = Mapping[int, Sequence[tuple[float, float]]]
"""Per slot of the type every (low, high)."""

NULL = b"\xff\xff\xff\xff"
_INT = Struct(">i").pack
_ELEMENT = Struct(">iq").pack
_ARRAY = Struct(">iiiiii").pack
_BIGINT = 20
_PAIR = Struct(">idid").pack
_NO_PAIR = NULL * 2
_NO_RANGES = _NO_PAIR * MAX_RANGES


def columns_of(terms: Terms) -> Columns:
    """The columns that hold these terms."""
    ranges, wide, several = _pairs(terms.ranges) if terms.ranges else (_NO_RANGES, [], {})
    tokens = [*map(packed_token, terms.tokens), *wide]
    strings = _strings(terms.strings) if terms.strings else NULL
    repeats = _repeats(several, terms.composites) if several or terms.composites else NULL
    keys = b"".join((ranges, _array(tokens), strings, repeats))
    return Columns(keys, terms.happened, tuple(terms.subjects))


@lru_cache(maxsize=65_536)
def packed_token(token: str) -> bytes:
    """A token as an element of the array."""
    return _ELEMENT(8, token_hash(token))


def wide_token(slot: int) -> str:
    """Carried by facts whose range in the slot is wide.

    A search from one date to another finds the others by one index, near its dates.
    """
    return f"@wide{slot}"


_WIDE = tuple(packed_token(wide_token(slot)) for slot in range(MAX_RANGES))


def _strings(strings: Sequence[tuple[str, str]]) -> bytes:
    parts = [f"{name}={value.replace(MARK, ' ')}" for name, value in dict.fromkeys(strings)]
    text = (MARK + MARK.join(parts) + MARK).replace("\0", "")
    # A lone surrogate is legal in a JSON escape but not in UTF-8, nor in anything one can search for.
    return field(text.encode("utf-8", "replace"))


def field(content: bytes) -> bytes:
    """A field of COPY's binary form."""
    return _INT(len(content)) + content


def _array(elements: Sequence[bytes]) -> bytes:
    number = len(elements)
    return _ARRAY(20 + 12 * number, 1, 0, _BIGINT, number, 1) + b"".join(elements) if number else _EMPTY


_EMPTY = _INT(12) + _INT(0) + _INT(0) + _INT(_BIGINT)


def _pairs(
    ranges: Ranges,
) -> tuple[bytes, list[bytes], dict[str, Sequence[tuple[float, float]]]]:
    """The low and high fields, the tokens of slots that are wide, and the slots that hold several values.

    With several values the fields hold the outer bounds: good enough to find candidates;
    `repeats` then decides.
    """
    pairs = [_NO_PAIR] * MAX_RANGES
    wide: list[bytes] = []
    several: dict[str, Sequence[tuple[float, float]]] = {}
    for slot, values in ranges.items():
        if not values:
            continue
        low, high = values[0]
        if len(values) > 1:
            low, high = min(low for low, _ in values), max(high for _, high in values)
            several[str(slot)] = values
        pairs[slot] = _PAIR(8, low, 8, high)
        if high - low > NARROW:
            wide.append(_WIDE[slot])
    return b"".join(pairs), wide, several


def _repeats(
    several: Mapping[str, Sequence[tuple[float, float]]], composites: Mapping[str, list[dict[str, Any]]]
) -> bytes:
    content: dict[str, Any] = {
        slot: [[_finite(x) for x in pair] for pair in pairs] for slot, pairs in sorted(several.items())
    }
    content |= {
        name: [
            {
                "t": [str(token_hash(token)) for token in element.get("t", ())],
                "r": {part: [_finite(x) for x in pair] for part, pair in element.get("r", {}).items()},
            }
            for element in elements
        ]
        for name, elements in composites.items()
    }
    return field(b"\x01" + orjson.dumps(content))


def _finite(value: float) -> float:
    """JSON has no infinity; the largest double stands for it."""
    return min(max(value, -1.7e308), 1.7e308)


NO_COLUMNS = columns_of(Terms())
"""Of what has no content: a deletion."""
