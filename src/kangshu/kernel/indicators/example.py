"""The example of an indicator: small tables, and what it counts in them; written in `NAME.examples.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from kangshu.kernel.base.errors import Invalid, Problem
from kangshu.kernel.base.text_table import parse_text_table
from kangshu.kernel.base.toml import parse_toml
from kangshu.kernel.indicators.period import parse_period

ON = date(2026, 12, 31)
"""Until when examples count, unless they say otherwise."""

NUMBERS = ("numerator", "denominator", "value")
"""Columns of `expect` beside the period and the strata."""

_NEEDED = ("name", "hits", "misses", "expect", "views")
_OPTIONAL = ("on", "as_of")
Table = tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True)
class Example:
    """One set of tables, and what an indicator counts in them."""

    name: str
    hits: frozenset[str]
    misses: frozenset[str]
    expect: Table
    views: Mapping[str, Table]
    on: date
    as_of: datetime | None


def parse_indicator_examples(text: str, where: str) -> list[Example]:
    """Read an `.examples.toml`. Raises `Invalid` with every problem: wrong keys, tables that are none."""
    table = parse_toml(text, where)
    problems = [_problem(key, "is not a key: write [[example]]") for key in table if key != "example"]
    written: Any = table.get("example", [])
    entries = cast("list[Any]", written) if isinstance(written, list) else [written]
    found: list[Example] = []
    for number, entry in enumerate(entries, 1):
        faults = _faults(entry, f"example {number}")
        if faults:
            problems += faults
        else:
            found.append(_example(entry))
    if problems:
        more = f" (and {len(problems) - 1} more)" if problems[1:] else ""
        raise Invalid(
            f"{where}: {problems[0].path} {problems[0].message}{more}.",
            remedy="See the page `define-an-indicator`.",
            problems=tuple(problems),
        )
    return found


def number_of(text: str) -> Decimal | None:
    """The number of a cell; None where it is empty. Raises `InvalidOperation`."""
    return Decimal(text) if text else None


def _faults(entry: Any, place: str) -> list[Problem]:
    if not isinstance(entry, dict):
        return [_problem(place, "must be a table: write [[example]]")]
    table = cast("dict[str, Any]", entry)
    found = [_problem(f"{place} {key}", "is missing") for key in _NEEDED if key not in table]
    for key, value in table.items():
        if key not in (*_NEEDED, *_OPTIONAL):
            found.append(_problem(f"{place} {key}", "is not a key of an example"))
        elif key == "expect":
            found += _faults_of_expect(value, f"{place} expect")
        elif key == "views":
            found += _faults_of_views(value, f"{place} views")
        elif fault := _fault_of(key, value):
            found.append(_problem(f"{place} {key}", fault))
    return found


def _fault_of(key: str, value: Any) -> str:
    if key == "name":
        return "" if isinstance(value, str) and value.strip() else "must be a sentence"
    if key == "on":
        right = isinstance(value, date) and not isinstance(value, datetime)
        return "" if right else "must be a date without quotes: 2025-12-31"
    if key == "as_of":
        right = isinstance(value, datetime) and value.tzinfo is not None
        return "" if right else "must be a moment with its zone, without quotes: 2026-01-31T00:00:00Z"
    right = isinstance(value, list) and all(isinstance(each, str) for each in cast("list[Any]", value))
    return "" if right else "must be a list of units, each in quotes"


def _faults_of_expect(value: Any, place: str) -> list[Problem]:
    rows, found = _table(value, place)
    if found:
        return found
    if not rows:
        return [_problem(place, "must have a row for the total of each period")]
    if "period" not in rows[0]:
        return [_problem(place, "must have a column period")]
    for row in rows:
        try:
            parse_period(row["period"])
            for name in NUMBERS:
                number_of(row.get(name, ""))
        except Invalid:
            found.append(_problem(place, f"has {row['period']}, which is no period: 2025, 2025Q3, 2025-07"))
        except InvalidOperation:
            found.append(_problem(place, f"has something else than numbers in the row of {row['period']}"))
    return found


def _faults_of_views(value: Any, place: str) -> list[Problem]:
    if not isinstance(value, dict):
        return [_problem(place, "must be tables: write [example.views]")]
    views = cast("dict[str, Any]", value)
    return [fault for name, text in views.items() for fault in _table(text, f"{place}.{name}")[1]]


def _table(value: Any, place: str) -> tuple[list[dict[str, str]], list[Problem]]:
    if not isinstance(value, str):
        return [], [_problem(place, "must be a table written as text, in ''' … '''")]
    try:
        return parse_text_table(value), []
    except Invalid as error:
        return [], [_problem(place, str(error))]


def _example(entry: Mapping[str, Any]) -> Example:
    texts = cast("dict[str, str]", entry["views"])
    return Example(
        entry["name"],
        frozenset(entry["hits"]),
        frozenset(entry["misses"]),
        tuple(parse_text_table(entry["expect"])),
        {name: tuple(parse_text_table(text)) for name, text in texts.items()},
        entry.get("on", ON),
        entry.get("as_of"),
    )


def _problem(path: str, message: str) -> Problem:
    return Problem("error", "invalid", path, message)
