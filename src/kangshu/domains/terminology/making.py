"""From tables to a FHIR CodeSystem: every row checked, every problem with its line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from kangshu.domains.terminology.reading import find, find_or_refuse, rows
from kangshu.domains.terminology.resource_head import head_of
from kangshu.domains.terminology.table import Description, Table
from kangshu.kernel.base.errors import Invalid, Problem
from kangshu.kernel.codes.versions import order

MOST_CONCEPTS = 1_000_000
PROPERTIES = "http://hl7.org/fhir/concept-properties"


@dataclass(frozen=True, slots=True)
class Made:
    """A CodeSystem resource, how many concepts it has, and what was wrong with rows that are not in it."""

    resource: dict[str, Any]
    count: int
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class _Range:
    code: str
    first: str
    last: str
    level: int


@dataclass(slots=True)
class _Making:
    """What is there so far. `version` is the highest that a row says."""

    language: str
    concepts: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    ranges: list[_Range] = field(default_factory=list[_Range])
    problems: list[Problem] = field(default_factory=list[Problem])
    version: str = ""

    def wrong(self, code: str, where: str, message: str) -> None:
        self.problems.append(Problem("error", code, where, message))


@dataclass(frozen=True, slots=True)
class _Patterns:
    """Those of a table, ready for use."""

    form: re.Pattern[str] | None
    above: tuple[re.Pattern[str], ...]
    groups: tuple[re.Pattern[str], ...]

    @classmethod
    def of(cls, table: Table) -> _Patterns:
        form = re.compile(table.pattern) if table.pattern else None
        above, groups = map(re.compile, table.above), map(re.compile, table.groups)
        return cls(form, tuple(above), tuple(groups))


def make(description: Description, folders: Sequence[Path]) -> Made:
    """A code system from the tables in the folders, the first that has a file counts.

    Raises `NotFound` for a file that is in none, `Invalid` for a column that is missing, an encoding
    that does not fit, or a version that nobody says. Rows that are wrong are left out and told.
    """
    making = _Making(description.language)
    for table in description.tables:
        path = (find if table.optional else find_or_refuse)(table.file, folders)
        if path is not None:
            _take(table, path, making)
    described = replace(description, version=description.version or making.version)
    if not described.version:
        raise Invalid(
            f"Nothing says which version of {description.title} this is.", remedy="Name it with --version."
        )
    resource = _resource(described, list(making.concepts.values()))
    return Made(resource, len(making.concepts), tuple(making.problems))


def _take(table: Table, path: Path, making: _Making) -> None:
    patterns = _Patterns.of(table)
    for line, row in rows(table, path):
        where = f"{path.name}:{line}"
        if table.kind == "ranges":
            _take_range(table, row, where, making)
        elif table.kind == "names":
            _take_name(table, row, where, making)
        else:
            _take_row(table, patterns, row, where, making)
        if len(making.concepts) > MOST_CONCEPTS:
            raise Invalid(f"{path.name} has too many rows.", code="too-costly")


def _take_row(table: Table, patterns: _Patterns, row: Mapping[str, str], where: str, making: _Making) -> None:
    code, name = _code(table, row[table.code]), _name(table, row)
    if not code and not any(row.values()):
        return
    if not code or not name:
        making.wrong("required", where, "The row has no code or no name.")
    elif patterns.form and not patterns.form.fullmatch(code) and code not in table.exceptions:
        making.wrong("value", where, "The code does not have the form of its system.")
    elif code in making.concepts:
        _doubled(code, name, where, making)
    else:
        parent = _parent(table, row, code, patterns, making)
        if parent is not None and parent not in making.concepts:
            making.wrong("not-found", where, "The code above is not in the table.")
            return
        making.concepts[code] = _concept(table, code, name, parent) | _more(table, row, name, parent, making)
        if table.version:
            making.version = max(making.version, row[table.version].strip(), key=order)


def _take_name(table: Table, row: Mapping[str, str], where: str, making: _Making) -> None:
    """Another name takes the place of the display; the one before is among the designations already."""
    code, name = _code(table, row[table.code]), _name(table, row)
    concept = making.concepts.get(code)
    if concept is None:
        making.wrong("not-found", where, "There is no such code to name.")
    elif name:
        concept["display"] = name


def _doubled(code: str, name: str, where: str, making: _Making) -> None:
    """A code that was there already: no harm if it means the same."""
    if making.concepts[code].get("display") != name:
        making.wrong("duplicate", where, "The code was there before, with another name.")


def _parent(
    table: Table, row: Mapping[str, str], code: str, patterns: _Patterns, making: _Making
) -> str | None:
    if table.parent:
        stated = _code(table, row[table.parent])
        return stated if stated and stated != code else None
    if patterns.groups:
        return _grouped(code, patterns.groups, making)
    for pattern in patterns.above:
        found = pattern.match(code)
        if found and found[1] != code and found[1] in making.concepts:
            return found[1]
    return _innermost(making.ranges, code)


def _grouped(code: str, groups: Sequence[re.Pattern[str]], making: _Making) -> str | None:
    """The narrowest group of a code; groups that are not there yet are made."""
    parent: str | None = None
    for pattern in groups:
        found = pattern.match(code)
        if found and found[1] not in (code, parent):
            if found[1] not in making.concepts:
                making.concepts[found[1]] = _group(found[1], parent)
            parent = found[1]
    return parent


def _group(code: str, parent: str | None) -> dict[str, Any]:
    properties: list[dict[str, Any]] = [{"code": "notSelectable", "valueBoolean": True}]
    if parent is not None:
        properties.insert(0, {"code": "parent", "valueCode": parent})
    return {"code": code, "property": properties}


def _innermost(ranges: Sequence[_Range], code: str) -> str | None:
    """The narrowest group a code lies in."""
    best: _Range | None = None
    for each in ranges:
        inside = each.first <= code[: len(each.first)] and code[: len(each.last)] <= each.last
        if inside and (best is None or each.level > best.level):
            best = each
    return best.code if best else None


def _take_range(table: Table, row: Mapping[str, str], where: str, making: _Making) -> None:
    first, last, level = row[table.code].strip(), row[table.last].strip(), row[table.level].strip()
    name = row[table.name].strip()
    if not (first and last and name and level.isdecimal()):
        making.wrong("required", where, "The group has no first or last code, no name, or no level.")
        return
    code = f"{first}-{last}"
    outer = [each for each in making.ranges if each.level < int(level)]
    if code in making.concepts:
        # A chapter of one block only: the chapter stands for both.
        return
    making.concepts[code] = _concept(table, code, name, _innermost(outer, first))
    making.ranges.append(_Range(code, first, last, int(level)))


def _concept(table: Table, code: str, name: str, parent: str | None) -> dict[str, Any]:
    properties: list[dict[str, Any]] = []
    if parent is not None:
        properties.append({"code": "parent", "valueCode": parent})
    if table.is_abstract:
        properties.append({"code": "notSelectable", "valueBoolean": True})
    concept: dict[str, Any] = {"code": code, "display": name}
    return {**concept, "property": properties} if properties else concept


def _more(
    table: Table, row: Mapping[str, str], name: str, parent: str | None, making: _Making
) -> dict[str, Any]:
    """Properties and other names that a row has beyond code, name and what is above."""
    found: dict[str, Any] = {}
    properties: list[dict[str, Any]] = [
        {"code": code, "valueString": row[column].strip()}
        for code, column in table.properties.items()
        if row[column].strip()
    ]
    if table.status and row[table.status].strip() in table.inactive:
        properties.append({"code": "inactive", "valueBoolean": True})
    if properties:
        found["property"] = [*_concept(table, "", "", parent).get("property", ()), *properties]
    others = [
        {"language": language, "value": row[column].strip()}
        for language, column in table.designations.items()
        if row[column].strip() not in ("", name)
    ]
    if table.language not in ("", making.language):
        others.insert(0, {"language": table.language, "value": name})
    if others:
        found["designation"] = others
    return found


def _name(table: Table, row: Mapping[str, str]) -> str:
    name = row[table.name].strip()
    parts = [row[each].strip() for each in table.joined]
    return name or ":".join(parts).strip(":")


def _code(table: Table, written: str) -> str:
    code = written.strip().rstrip(table.strip) if table.strip else written.strip()
    return code.ljust(table.pad, "0") if code else ""


# -- writing


def _resource(description: Description, concepts: list[dict[str, Any]]) -> dict[str, Any]:
    resource = head_of("CodeSystem", description, description.language) | {
        "caseSensitive": description.case_sensitive,
        "hierarchyMeaning": "is-a",
        "content": description.content,
        "count": len(concepts),
        "property": _definitions(description),
        "concept": concepts,
    }
    if description.copyright:
        resource["copyright"] = description.copyright
    if description.value_set:
        resource["valueSet"] = description.value_set
    return resource


def _definitions(description: Description) -> list[dict[str, Any]]:
    """What the properties of the concepts are called, and what they are."""
    found: list[dict[str, Any]] = [
        {"code": "parent", "uri": f"{PROPERTIES}#parent", "type": "code"},
        {"code": "notSelectable", "uri": f"{PROPERTIES}#notSelectable", "type": "boolean"},
    ]
    if any(table.status for table in description.tables):
        found.append({"code": "inactive", "uri": f"{PROPERTIES}#inactive", "type": "boolean"})
    named = {code: column for table in description.tables for code, column in table.properties.items()}
    return found + [{"code": code, "description": column, "type": "string"} for code, column in named.items()]
