"""The fact: one version of one thing an institution told us, never changed afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

MAX_RANGES = 5
"""Range parameters (date, number, quantity) a fact type may have: the typed columns of the table."""


@dataclass(slots=True)
class Terms:
    """What a fact can be found by. Made by `extract`, stored as `Columns`, matched by `search`.

    tokens      exact keys, written `parameter=value` (forms: see `extract`)
    strings     (parameter, normalised text) pairs for prefix and substring search
    ranges      per slot of the type: every (low, high) the parameter has; dates in epoch seconds
    composites  parameter -> one entry per element: the tokens and ranges that stand together
    happened    when it happened, epoch seconds
    subjects    addresses (`Type/id`) of those the fact is about; a fact may belong to several
    """

    tokens: list[str] = field(default_factory=list[str])
    strings: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    ranges: dict[int, list[tuple[float, float]]] = field(default_factory=dict[int, list[tuple[float, float]]])
    composites: dict[str, list[dict[str, Any]]] = field(default_factory=dict[str, list[dict[str, Any]]])
    happened: float | None = None
    subjects: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True)
class Columns:
    """The terms of a fact, ready for its row. Made by `columns`.

    keys      the fields from `low0` to `repeats` of `rows.COLUMNS`, in PostgreSQL's binary form
    happened  when it happened, epoch seconds
    subjects  addresses (`Type/id`) of those the fact is about
    """

    keys: bytes
    happened: float | None
    subjects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """A fact about to be appended.

    body        canonical JSON text: starts `{"resourceType":"T","id":"I"`, then `"meta"` if there is one
                (without versionId and lastUpdated, which are columns), then the rest as it came
    if_version  the version that must be current (0: nothing may be there); None: whatever is
    digest      `rows.body_hash` of the body as it was sent: the same again is no new version
    amends      the same content in another form, which is a new version all the same
    """

    type: str
    id: str
    body: bytes
    columns: Columns
    person: int | None
    org: str
    county: str
    message: int
    digest: bytes
    deleted: bool = False
    if_version: int | None = None
    amends: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """One stored version. `line` numbers the thing across its versions; `seq` numbers the versions."""

    seq: int
    line: int
    type: str
    id: str
    version: int
    person: int | None
    org: str
    county: str
    happened: datetime | None
    recorded_at: datetime
    superseded_at: datetime | None
    message: int
    deleted: bool
    body: bytes


Done = Literal["created", "updated", "unchanged", "deleted"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a draft."""

    type: str
    id: str
    version: int
    done: Done
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of a search or history result. `next` is an opaque cursor, None on the last page.

    `total` is None where counting was not asked for or would cost too much, and an estimate where asked for.
    """

    facts: list[Fact]
    next: str | None = None
    total: int | None = None
