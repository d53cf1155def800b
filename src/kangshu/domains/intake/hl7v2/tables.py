"""The tables of the pack `hl7v2`: which field becomes which element. Read once, checked, frozen.

    segments/PID.tsv   resource  source  target  type  table  when
    datatypes.tsv      map       source  target  type  table  when
    messages.tsv       messages  segment  resource  how  closes  when
    keys.tsv           resource  key
    elements.tsv       resource  element  default  source  when
    events.tsv         events  resource  target  value
    codes.tsv          table  code  value  system  display
    systems.tsv        name  uri
    authorities.tsv    kind  name  uri
    required.tsv       messages  segment  fields
    charsets.tsv       code  codec
    defaults.toml

Every table may be added to by a place: `hl7v2/<name>.tsv` in its pack has rows that come first.
"""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal

from kangshu.domains.intake.hl7v2.message import Charsets
from kangshu.kernel.base.errors import Invalid, Problem

How = Literal["open", "once", "join", "extend"]
"""open: each segment is a resource of its own; join: it belongs to the open one unless that has such a
segment; extend: it belongs to the open one, and to none if there is none."""

_FIELD = re.compile(r"(\d+)(?:\.(\d+))?")
_HOW = ("open", "once", "join", "extend")


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


def read_tables(folder: Path, places: Iterable[Path] = ()) -> Tables:
    """The tables of the pack in `folder`, with what the packs of places add.

    Raises `Invalid` naming file and line.
    """
    folders = [*(place / "hl7v2" for place in places), folder]

    def rows(name: str, columns: str) -> list[dict[str, str]]:
        found: list[dict[str, str]] = []
        for each in folders:
            if (path := each / f"{name}.tsv").exists():
                found += _rows(path, tuple(columns.split()))
        return found

    defaults = _defaults(folder / "defaults.toml")
    names = sorted({p.stem for each in folders for p in (each / "segments").glob("*.tsv")})
    segments: dict[tuple[str, str], list[Row]] = {}
    for name in names:
        for row in rows(f"segments/{name}", "resource source target type table when"):
            segments.setdefault((name, row["resource"]), []).append(_row(row))
    datatypes: dict[str, list[Row]] = {}
    for row in rows("datatypes", "map source target type table when"):
        datatypes.setdefault(row["map"], []).append(_row(row))
    keys: dict[str, list[list[str]]] = {}
    for row in rows("keys", "resource key"):
        keys.setdefault(row["resource"], []).append(row["key"].split())
    elements: dict[str, list[Element]] = {}
    for row in rows("elements", "resource element default source when"):
        elements.setdefault(row["resource"], []).append(
            Element(row["element"], row["default"], row["source"], row["when"])
        )
    codes: dict[str, dict[str, Code]] = {}
    for row in rows("codes", "table code value system display"):
        codes.setdefault(row["table"], {}).setdefault(
            row["code"], Code(row["value"], row["system"], row["display"])
        )
    authorities = rows("authorities", "kind name uri")
    return Tables(
        segments=segments,
        datatypes=datatypes,
        uses=[_use(row) for row in rows("messages", "messages segment resource how closes mode when")],
        keys=keys,
        elements=elements,
        events=[
            Event(tuple(row["events"].split()), row["resource"], row["target"], row["value"])
            for row in rows("events", "events resource target value")
        ],
        codes=codes,
        systems=_first((row["name"].upper(), row["uri"]) for row in rows("systems", "name uri")),
        authorities=_first(
            ((row["kind"], row["name"].upper()), row["uri"])
            for row in authorities
            if row["kind"] != "pattern"
        ),
        patterns=[(row["name"], row["uri"]) for row in authorities if row["kind"] == "pattern"],
        required=[_required(row) for row in rows("required", "messages segment fields")],
        charsets=Charsets(
            _first((row["code"].upper(), row["codec"]) for row in rows("charsets", "code codec")),
            tuple(defaults["unsaid_charsets"]),
        ),
        zone=defaults["zone"],
        versions=tuple(defaults["versions"]),
        linked=tuple(defaults["linked"]),
        refused=tuple(defaults["refused"]),
    )


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


def _rows(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    lines = [line for line in path.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    reader = csv.reader(io.StringIO("\n".join(lines)), delimiter="\t", quoting=csv.QUOTE_NONE)
    heading = tuple(next(reader, ()))
    if heading != columns:
        raise _wrong(path, 1, f"The columns must be {' '.join(columns)}.")
    found: list[dict[str, str]] = []
    for number, cells in enumerate(reader, 2):
        if len(cells) > len(columns):
            raise _wrong(path, number, "There are more cells than columns.")
        row = dict(zip(columns, [*cells, *[""] * (len(columns) - len(cells))], strict=True))
        row["where"] = f"{path.name} row {number}"
        found.append(row)
    return found


def _wrong(path: Path, number: int, message: str) -> Invalid:
    place = f"{path.name}:{number}"
    return Invalid(f"{place}: {message}", problems=(Problem("error", "structure", place, message),))


def _row(row: Mapping[str, str]) -> Row:
    return Row(row["source"], row["target"], row["type"], row["table"], row["when"], row["where"])


def _use(row: Mapping[str, str]) -> Use:
    if row["how"] not in _HOW:
        raise Invalid(f"{row['where']}: how is one of {', '.join(_HOW)}.")
    return Use(
        tuple(row["messages"].split()),
        row["segment"],
        row["resource"],
        row["how"],
        tuple(row["closes"].split()),
        row["mode"] or "replace",
        row["when"],
    )


def _required(row: Mapping[str, str]) -> Required:
    fields = [_FIELD.findall(each) for each in row["fields"].split()]
    if any(
        "|".join(f"{n}.{c}" if c else n for n, c in each) != written
        for each, written in zip(fields, row["fields"].split(), strict=True)
    ):
        raise Invalid(f"{row['where']}: fields are numbers such as 5, 3.1 or 3.1|2.1.")
    return Required(
        tuple(row["messages"].split()),
        row["segment"].rstrip("?"),
        tuple(tuple((int(number), int(component or 0)) for number, component in each) for each in fields),
        row["segment"].endswith("?"),
    )


def _first(pairs: Iterable[tuple[Any, str]]) -> dict[Any, str]:
    """What comes first holds: places are read before the standard."""
    found: dict[Any, str] = {}
    for key, value in pairs:
        found.setdefault(key, value)
    return found


_DEFAULTS = {"zone", "unsaid_charsets", "versions", "linked", "refused"}


def _defaults(path: Path) -> dict[str, Any]:
    found = tomllib.loads(path.read_text("utf-8"))
    if set(found) != _DEFAULTS:
        raise Invalid(f"{path.name} has the keys {', '.join(sorted(_DEFAULTS))}, all of them and no others.")
    return found
