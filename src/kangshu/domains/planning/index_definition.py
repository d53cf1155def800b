"""The definition of a composite index: its components with weights, dated, with what they rest on.

A programme pack has `indexes/NAME.toml` (title, title_en, and `[[editions]]` with from, basis, known, swing,
draws, seed) and `indexes/NAME.tsv` (from, dimension, dimension_en, source, indicator, weight, floor, goal).
The source is an indicator, or `quality`: the score of the quality of what an institution sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Literal, cast, get_args

from kangshu.kernel.base.errors import Invalid, NotFound, Problem
from kangshu.kernel.base.toml import parse_toml
from kangshu.kernel.base.tsv import read_tsv

FOLDER = "indexes"

Source = Literal["indicator", "quality"]

_KEYS = frozenset({"title", "title_en", "editions"})
_OF_EDITION = frozenset({"from", "basis", "known", "swing", "draws", "seed"})
_RANGES: Mapping[str, tuple[int, int]] = {
    "known": (1, 100),
    "swing": (0, 90),
    "draws": (100, 10000),
    "seed": (0, 2**32),
}


@dataclass(frozen=True, slots=True)
class Component:
    """One value that goes into an index, with the values that give 0 points (floor) and 100 (goal)."""

    dimension: str
    dimension_en: str
    source: Source
    indicator: str
    weight: Decimal
    floor: Decimal
    goal: Decimal

    @property
    def key(self) -> str:
        """What values are called by: the indicator, or the source that is none."""
        return self.indicator or self.source


@dataclass(frozen=True, slots=True)
class Edition:
    """An index as it applies from a day on.

    known  % of the weights whose values must be known for a unit to have the index
    swing  % by which weights are moved either way, in so many draws, to see how firm a place is
    """

    since: date
    basis: str
    known: int
    swing: int
    draws: int
    seed: int
    components: tuple[Component, ...]


@dataclass(frozen=True, slots=True)
class Index:
    """A composite index in its editions, oldest first."""

    name: str
    title: str
    title_en: str
    editions: tuple[Edition, ...]

    def on(self, day: date) -> Edition:
        """The edition that applies on a day. Raises `NotFound`."""
        begun = [each for each in self.editions if each.since <= day]
        if not begun:
            raise NotFound(f"The index {self.name} has no edition on {day}.", remedy="Choose a later day.")
        return begun[-1]


def read_indexes(folder: Path, indicators: Sequence[str]) -> dict[str, Index]:
    """The indexes of a pack by name. Raises `Invalid` with every problem of the one that is wrong."""
    paths = sorted((folder / FOLDER).glob("*.toml"))
    return {path.stem: read_index(path, indicators) for path in paths}


def read_index(path: Path, indicators: Sequence[str]) -> Index:
    """An index by its `.toml`; `indicators`: the ids there are. Raises `Invalid` with every problem."""
    table = parse_toml(path.read_text("utf-8"), path.name)
    problems = [
        Problem.at(key, "is missing" if key in _KEYS else "is not a key") for key in _KEYS ^ table.keys()
    ]
    written: Any = table.get("editions", [])
    said = cast("list[dict[str, Any]]", written) if isinstance(written, list) else []
    for number, edition in enumerate(said):
        problems += [Problem.at(f"editions[{number}].{key}", message) for key, message in _wrong(edition)]
    rows = read_tsv(path.with_suffix(".tsv"))
    for number, row in enumerate(rows, 2):
        problems += [
            Problem.at(f"line {number} {key}", message) for key, message in _wrong_row(row, indicators)
        ]
    days = {str(each.get("from")) for each in said}
    if not said or days != {row.get("from", "") for row in rows}:
        problems.append(Problem.at("editions", "and the rows must have the same days"))
    if problems:
        listed = "; ".join(f"{each.path}: {each.message}" for each in problems)
        raise Invalid(f"Index {path.stem}: {listed}.", problems=tuple(problems))
    editions = sorted((_edition(each, rows) for each in said), key=lambda each: each.since)
    return Index(path.stem, table["title"], table["title_en"], tuple(editions))


def _wrong(edition: Mapping[str, Any]) -> list[tuple[str, str]]:
    found = [
        (key, "is missing" if key in _OF_EDITION else "is not a key")
        for key in sorted(_OF_EDITION ^ edition.keys())
    ]
    since = edition.get("from")
    if not isinstance(since, date) or isinstance(since, datetime):
        found.append(("from", "must be a date"))
    if not str(edition.get("basis", "")).strip():
        found.append(("basis", "must name what the weights rest on"))
    for key, (low, high) in _RANGES.items():
        value = edition.get(key)
        if key in edition and not (type(value) is int and low <= value <= high):
            found.append((key, f"must be a whole number from {low} to {high}"))
    return found


def _wrong_row(row: Mapping[str, str], indicators: Sequence[str]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if row.get("source") not in get_args(Source):
        found.append(("source", f"must be one of {', '.join(get_args(Source))}"))
    elif (row["source"] == "indicator") != (row.get("indicator", "") in indicators):
        found.append(("indicator", "must name an indicator where the source is one, and is empty elsewhere"))
    try:
        weight, low, high = (Decimal(row.get(key, "")) for key in ("weight", "floor", "goal"))
        if not (weight > 0 and low != high and all(each.is_finite() for each in (weight, low, high))):
            found.append(("weight", "must be above 0, and floor and goal must differ"))
    except InvalidOperation:
        found.append(("weight", "floor and goal must be numbers"))
    return found


def _edition(said: Mapping[str, Any], rows: Sequence[Mapping[str, str]]) -> Edition:
    components = tuple(
        Component(
            row["dimension"],
            row["dimension_en"],
            cast("Source", row["source"]),
            row["indicator"],
            *(Decimal(row[key]) for key in ("weight", "floor", "goal")),
        )
        for row in rows
        if row["from"] == str(said["from"])
    )
    numbers = (said[key] for key in ("known", "swing", "draws", "seed"))
    return Edition(said["from"], said["basis"], *numbers, components=components)
