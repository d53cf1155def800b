"""The catalogue of search parameters as a pack writes it: three tables, tab-separated, columns named first.

types        type, partitioned (yes | no), happened (date parameters, best first)
parameters   type (`*`: every type), parameter, kind, slot, single (yes | no), targets (`*`: any),
             paths, components
compartment  type, parameters (`_id`: the fact is its own subject)

`paths` are separated by blanks (grammar: `paths.py`). For a composite they name the elements within
which its parts must stand together, and `components` names the parts: `name=path,path name=path`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TypeVar, cast, get_args

from kangshu.kernel.base.errors import Invalid, Problem
from kangshu.kernel.facts.definition import MAX_RANGES
from kangshu.kernel.facts.parameters import (
    COLUMN_PARAMETERS,
    EVERY_TYPE,
    RANGE_KINDS,
    Catalogue,
    Component,
    FactType,
    Kind,
    Parameter,
)
from kangshu.kernel.facts.paths import parse_path

Parsed = TypeVar("Parsed")


def read_catalogue(pack: Path) -> Catalogue:
    """The catalogue in the folder of a pack that has a `facts.toml`."""
    facts = tomllib.loads((pack / "facts.toml").read_text(encoding="utf-8"))
    return parse_catalogue(
        types=(pack / facts["types"]).read_text(encoding="utf-8"),
        parameters=(pack / facts["parameters"]).read_text(encoding="utf-8"),
        compartment=(pack / facts["compartment"]["parameters"]).read_text(encoding="utf-8"),
        subject_type=facts["compartment"]["type"],
    )


@lru_cache(2)
def parse_catalogue(*, types: str, parameters: str, compartment: str, subject_type: str) -> Catalogue:
    """The catalogue written in three tables; `Invalid` names every bad line. The same texts are read once."""
    problems: list[Problem] = []
    subjects = dict(_read(compartment, "compartment", ("type", "parameters"), _parse_subjects, problems))
    fact_types = _read(types, "types", ("type", "partitioned", "happened"), _parse_type, problems)
    columns = ("type", "parameter", "kind", "slot", "single", "targets", "paths", "components")
    rows = _read(parameters, "parameters", columns, _parse_parameter, problems)
    by_name = {type_.name: replace(type_, subjects=subjects.get(type_.name, ())) for type_ in fact_types}
    by_type = {name: _parameters_of(name, rows) for name in by_name}
    problems += _check(by_name, by_type, rows, subjects, subject_type)
    if problems:
        raise Invalid(
            f"The catalogue of search parameters has {len(problems)} bad entries.",
            remedy="Mend the lines named in the problems.",
            problems=tuple(problems),
        )
    return Catalogue(subject_type, by_name, {name: _with_kinds(found) for name, found in by_type.items()})


def _read(
    text: str,
    table: str,
    columns: tuple[str, ...],
    parse: Callable[[list[str]], Parsed],
    problems: list[Problem],
) -> list[Parsed]:
    lines = text.splitlines()
    if not lines or tuple(lines[0].split("\t")) != columns:
        problems.append(_problem(f"{table} line 1", f"the columns must be {', '.join(columns)}"))
        return []
    found: list[Parsed] = []
    for number, line in enumerate(lines[1:], start=2):
        fields = line.split("\t")
        if len(fields) != len(columns):
            problems.append(_problem(f"{table} line {number}", f"there must be {len(columns)} columns"))
            continue
        try:
            found.append(parse(fields))
        except Invalid as error:
            problems.append(_problem(f"{table} line {number}", error.message))
    return found


def _problem(path: str, message: str) -> Problem:
    return Problem("error", "value", path, message)


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()


def _parse_subjects(fields: list[str]) -> tuple[str, tuple[str, ...]]:
    return fields[0], _names(fields[1])


def _parse_type(fields: list[str]) -> FactType:
    return FactType(fields[0], _parse_yes("partitioned", fields[1]), _names(fields[2]))


def _parse_yes(column: str, text: str) -> bool:
    if text not in ("yes", "no"):
        raise Invalid(f"{column} must be yes or no")
    return text == "yes"


def _parse_parameter(fields: list[str]) -> Parameter:
    type_, name, kind, slot, single, targets, paths, components = fields
    if kind not in get_args(Kind):
        raise Invalid(f"there is no kind {kind!r}")
    if slot and (not slot.isdecimal() or int(slot) >= MAX_RANGES):
        raise Invalid(f"slot must be 0 to {MAX_RANGES - 1}")
    return Parameter(
        type=type_,
        name=name,
        kind=cast(Kind, kind),
        slot=int(slot) if slot else None,
        single=_parse_yes("single", single),
        targets=() if targets == "*" else _names(targets),
        paths=tuple(parse_path(path) for path in paths.split()),
        components=tuple(_parse_component(component) for component in components.split()),
    )


def _parse_component(text: str) -> Component:
    name, equals, paths = text.partition("=")
    if not equals:
        raise Invalid("a component must be written name=path,path")
    return Component(name, "special", tuple(parse_path(path) for path in paths.split(",")))


def _parameters_of(type_: str, rows: list[Parameter]) -> dict[str, Parameter]:
    mine = [row for row in rows if row.type in (EVERY_TYPE, type_)]
    return {row.name: row for row in sorted(mine, key=lambda row: row.name)}


def _with_kinds(parameters: dict[str, Parameter]) -> dict[str, Parameter]:
    """The same parameters, each component with the kind of the parameter it is a part of."""
    return {name: _with_component_kinds(found, parameters) for name, found in parameters.items()}


def _with_component_kinds(parameter: Parameter, parameters: dict[str, Parameter]) -> Parameter:
    if not parameter.components:
        return parameter
    components = (replace(part, kind=parameters[part.name].kind) for part in parameter.components)
    return replace(parameter, components=tuple(components))


def _check(
    types: dict[str, FactType],
    by_type: dict[str, dict[str, Parameter]],
    rows: list[Parameter],
    subjects: dict[str, tuple[str, ...]],
    subject_type: str,
) -> list[Problem]:
    """What no single line shows: names that lead nowhere, slots given twice."""
    named = [row.type for row in rows if row.type != EVERY_TYPE] + [*subjects, subject_type]
    problems = [_problem(name, "there is no such type") for name in sorted(set(named) - set(types))]
    for name, type_ in types.items():
        found = by_type[name]
        wanted = [*type_.happened, *type_.subjects]
        wanted += [part.name for parameter in found.values() for part in parameter.components]
        missing = sorted(set(wanted) - set(found))
        problems += [_problem(f"{name}.{lost}", "there is no such search parameter") for lost in missing]
        problems += _check_slots(name, found)
    return problems


def _check_slots(type_: str, parameters: dict[str, Parameter]) -> list[Problem]:
    problems: list[Problem] = []
    taken: dict[int, str] = {}
    for parameter in parameters.values():
        place = f"{type_}.{parameter.name}"
        needs_slot = parameter.kind in RANGE_KINDS and parameter.name not in COLUMN_PARAMETERS
        if needs_slot != (parameter.slot is not None):
            problems.append(_problem(place, "a date, number or quantity needs a slot, others have none"))
        elif parameter.slot is not None and taken.setdefault(parameter.slot, place) != place:
            problems.append(_problem(place, f"slot {parameter.slot} is given twice"))
    return problems
