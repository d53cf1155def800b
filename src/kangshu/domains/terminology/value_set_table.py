"""How a value set is made: of all of a code system, of listed codes, or of those that pass filters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kangshu.domains.terminology.reading import find_or_refuse, rows
from kangshu.domains.terminology.resource_head import head_of
from kangshu.domains.terminology.table import Table
from kangshu.kernel.base.errors import Problem


@dataclass(frozen=True, slots=True)
class Chosen:
    """Codes of a system: those of `file` (columns code and name), or those that pass a filter, or all."""

    system: str
    file: str = ""
    property: str = ""
    op: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class ValueSetDescription:
    """A value set by what it includes."""

    id: str
    url: str
    name: str
    title: str
    version: str
    publisher: str
    chosen: tuple[Chosen, ...]


@dataclass(frozen=True, slots=True)
class MadeValueSet:
    """A ValueSet resource, the codes it lists, and what was wrong with rows that are not in it."""

    resource: dict[str, Any]
    count: int
    problems: tuple[Problem, ...]


def make_value_set(description: ValueSetDescription, folders: Sequence[Path]) -> MadeValueSet:
    """The value set. Raises `NotFound` and `Invalid` as for any table of codes."""
    problems: list[Problem] = []
    included = [_include(each, folders, problems) for each in description.chosen]
    resource = head_of("ValueSet", description, "zh-CN") | {"compose": {"include": included}}
    count = sum(len(each.get("concept", ())) for each in included)
    return MadeValueSet(resource, count, tuple(problems))


def _include(chosen: Chosen, folders: Sequence[Path], problems: list[Problem]) -> dict[str, Any]:
    if chosen.file:
        return {"system": chosen.system, "concept": _listed(chosen.file, folders, problems)}
    if chosen.op:
        condition = {"property": chosen.property, "op": chosen.op, "value": chosen.value}
        return {"system": chosen.system, "filter": [condition]}
    return {"system": chosen.system}


def _listed(file: str, folders: Sequence[Path], problems: list[Problem]) -> list[dict[str, str]]:
    path = find_or_refuse(file, folders)
    separator = "tab" if path.suffix == ".tsv" else "comma"
    found: dict[str, dict[str, str]] = {}
    for line, row in rows(Table(path.name, "code", "name", separator=separator), path):
        code, name = row["code"].strip(), row["name"].strip()
        if not code or code in found:
            wrong = "The row has no code." if not code else "The code was there before."
            problems.append(Problem("error", "value", f"{path.name}:{line}", wrong))
            continue
        found[code] = {"code": code, "display": name} if name else {"code": code}
    return list(found.values())
