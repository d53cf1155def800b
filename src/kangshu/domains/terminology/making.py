"""From tables to a FHIR CodeSystem: every row checked, every problem with its line."""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from kangshu.domains.terminology.table import SEPARATORS, Description, Table
from kangshu.kernel.base.errors import Invalid, NotFound, Problem

MOST_CONCEPTS = 1_000_000
LONGEST = 100_000
"""Characters a line may have."""

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
    """What is there so far."""

    concepts: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    ranges: list[_Range] = field(default_factory=list[_Range])
    problems: list[Problem] = field(default_factory=list[Problem])

    def wrong(self, code: str, where: str, message: str) -> None:
        self.problems.append(Problem("error", code, where, message))


def make(description: Description, folders: Sequence[Path]) -> Made:
    """A code system from the tables in the folders, the first that has a file counts.

    Raises `NotFound` for a file that is in none, `Invalid` for a column that is missing or an encoding
    that does not fit. Rows that are wrong are left out and told.
    """
    making = _Making()
    for table in description.tables:
        path = _find(table, folders)
        if path is not None:
            _take(table, path, making)
    resource = _resource(description, list(making.concepts.values()))
    return Made(resource, len(making.concepts), tuple(making.problems))


def _find(table: Table, folders: Sequence[Path]) -> Path | None:
    for folder in folders:
        path = folder / table.file
        if path.is_file():
            return path
    if table.optional:
        return None
    raise NotFound(
        f"The table {table.file} is not there.", remedy="Name its folder with --from.", code="not-found"
    )


def _take(table: Table, path: Path, making: _Making) -> None:
    if table.kind == "ranges":
        for line, row in _rows(table, path):
            _take_range(table, row, f"{table.file}:{line}", making)
        return
    pattern = re.compile(table.pattern) if table.pattern else None
    above = [re.compile(each) for each in table.above]
    for line, row in _rows(table, path):
        where = f"{table.file}:{line}"
        code, name = _code(table, row[table.code]), row[table.name].strip()
        if not code or not name:
            making.wrong("required", where, "The row has no code or no name.")
        elif pattern and not pattern.fullmatch(code) and code not in table.exceptions:
            making.wrong("value", where, "The code does not have the form of its system.")
        elif code in making.concepts:
            _doubled(code, name, where, making)
        else:
            parent = _parent(table, row, code, above, making)
            if parent is not None and parent not in making.concepts:
                making.wrong("not-found", where, "The code above is not in the table.")
            else:
                making.concepts[code] = _concept(table, code, name, parent)
        if len(making.concepts) > MOST_CONCEPTS:
            raise Invalid(f"{table.file} has too many rows.", code="too-costly")


def _doubled(code: str, name: str, where: str, making: _Making) -> None:
    """A code that was there already: no harm if it means the same."""
    if making.concepts[code]["display"] != name:
        making.wrong("duplicate", where, "The code was there before, with another name.")


def _parent(
    table: Table, row: Mapping[str, str], code: str, above: Sequence[re.Pattern[str]], making: _Making
) -> str | None:
    if table.parent:
        stated = _code(table, row[table.parent])
        return stated if stated and stated != code else None
    for pattern in above:
        found = pattern.match(code)
        if found and found[1] != code and found[1] in making.concepts:
            return found[1]
    return _innermost(making.ranges, code)


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


def _code(table: Table, written: str) -> str:
    code = written.strip().rstrip(table.strip) if table.strip else written.strip()
    return code.ljust(table.pad, "0") if code else ""


# -- reading


def _rows(table: Table, path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, row) of a table. Raises `Invalid` with every column that is missing."""
    with _opened(path, table) as file:
        reader = csv.DictReader(
            _checked(file, table), delimiter=SEPARATORS[table.separator], quoting=csv.QUOTE_MINIMAL
        )
        wanted = [table.code, table.name, table.parent, table.last, table.level]
        _check_columns(table, [each for each in wanted if each], list(reader.fieldnames or ()))
        for row in reader:
            yield reader.line_num, {name: row.get(name) or "" for name in wanted}


def _check_columns(table: Table, wanted: Sequence[str], there: Sequence[str]) -> None:
    missing = [each for each in wanted if each not in there]
    if missing:
        raise Invalid(
            f"The table {table.file} lacks the columns {', '.join(missing)}.",
            remedy=f"It has {', '.join(there[:20]) or 'none'}.",
            problems=tuple(Problem("error", "required", each, "The column is missing.") for each in missing),
        )


def _opened(path: Path, table: Table) -> TextIOWrapper:
    encoding = "utf-8-sig" if table.encoding.lower() in ("utf-8", "utf8") else table.encoding
    try:
        if path.suffix == ".gz":
            return TextIOWrapper(gzip.open(path, "rb"), encoding=encoding, newline="")
        return path.open(encoding=encoding, newline="")
    except LookupError:
        raise Invalid(f"{table.encoding} is not an encoding.", code="value") from None


def _checked(file: TextIOWrapper, table: Table) -> Iterator[str]:
    try:
        while line := file.readline(LONGEST):
            if len(line) >= LONGEST:
                raise Invalid(f"The table {table.file} has a line that is too long.", code="too-costly")
            yield line
    except UnicodeDecodeError:
        raise Invalid(
            f"The table {table.file} is not {table.encoding}.", remedy="Say its encoding.", code="value"
        ) from None
    except (OSError, EOFError):
        raise Invalid(f"The table {table.file} cannot be unpacked.", code="structure") from None


# -- writing


def _resource(description: Description, concepts: list[dict[str, Any]]) -> dict[str, Any]:
    resource: dict[str, Any] = {
        "resourceType": "CodeSystem",
        "id": description.id,
        "language": description.language,
        "url": description.url,
        "version": description.version,
        "name": description.name,
        "title": description.title,
        "status": "active",
        "experimental": False,
        "publisher": description.publisher,
        "caseSensitive": description.case_sensitive,
        "hierarchyMeaning": "is-a",
        "content": "complete",
        "count": len(concepts),
        "property": [
            {"code": "parent", "uri": f"{PROPERTIES}#parent", "type": "code"},
            {"code": "notSelectable", "uri": f"{PROPERTIES}#notSelectable", "type": "boolean"},
        ],
        "concept": concepts,
    }
    if description.value_set:
        resource["valueSet"] = description.value_set
    return resource
