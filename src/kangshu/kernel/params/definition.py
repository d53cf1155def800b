"""The parameter: a number or word that some document sets, from a day on.

No figure with legal meaning stands in code. It stands in a pack with the day it applies from and the document
that says so, and whoever computes asks for it on the day that counts, not on the day of computing.

    [management_rate_target]
    title = "高血压患者规范管理率目标"
    unit = "%"
    values = [
      {from = 2021-01-01, value = 60, basis = "…"},
      {from = 2025-01-01, value = 64, basis = "…"},
    ]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast

from kangshu.kernel.base.errors import Invalid, NotFound, Problem
from kangshu.kernel.base.toml import parse_toml

Value = Decimal | int | str

_KEYS = frozenset({"title", "unit", "values"})
_DATED_KEYS = frozenset({"from", "value", "basis"})


@dataclass(frozen=True, slots=True)
class Dated:
    """A value from a day on, with what it rests on."""

    since: date
    value: Value
    basis: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value by date, oldest first. `unit` is UCUM, a currency, or empty for what has none."""

    name: str
    title: str
    unit: str
    values: tuple[Dated, ...]

    def on(self, day: date) -> Dated:
        """What applies on a day. Raises `NotFound` for a day before the first value."""
        return applying(self.name, self.values, day)


@dataclass(frozen=True, slots=True)
class Parameters:
    """Parameters in layers, what is nearer first: a place says otherwise than the programme it takes part in.

    A nearer layer counts from its own first day on; before that day the farther one still does.
    """

    layers: tuple[Mapping[str, Parameter], ...]

    def on(self, name: str, day: date) -> Dated:
        """What applies on a day. Raises `NotFound` where no layer has a value for it."""
        found = [layer[name] for layer in self.layers if name in layer]
        for parameter in found:
            if parameter.values[0].since <= day:
                return parameter.on(day)
        if found:
            raise NotFound(f"The parameter {name} has no value on {day}.")
        raise NotFound(f"There is no parameter {name}.", remedy="Is the pack that sets it there?")


def applying(name: str, values: Sequence[Dated], day: date) -> Dated:
    """The last of dated values, oldest first, that began on or before a day. Raises `NotFound`."""
    begun = [each for each in values if each.since <= day]
    if not begun:
        raise NotFound(f"The parameter {name} has no value on {day}.")
    return begun[-1]


def parse_parameters(toml: str, where: str) -> dict[str, Parameter]:
    """The parameters of a file by name. Raises `Invalid` with every problem."""
    table = parse_toml(toml, where, parse_float=Decimal)
    problems: list[Problem] = []
    found: dict[str, Parameter] = {}
    for name, written in table.items():
        if not isinstance(written, dict):
            problems.append(Problem.at(name, "must be a table with title, unit and values"))
            continue
        found |= _parsed(name, cast("dict[str, Any]", written), problems)
    if problems:
        listed = "; ".join(f"{problem.path}: {problem.message}" for problem in problems)
        raise Invalid(f"{where}: {listed}.", remedy="Correct the file.", problems=tuple(problems))
    return found


def _parsed(name: str, written: Mapping[str, Any], problems: list[Problem]) -> dict[str, Parameter]:
    problems += [
        Problem.at(f"{name}.{key}", "is missing" if key in _KEYS else "is not a key")
        for key in sorted(_KEYS ^ written.keys())
    ]
    texts = [written.get(key, "") for key in ("title", "unit")]
    if not all(isinstance(text, str) for text in texts):
        problems.append(Problem.at(name, "title and unit must be texts"))
    dated = parse_dated(written.get("values", []), f"{name}.values", problems)
    if not dated and "values" in written:
        problems.append(Problem.at(f"{name}.values", "must have a value that can be read"))
    title, unit = texts
    return {name: Parameter(name, title, unit, dated)} if dated else {}


def parse_dated(written: Any, place: str, problems: list[Problem]) -> tuple[Dated, ...]:
    """Dated values, oldest first; what is wrong with them is added to the problems."""
    if not isinstance(written, list):
        problems.append(Problem.at(place, "must be a list of {from, value, basis}"))
        return ()
    found: list[Dated] = []
    for each in cast("list[Any]", written):
        reason = _fault(each)
        if reason:
            problems.append(Problem.at(place, reason))
        else:
            found.append(Dated(each["from"], each["value"], each["basis"].strip()))
    found.sort(key=lambda dated: dated.since)
    days = [each.since for each in found]
    problems += [
        Problem.at(place, f"has two values from {day}") for day in sorted(set(days)) if days.count(day) > 1
    ]
    return tuple(found)


def _fault(each: Any) -> str:
    entry = cast("dict[str, Any]", each) if isinstance(each, dict) else {}
    if entry.keys() != _DATED_KEYS:
        lacking, strange = sorted(_DATED_KEYS - entry.keys()), sorted(entry.keys() - _DATED_KEYS)
        said = [f"lacks {name}" for name in lacking] + [f"has the strange key {name}" for name in strange]
        return f"must have from, value and basis, and nothing else: {', '.join(said)}"
    if not isinstance(entry["from"], date) or isinstance(entry["from"], datetime):
        return "from must be a date"
    if isinstance(entry["value"], bool) or not isinstance(entry["value"], Decimal | int | str):
        return "value must be a number or a text"
    if isinstance(entry["value"], Decimal) and not entry["value"].is_finite():
        return "value must be a number one can count with"
    if not isinstance(entry["basis"], str) or not entry["basis"].strip():
        return "basis must name what the value rests on"
    return ""
