"""Facts as rows: the text form that COPY reads, and back."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import orjson

from kangshu.kernel.facts.definition import MAX_RANGES, Draft, Fact, Terms
from kangshu.kernel.facts.tokens import token_hash

COLUMNS = (
    "type, id, version, seq, line, message, org, county, person, happened, recorded_at, deleted, hash, "
    + ", ".join(f"low{i}, high{i}" for i in range(MAX_RANGES))
    + ", tokens, strings, repeats, body"
)

READ_COLUMNS = (
    "seq, line, type, id, version, person, org, county, happened,"
    " recorded_at, superseded_at, message, deleted, body"
)

# Marks the start and the end of each value in `strings`; escaped out of the values themselves.
MARK = "\x1f"

_EARLIEST, _LATEST = -62135596800.0, 253402300799.0
"""The years 1 and 9999 in epoch seconds: what a timestamp can say."""

_NO_RANGES = "\t\\N" * (2 * MAX_RANGES)


def body_hash(body: bytes) -> bytes:
    """Sixteen bytes that tell two bodies apart."""
    return hashlib.blake2b(body, digest_size=16).digest()


def copy_line(draft: Draft, version: int, seq: int, line: int, recorded_at: str) -> str:
    """One line of COPY … FROM STDIN in text format, columns as in `COLUMNS`."""
    terms = draft.terms
    person = "\\N" if draft.person is None else str(draft.person)
    ranges, several, wide = _ranges(terms)
    tokens = ",".join([str(token_hash(token)) for token in (*terms.tokens, *wide)])
    repeats = _repeats(terms, several)
    return (
        f"{draft.type}\t{escape(draft.id)}\t{version}\t{seq}\t{line}\t{draft.message}\t{escape(draft.org)}"
        f"\t{escape(draft.county)}\t{person}\t{happened_text(terms.happened)}\t{recorded_at}"
        f"\t{'t' if draft.deleted else 'f'}\t\\\\x{draft.digest.hex()}"
        f"{ranges}\t{{{tokens}}}\t{_strings(terms)}"
        f"\t{repeats}\t{escape(draft.body.decode())}\n"
    )


def escape(text: str) -> str:
    """A value as COPY text wants it."""
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    if "\n" in text or "\t" in text or "\r" in text:
        text = text.replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")
    return text


def happened_text(seconds: float | None) -> str:
    """Epoch seconds as a timestamp; what lies outside the calendar is clamped to its end."""
    if seconds is None:
        return "\\N"
    return datetime.fromtimestamp(min(max(seconds, _EARLIEST), _LATEST), UTC).isoformat()


NARROW = 86_400.0
"""Between the low and the high of a range that is not wide: a day, which is what most dates are."""


def wide_token(slot: int) -> str:
    """Carried by facts whose range in the slot is wide.

    A search from one date to another finds the others by one index, near its dates.
    """
    return f"@wide{slot}"


def _ranges(terms: Terms) -> tuple[str, dict[str, list[tuple[float, float]]], list[str]]:
    """The low and high columns, the slots that hold several values, and the tokens of those that are wide.

    With several values the columns hold the outer bounds: good enough to find candidates;
    `repeats` then decides.
    """
    if not terms.ranges:
        return _NO_RANGES, {}, []
    parts: list[str] = []
    wide: list[str] = []
    several: dict[str, list[tuple[float, float]]] = {}
    for slot in range(MAX_RANGES):
        values = terms.ranges.get(slot)
        if not values:
            parts.append("\t\\N\t\\N")
            continue
        if len(values) == 1:
            low, high = values[0]
        else:
            low, high = min(low for low, _ in values), max(high for _, high in values)
            several[str(slot)] = values
        parts.append(f"\t{low}\t{high}")
        if high - low > NARROW:
            wide.append(wide_token(slot))
    return "".join(parts), several, wide


def _repeats(terms: Terms, several: dict[str, list[tuple[float, float]]]) -> str:
    if not several and not terms.composites:
        return "\\N"
    content: dict[str, Any] = {
        slot: [[_finite(x) for x in pair] for pair in pairs] for slot, pairs in several.items()
    }
    content |= {
        name: [
            {
                "t": [str(token_hash(token)) for token in element.get("t", ())],
                "r": {part: [_finite(x) for x in pair] for part, pair in element.get("r", {}).items()},
            }
            for element in elements
        ]
        for name, elements in terms.composites.items()
    }
    return escape(orjson.dumps(content).decode())


def _finite(value: float) -> float:
    """JSON has no infinity; the largest double stands for it."""
    return min(max(value, -1.7e308), 1.7e308)


def _strings(terms: Terms) -> str:
    if not terms.strings:
        return "\\N"
    parts = [f"{name}={value.replace(MARK, ' ')}" for name, value in dict.fromkeys(terms.strings)]
    return escape(MARK + MARK.join(parts) + MARK).replace("\x00", "")


def fact_of(row: tuple[Any, ...]) -> Fact:
    """A row of `READ_COLUMNS` as a fact."""
    (
        seq,
        line,
        type_,
        id_,
        version,
        person,
        org,
        county,
        happened,
        recorded,
        superseded,
        message,
        deleted,
        body,
    ) = row
    return Fact(
        seq=seq,
        line=line,
        type=type_,
        id=id_,
        version=version,
        person=person,
        org=org,
        county=county,
        happened=happened,
        recorded_at=recorded,
        superseded_at=superseded,
        message=message,
        deleted=deleted,
        body=body.encode(),
    )
