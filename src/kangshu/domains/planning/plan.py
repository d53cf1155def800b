"""The plan: the rows of a document's table of indicators, in its order and words; and its projects.

A place pack has `plans/NAME.toml` (title, title_en, county, period, base, source) and `plans/NAME.tsv` (no,
category, indicator, named, and where the document judges in words: words). Targets are those of the
indicators.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from kangshu.domains.planning.assessment import Assessment, read_assessments
from kangshu.domains.planning.fairness import Shared, read_shared
from kangshu.domains.planning.index_definition import Index, read_indexes
from kangshu.domains.planning.programmes import indicators_of_place, programmes_of
from kangshu.kernel.base.errors import Invalid, NotFound, Problem
from kangshu.kernel.base.toml import parse_toml
from kangshu.kernel.base.tsv import read_tsv
from kangshu.kernel.indicators.definition import IndicatorSet
from kangshu.kernel.indicators.entry import Entry, read_entries
from kangshu.kernel.indicators.period import Period, parse_period
from kangshu.kernel.params.definition import Parameters, parse_parameters

_KEYS = ("title", "title_en", "county", "period", "base", "source")


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One row of a plan. `named`: what the document calls it; `words`: how it judges it, if it does."""

    no: str
    category: str
    indicator: str
    named: str
    words: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A table of indicators with the period its targets are for and the one it starts from.

    county  the division (GB/T 2260) it is of: only facts from there are counted
    """

    name: str
    title: str
    title_en: str
    county: str
    period: Period
    base: Period
    source: str
    rows: tuple[PlanRow, ...]


@dataclass(frozen=True, slots=True)
class Project:
    """A building project of a plan; money in units of 10,000 CNY."""

    no: str
    project: str
    period_start: int
    period_end: int
    total: Decimal
    planned: Decimal
    builder: str
    status: str


@dataclass(frozen=True, slots=True)
class PlaceContent:
    """All a place pack says of planning.

    indicators  its own and those of the programmes it requires
    entries  values that its documents state
    assessments  lists of indicators by which its institutions are judged, from its programmes
    shared       what is to be spread evenly, from its programmes
    indexes      composite indexes, from its programmes
    stated       by institution: values that it, or a national platform, stated
    """

    place: str
    indicators: IndicatorSet
    plans: Mapping[str, Plan]
    entries: tuple[Entry, ...]
    projects: tuple[Project, ...]
    parameters: Parameters
    assessments: Mapping[str, Assessment] = field(default_factory=dict[str, Assessment])
    shared: tuple[Shared, ...] = ()
    indexes: Mapping[str, Index] = field(default_factory=dict[str, Index])
    stated: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict[str, tuple[Entry, ...]])

    def index(self, name: str) -> Index:
        """The composite index of that name. Raises `NotFound`."""
        if name not in self.indexes:
            raise NotFound(
                f"There is no index {name} for {self.place}.",
                remedy=f"There are {', '.join(self.indexes) or 'none'}.",
            )
        return self.indexes[name]

    def assessment(self, name: str) -> Assessment:
        """The list of that name. Raises `NotFound`."""
        if name not in self.assessments:
            raise NotFound(
                f"There is no list {name} for {self.place}.",
                remedy=f"There are {', '.join(self.assessments) or 'none'}.",
            )
        return self.assessments[name]

    @property
    def county(self) -> str:
        """The division its plans are of: whose entries and publications these are; "" if it has no plan."""
        return next((each.county for each in self.plans.values()), "")

    def number(self, name: str, on: date) -> Decimal:
        """A parameter that is a number, as applies on a day. Raises `NotFound`."""
        return Decimal(self.parameters.on(name, on).value)

    def projects_of(self, plan: Plan) -> tuple[Project, ...]:
        """The projects of a plan: a place has those of its newest plan."""
        newest = max(self.plans.values(), key=lambda each: each.period, default=None)
        return self.projects if plan == newest else ()

    def project(self, no: str) -> Project:
        """The project of that number. Raises `NotFound`."""
        for project in self.projects:
            if project.no == no:
                return project
        raise NotFound(f"There is no project {no} in {self.place}.", remedy="See the list of projects.")

    def plan(self, name: str) -> Plan:
        """The plan of that name. Raises `NotFound`."""
        if name not in self.plans:
            raise NotFound(
                f"There is no plan {name}.", remedy=f"There are {', '.join(self.plans) or 'none'}."
            )
        return self.plans[name]


def read_place(folder: Path) -> PlaceContent:
    """What a place pack says, with the indicators of the programmes it requires.

    Raises `Invalid` with every problem of the file that is wrong.
    """
    indicators = indicators_of_place(folder)
    by_id = {each.id: each for each in indicators.indicators}
    plans = {path.stem: read_plan(path, indicators) for path in sorted((folder / "plans").glob("*.toml"))}
    entries, projects = (folder / name for name in ("entries.tsv", "projects.tsv"))
    programmes = programmes_of(folder)
    params = [path for each in (folder, *programmes) if (path := each / "params.toml").exists()]
    lists = [read_assessments(each, indicators) for each in programmes]
    indexes = [read_indexes(each, [*by_id]) for each in programmes]
    return PlaceContent(
        folder.name,
        indicators,
        plans,
        read_entries(entries, folder.name, by_id) if entries.exists() else (),
        read_projects(projects) if projects.exists() else (),
        Parameters(tuple(parse_parameters(path.read_text("utf-8"), path.name) for path in params)),
        {name: each for found in lists for name, each in found.items()},
        tuple(shared for each in programmes for shared in read_shared(each, indicators)),
        {name: each for found in indexes for name, each in found.items()},
        {
            path.stem: read_entries(path, f"{folder.name}/{path.stem}", by_id)
            for path in sorted((folder / "institutions").glob("*.tsv"))
        },
    )


def read_plan(path: Path, indicators: IndicatorSet) -> Plan:
    """A plan by its `.toml`. Raises `Invalid` with every problem."""
    table = parse_toml(path.read_text("utf-8"), path.name)
    problems = [
        _problem(key, "is missing" if key in _KEYS else "is not a key") for key in set(_KEYS) ^ table.keys()
    ]
    known = {each.id for each in indicators.indicators}
    rows = read_tsv(path.with_suffix(".tsv"))
    problems += [
        _problem(f"row {row.get('no', '')}", "names an indicator that is not there")
        for row in rows
        if row.get("indicator") not in known
    ]
    if problems:
        listed = "; ".join(f"{each.path}: {each.message}" for each in problems)
        raise Invalid(f"Plan {path.stem}: {listed}.", problems=tuple(problems))
    found = (
        PlanRow(row["no"], row["category"], row["indicator"], row["named"], row.get("words", ""))
        for row in rows
    )
    texts: dict[str, Any] = {key: table[key] for key in ("title", "title_en", "county", "source")}
    period, base = parse_period(table["period"]), parse_period(table["base"])
    return Plan(path.stem, **texts, period=period, base=base, rows=tuple(found))


def read_projects(path: Path) -> tuple[Project, ...]:
    """The projects of a plan. Raises `Invalid` for a number that is none."""
    try:
        return tuple(_project(row) for row in read_tsv(path))
    except (ValueError, ArithmeticError, KeyError) as error:
        raise Invalid(f"{path.name} lacks a column, or a year or amount is no number.") from error


def _project(row: Mapping[str, str]) -> Project:
    return Project(
        row["no"],
        row["project"],
        int(row["period_start"]),
        int(row["period_end"]),
        Decimal(row["total_investment_10k_cny"]),
        Decimal(row["planned_2021_2025_10k_cny"]),
        row["builder"],
        row["status"],
    )


def _problem(path: str, message: str) -> Problem:
    return Problem("error", "invalid", path, message)
