"""The tables that say what of a CDA document becomes what in FHIR: read from packs, checked, compiled.

maps.tsv      one row per map: which statements it is for, and what resource it makes
elements.tsv  rows of a map: element of the resource, XPath in the statement, kind of value;
              `+` includes the rows of another map
systems.tsv   OID of a code system or number space -> URI
codes.tsv     named tables of codes: source code -> code, system and display of FHIR
sections.tsv  section and template codes -> title, and the map for statements without template
documents.tsv template or code of a document -> kind
cda.toml      time zone of times without one; short names of OIDs, written {name} in the tables
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import cast

from lxml import etree

from kangshu.domains.intake.cda.definition import (
    KINDS,
    DocumentKind,
    Kind,
    Map,
    Row,
    SectionKind,
    Step,
    Tables,
    Target,
)
from kangshu.domains.intake.cda.standing import known_to
from kangshu.domains.intake.cda.xml import NAMESPACES, XPath
from kangshu.kernel.base.errors import Invalid

MAP_COLUMNS = (
    "map",
    "resource",
    "elements",
    "templates",
    "codes",
    "sections",
    "when",
    "keys",
    "needs",
    "shared",
)
_PATH = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\[\]|\[\d\]|\[x\])?")
_ZONE = re.compile(r"[+-]\d{2}:\d{2}")
_SHORT = re.compile(r"\{([a-z_0-9]+)\}")


@dataclass(slots=True)
class _Draft:
    zone: str = "Z"
    short: dict[str, str] = field(default_factory=dict[str, str])
    systems: dict[str, str] = field(default_factory=dict[str, str])
    codes: dict[str, dict[str, Target]] = field(default_factory=dict[str, dict[str, Target]])
    sections: dict[str, SectionKind] = field(default_factory=dict[str, SectionKind])
    documents: dict[str, DocumentKind] = field(default_factory=dict[str, DocumentKind])
    maps: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    rows: dict[str, list[dict[str, str]]] = field(default_factory=dict[str, list[dict[str, str]]])


def read_tables(folders: Sequence[Path]) -> Tables:
    """The tables of packs, in order; a later pack adds to the earlier, its maps and rows are tried first.

    Raises `Invalid` naming file and row.
    """
    draft = _Draft()
    for folder in folders:
        _read_settings(folder / "cda.toml", draft)
    for folder in reversed(folders):
        _read_folder(folder, draft)
    for name in sorted(_parts(draft) - draft.maps.keys()):
        # A part of a resource that needs nothing in particular has no row of its own in maps.tsv.
        draft.maps[name] = dict.fromkeys(MAP_COLUMNS, "") | {"where": "elements.tsv"}
    maps = {name: _map(order, name, cells, draft) for order, (name, cells) in enumerate(draft.maps.items())}
    included = {row["from"] for rows in draft.rows.values() for row in rows if row["element"] == "+"}
    stray = sorted(draft.rows.keys() - maps.keys() - included)
    if stray:
        raise Invalid(f"elements.tsv names maps that maps.tsv lacks: {', '.join(stray)}.")
    _check_arguments(maps, draft)
    return _tables(draft, maps)


def _tables(draft: _Draft, maps: Mapping[str, Map]) -> Tables:
    by_template: dict[str, list[Map]] = {}
    for each in maps.values():
        for template in each.templates:
            by_template.setdefault(template, []).append(each)
    return Tables(
        zone=draft.zone,
        systems=draft.systems,
        codes=draft.codes,
        plain={
            name: {code: target.code for code, target in table.items()} for name, table in draft.codes.items()
        },
        sections=draft.sections,
        documents=draft.documents,
        maps=maps,
        by_template={template: tuple(each) for template, each in by_template.items()},
        general=tuple(each for each in maps.values() if each.elements and not each.templates),
    )


def _read_settings(path: Path, draft: _Draft) -> None:
    if not path.is_file():
        return
    table = tomllib.loads(path.read_text("utf-8"))
    unknown = table.keys() - {"zone", "short"}
    zone = table.get("zone", draft.zone)
    if unknown or not (isinstance(zone, str) and (zone == "Z" or _ZONE.fullmatch(zone))):
        raise Invalid(f"{path.name}: the keys are zone (as +08:00) and short.")
    draft.zone = zone
    draft.short |= cast(dict[str, str], table.get("short", {}))


def _read_folder(folder: Path, draft: _Draft) -> None:
    for row in _rows(folder / "systems.tsv", ("oid", "uri", "name")):
        draft.systems.setdefault(row["oid"], row["uri"])
    for row in _rows(folder / "codes.tsv", ("table", "code", "to_system", "to_code", "display")):
        table = draft.codes.setdefault(row["table"], {})
        table.setdefault(row["code"], Target(row["to_system"], row["to_code"], row["display"]))
    for row in _rows(folder / "sections.tsv", ("code", "name", "title")):
        code = _long(row["code"], draft)
        draft.sections.setdefault(code, SectionKind(row["name"], row["title"]))
    for row in _rows(folder / "documents.tsv", ("template", "kind", "system", "code", "title")):
        kind = DocumentKind(row["kind"], row["system"], row["code"], row["title"])
        draft.documents.setdefault(_long(row["template"], draft), kind)
    here: set[str] = set()
    for row in _rows(folder / "maps.tsv", MAP_COLUMNS):
        if row["map"] in here:
            raise Invalid(f"{folder.name}/maps.tsv: the map {row['map']} is there twice.")
        here.add(row["map"])
        # What a special pack says of a map stands in place of what the general one says.
        draft.maps.setdefault(row["map"], row)
    for row in _rows(folder / "elements.tsv", ("map", "element", "from", "kind", "when")):
        draft.rows.setdefault(row["map"], []).append(row)


def _rows(path: Path, heading: tuple[str, ...]) -> Iterable[dict[str, str]]:
    """Rows of a table with exactly these columns; empty lines and those that begin with # are skipped."""
    if not path.is_file():
        return
    lines = path.read_text("utf-8").splitlines()
    where = f"{path.parent.name}/{path.name}"
    if not lines or tuple(lines[0].split("\t")) != heading:
        raise Invalid(f"{where}: the columns are {', '.join(heading)}.")
    for number, line in enumerate(lines[1:], 2):
        if not line.strip() or line.startswith("#"):
            continue
        cells = [cell.strip() for cell in line.split("\t")]
        if len(cells) > len(heading):
            raise Invalid(f"{where}: row {number} has {len(cells)} cells.")
        cells += [""] * (len(heading) - len(cells))
        yield dict(zip(heading, cells, strict=True)) | {"where": f"{where}:{number}"}


def _long(text: str, draft: _Draft) -> str:
    """With the short names of OIDs written out."""

    def full(match: re.Match[str]) -> str:
        if match[1] not in draft.short:
            raise Invalid(f"cda.toml has no short name {match[1]}.")
        return draft.short[match[1]]

    return _SHORT.sub(full, text)


def _map(order: int, name: str, cells: Mapping[str, str], draft: _Draft) -> Map:
    where = cells["where"]

    rows = list(_expanded(name, draft, ()))
    said = " ".join([cells["when"], *(row[cell] for row in rows for cell in ("from", "kind", "when"))])

    def words(column: str) -> frozenset[str]:
        return frozenset(_long(cells[column], draft).split())

    return Map(
        name=name,
        order=order,
        resource=cells["resource"],
        elements=words("elements"),
        templates=words("templates"),
        codes=words("codes"),
        sections=words("sections"),
        when=_optional(cells["when"], where, draft),
        keys=tuple(_xpath(each.strip(), where, draft) for each in cells["keys"].split(";") if each.strip()),
        needs=tuple(tuple(each.split("|")) for each in cells["needs"].split()),
        shared=cells["shared"] == "yes",
        knows=known_to(said, draft.codes),
        rows=tuple(_row(row, draft) for row in rows),
    )


def _parts(draft: _Draft) -> set[str]:
    """Names of maps that rows use for parts of a resource, and that have rows."""
    used = {
        kind.removeprefix("map:")
        for rows in draft.rows.values()
        for row in rows
        for kind in _split_kinds(row["kind"])
        if kind.startswith("map:")
    }
    return used & draft.rows.keys()


def _expanded(name: str, draft: _Draft, above: tuple[str, ...]) -> Iterable[dict[str, str]]:
    """The rows of a map; where one says `+`, the rows of the map it names stand in its place."""
    if name in above:
        raise Invalid(f"elements.tsv: the map {name} includes itself.")
    for row in draft.rows.get(name, ()):
        if row["element"] != "+":
            yield row
        elif row["from"] in draft.rows:
            yield from _expanded(row["from"], draft, (*above, name))
        else:
            raise Invalid(f"{row['where']}: there are no rows of a map {row['from']} to include.")


def _row(cells: Mapping[str, str], draft: _Draft) -> Row:
    where = cells["where"]
    path = tuple(_step(part, where) for part in cells["element"].split("."))
    return Row(
        element=cells["element"],
        path=path,
        sources=tuple(_xpath(each, where, draft) for each in cells["from"].split(" ; ")),
        kinds=tuple(_kind(text, where) for text in _split_kinds(cells["kind"])),
        when=_optional(cells["when"], where, draft),
        many=path[-1][1] == "[]" or cells["element"] == "-",
    )


def _split_kinds(text: str) -> list[str]:
    return [text] if text.startswith("fixed:") else text.split()


def _step(text: str, where: str) -> Step:
    if text == "-":
        return "-", ""
    match = _PATH.fullmatch(text)
    if match is None:
        raise Invalid(f"{where}: {text} is no step of an element's path.")
    return match[1], match[2] or ""


def _kind(text: str, where: str) -> Kind:
    name, _, argument = text.partition(":")
    if name not in KINDS:
        raise Invalid(
            f"{where}: {name} is no kind of value.", remedy=f"The kinds are {', '.join(sorted(KINDS))}."
        )
    return Kind(name, argument)


def _optional(text: str, where: str, draft: _Draft) -> XPath | None:
    return _xpath(f"boolean({text})", where, draft) if text else None


def _xpath(text: str, where: str, draft: _Draft) -> XPath:
    try:
        return _compiled(_long(text, draft))
    except etree.XPathSyntaxError:
        raise Invalid(f"{where}: {text} is no XPath.") from None


@lru_cache(4096)
def _compiled(text: str) -> XPath:
    """Many rows say the same, and every platform of a process reads the same tables."""
    return cast(XPath, etree.XPath(text, namespaces=NAMESPACES, smart_strings=False))


def _check_arguments(maps: Mapping[str, Map], draft: _Draft) -> None:
    known = {"map": maps.keys(), "ref": maps.keys(), "code": draft.codes.keys(), "mapped": draft.codes.keys()}
    for each in maps.values():
        for row in each.rows:
            for kind in row.kinds:
                if kind.name in known and kind.argument not in known[kind.name]:
                    raise Invalid(
                        f"Map {each.name}, element {row.element}: there is no {kind.name} {kind.argument}."
                    )
