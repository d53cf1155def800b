"""The tables of the pack `hl7v2`: which field becomes which element. Read and checked by `table_files`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

from kangshu.domains.intake.hl7v2.message import Charsets

How = Literal["open", "once", "join", "extend"]
"""open: each segment is a resource of its own; join: it belongs to the open one unless that has such a
segment; extend: it belongs to the open one, and to none if there is none."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a map: `source` becomes `target`. `where` says where the line stands."""

    source: str
    target: str
    type: str
    table: str
    when: str
    where: str


@dataclass(frozen=True, slots=True)
class Use:
    """In messages like these, a segment becomes (a part of) a resource.

    closes  types whose open resource ends where this segment comes; * is every type
    mode    what the resource does to one that is stored already: see `merging`
    """

    messages: tuple[str, ...]
    segment: str
    resource: str
    how: How
    closes: tuple[str, ...]
    mode: str
    when: str


@dataclass(frozen=True, slots=True)
class Event:
    """What a trigger event says of a resource by itself. `value` is JSON."""

    messages: tuple[str, ...]
    resource: str
    target: str
    value: str


@dataclass(frozen=True, slots=True)
class Element:
    """An element that FHIR requires. Without it `default` stands if `when` holds, or `source` is at fault."""

    element: str
    default: str
    source: str
    when: str


@dataclass(frozen=True, slots=True)
class Code:
    """What a code of a table means in FHIR. An empty `value`: nothing."""

    value: str
    system: str
    display: str


@dataclass(frozen=True, slots=True)
class Required:
    """Fields a message must have to be of use; `optional`: only if the segment is there.

    A field is written as its alternatives, each a field and the component that must have a value, 0 for any.
    """

    messages: tuple[str, ...]
    segment: str
    fields: tuple[tuple[tuple[int, int], ...], ...]
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Tables:
    """All of them."""

    segments: Mapping[tuple[str, str], Sequence[Row]]
    datatypes: Mapping[str, Sequence[Row]]
    uses: Sequence[Use]
    keys: Mapping[str, Sequence[Sequence[str]]]
    elements: Mapping[str, Sequence[Element]]
    events: Sequence[Event]
    codes: Mapping[str, Mapping[str, Code]]
    systems: Mapping[str, str]
    authorities: Mapping[tuple[str, str], str]
    required: Sequence[Required]
    charsets: Charsets
    zone: str
    versions: tuple[str, ...]
    linked: tuple[str, ...]
    refused: tuple[str, ...]
    patterns: Sequence[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


def applies(patterns: Iterable[str], kind: str, event: str) -> bool:
    """Whether patterns such as `ADT ORU_* ADT_A0[148] !ADT_A40` mean a message."""
    name = f"{kind}_{event}"
    found = False
    for pattern in patterns:
        if pattern.startswith("!"):
            if _fits(pattern[1:], kind, name):
                return False
        elif _fits(pattern, kind, name):
            found = True
    return found


def is_named(patterns: Iterable[str], kind: str, event: str) -> bool:
    """Whether a pattern other than * means a message."""
    return applies(patterns, kind, event) and any(
        _fits(pattern, kind, f"{kind}_{event}") for pattern in patterns if pattern[0] not in "*!"
    )


def _fits(pattern: str, kind: str, name: str) -> bool:
    return pattern in ("*", kind) or fnmatchcase(name, pattern)
