"""The assessment: a list of indicators by which institutions are judged, in the numbering of its document.

A programme pack has `lists/NAME.toml` (title, title_en, basis) and `lists/NAME.tsv` (no, category, indicator,
named, nature, direction, status, monitored). One number may have two rows, where a document puts two rates
under it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

from kangshu.kernel.base.errors import Invalid, Problem
from kangshu.kernel.base.toml import parse_toml
from kangshu.kernel.base.tsv import read_tsv
from kangshu.kernel.indicators.cell import Cell
from kangshu.kernel.indicators.definition import Indicator, IndicatorSet
from kangshu.kernel.indicators.entry import Entry
from kangshu.kernel.indicators.period import MONTHS, Period
from kangshu.kernel.indicators.run import Result

FOLDER = "lists"

Nature = Literal["quantitative", "qualitative"]
Wanted = Literal["up", "down", "none"]
Status = Literal["computed", "entered", "national"]

_KEYS = frozenset({"title", "title_en", "basis"})
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "nature": get_args(Nature),
    "direction": get_args(Wanted),
    "status": get_args(Status),
    "monitored": ("yes", "no"),
}


@dataclass(frozen=True, slots=True)
class AssessmentRow:
    """One row of a list.

    direction  which way is better; none: it is watched and compared only
    status     computed from data of the platform, entered by the hospital, or stated by the national platform
    monitored  whether it is monitored nationally (国家监测指标)
    """

    no: str
    category: str
    indicator: str
    named: str
    nature: Nature
    direction: Wanted
    status: Status
    monitored: bool


@dataclass(frozen=True, slots=True)
class Assessment:
    """A list with the document it is from."""

    name: str
    title: str
    title_en: str
    basis: str
    rows: tuple[AssessmentRow, ...]


@dataclass(frozen=True, slots=True)
class Assessed:
    """One row with what is known of it for one institution, or for all.

    now, before  what was counted in the period and the one a year before; None: nothing was
    entry        what was entered, where nothing is counted
    """

    row: AssessmentRow
    indicator: Indicator
    now: Cell | None
    before: Cell | None
    entry: Entry | None


def read_assessments(folder: Path, indicators: IndicatorSet) -> dict[str, Assessment]:
    """The lists of a pack by name. Raises `Invalid` with every problem of the one that is wrong."""
    paths = sorted((folder / FOLDER).glob("*.toml"))
    return {path.stem: read_assessment(path, indicators) for path in paths}


def read_assessment(path: Path, indicators: IndicatorSet) -> Assessment:
    """A list by its `.toml`. Raises `Invalid` with every problem."""
    table = parse_toml(path.read_text("utf-8"), path.name)
    problems = [
        Problem.at(key, "is missing" if key in _KEYS else "is not a key") for key in _KEYS ^ table.keys()
    ]
    kinds = {each.id: each.kind for each in indicators.indicators}
    rows = read_tsv(path.with_suffix(".tsv"))
    for row in rows:
        problems += [Problem.at(f"row {row['no']}", message) for message in _wrong(row, kinds)]
    if problems:
        listed = "; ".join(f"{each.path}: {each.message}" for each in problems)
        raise Invalid(f"List {path.stem}: {listed}.", problems=tuple(problems))
    texts = {key: cast("str", table[key]) for key in ("title", "title_en", "basis")}
    return Assessment(path.stem, **texts, rows=tuple(_row(row) for row in rows))


def assessed(
    assessment: Assessment,
    indicators: IndicatorSet,
    results: Mapping[str, Result],
    entries: Sequence[Entry],
    period: Period,
    institution: str | None = None,
) -> tuple[Assessed, ...]:
    """Every row in its order: for one institution, or for all together.

    `entries`: those that are known, of the institution or of the place.
    """
    strata = (("institution", institution),) if institution else ()
    earlier = Period(period.number - 12 // MONTHS[period.kind], period.kind)
    stated = {(each.indicator, each.period): each for each in entries}
    found: list[Assessed] = []
    for row in assessment.rows:
        indicator = indicators.get(row.indicator)
        cells = results[row.indicator].cells if row.indicator in results else ()
        there = {each.period: each for each in cells if each.strata == strata}
        now, before = there.get(period.label), there.get(earlier.label)
        entry = stated.get((row.indicator, period)) if now is None else None
        found.append(Assessed(row, indicator, now, before, entry))
    return tuple(found)


def _wrong(row: Mapping[str, str], kinds: Mapping[str, str]) -> list[str]:
    found = [
        f"{key} must be one of {', '.join(choices)}"
        for key, choices in _CHOICES.items()
        if row.get(key) not in choices
    ]
    kind = kinds.get(row.get("indicator", ""))
    if kind is None:
        return [*found, "names an indicator that is not there"]
    if (kind == "computed") != (row.get("status") == "computed"):
        found.append(f"says {row.get('status')} of an indicator that is {kind}")
    return found


def _row(row: Mapping[str, str]) -> AssessmentRow:
    return AssessmentRow(
        row["no"],
        row["category"],
        row["indicator"],
        row["named"],
        cast("Nature", row["nature"]),
        cast("Wanted", row["direction"]),
        cast("Status", row["status"]),
        row["monitored"] == "yes",
    )
