"""The tables of the pack `hl7v2` as files, read once and checked; what they say is in `tables`.

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
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, get_args

from kangshu.domains.intake.hl7v2.message import Charsets
from kangshu.domains.intake.hl7v2.tables import Code, Element, Event, How, Required, Row, Tables, Use
from kangshu.kernel.base.errors import Invalid, Problem

_FIELD = re.compile(r"(\d+)(?:\.(\d+))?")
_HOW: tuple[How, ...] = get_args(How)


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
