"""Facts as rows: the binary form that COPY reads, and back."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from functools import lru_cache
from math import floor
from struct import Struct
from typing import Any

from kangshu.kernel.facts.columns import NULL, field
from kangshu.kernel.facts.definition import MAX_RANGES, Draft, Fact

COLUMNS = (
    "type, id, version, seq, line, message, org, county, person, happened, recorded_at, deleted, hash, "
    + ", ".join(f"low{i}, high{i}" for i in range(MAX_RANGES))
    + ", tokens, strings, repeats, body"
)

READ_COLUMNS = (
    "seq, line, type, id, version, person, org, county, happened,"
    " recorded_at, superseded_at, message, deleted, body"
)

# https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format"
COPY_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
COPY_TRAILER = b"\xff\xff"

_FIELDS = Struct(">h").pack(13 + 2 * MAX_RANGES + 4)
_NUMBERS = Struct(">iiiqiqiq").pack
_BIGINT = Struct(">iq").pack
_TRUE, _FALSE = field(b"\x01"), field(b"\x00")

_EPOCH = 946_684_800
"""2000-01-01 in epoch seconds, from which PostgreSQL counts its microseconds."""
_EARLIEST, _LATEST = -62135596800.0, 253402300799.0
"""The years 1 and 9999 in epoch seconds: what a timestamp can say."""


def body_hash(body: bytes) -> bytes:
    """Sixteen bytes that tell two bodies apart."""
    return hashlib.blake2b(body, digest_size=16).digest()


def copy_row(draft: Draft, version: int, seq: int, line: int, recorded_at: bytes) -> bytes:
    """A row for COPY … FROM STDIN in binary format, fields as in `COLUMNS`.

    `recorded_at` is the field that `moment_of` makes.
    """
    columns = draft.columns
    return b"".join(
        (
            _FIELDS,
            _text(draft.type),
            field(draft.id.encode()),
            _NUMBERS(4, version, 8, seq, 8, line, 8, draft.message),
            _text(draft.org),
            _text(draft.county),
            NULL if draft.person is None else _BIGINT(8, draft.person),
            NULL if columns.happened is None else moment(columns.happened),
            recorded_at,
            _TRUE if draft.deleted else _FALSE,
            field(draft.digest),
            columns.keys,
            field(draft.body),
        )
    )


@lru_cache(maxsize=4_096)
def _text(text: str) -> bytes:
    """A field of a text that many rows share."""
    return field(text.encode())


@lru_cache(maxsize=4_096)
def moment(seconds: float) -> bytes:
    """The field of a timestamp, from epoch seconds; what lies outside the calendar is clamped to its end."""
    seconds = min(max(seconds, _EARLIEST), _LATEST)
    whole = floor(seconds)
    return _BIGINT(8, (whole - _EPOCH) * 1_000_000 + round((seconds - whole) * 1e6))


def moment_of(when: datetime) -> bytes:
    """The field of a timestamp, exactly."""
    since = when.astimezone(UTC) - datetime.fromtimestamp(_EPOCH, UTC)
    return _BIGINT(8, (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds)


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
