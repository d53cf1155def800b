"""The plan: the rows of a document's table of indicators, in its order and words.

A place pack has `plans/NAME.toml` (title, title_en, county, period, base, source) and `plans/NAME.tsv` (no,
category, indicator, named, and where the document judges in words: words). Targets are those of the
indicators.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from kangshu.domains.planning.assessment import Assessment, read_assessments
from kangshu.domains.planning.fairness import Shared, read_shared
from kangshu.domains.planning.index_definition import Index, read_indexes
from kangshu.domains.planning.programmes import indicators_of_place, programmes_of
from kangshu.domains.planning.project import Project, read_projects
from kangshu.kernel.base.errors import Invalid, NotFound, Problem
from kangshu.kernel.base.text_file import read_text_file
from kangshu.kernel.base.toml import parse_toml
from kangshu.kernel.base.tsv import read_tsv
from kangshu.kernel.indicators.definition import IndicatorSet, refused
from kangshu.kernel.indicators.entry import Entry, read_entries
from kangshu.kernel.indicators.period import Kind, Period, parse_period, period_of
from kangshu.kernel.params.definition import Parameters, parse_parameters

_KEYS = ("title", "title_en", "county", "period", "base", "source")
_COLUMNS = ("no", "category", "indicator", "named")
_DIVISION = re.compile(r"[0-9]{6}")

NEEDED: Mapping[str, str] = {
    "small_number": "counts below it are hidden",
    "complete_enough": "less complete numbers are named as gaps in reports",
}
NEEDED_OF_PROJECTS: Mapping[str, str] = {
    "project_tolerance": "how far apart money, works and time may be",
    "project_silence": "after how many days without an entry a project is named",
}
"""Parameters that a place with indicators, or with projects, must have: for what."""


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

    def by(self, kind: Kind) -> Plan:
        """The same plan for an indicator by the quarter or month: from the last of its base to its last."""
        if kind == self.period.kind:
            return self
        return replace(self, period=period_of(self.period.last, kind), base=period_of(self.base.last, kind))


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
    lists = [read_assessments(each, indicators) for each in programmes]
    indexes = [read_indexes(each, [*by_id]) for each in programmes]
    parameters = read_parameters(folder)
    if problems := lacking_parameters(folder, parameters):
        raise refused(f"Parameters of {folder.name}", problems, "See the page `write-a-pack`.")
    return PlaceContent(
        folder.name,
        indicators,
        plans,
        read_entries(entries, folder.name, by_id) if entries.exists() else (),
        read_projects(projects) if projects.exists() else (),
        parameters,
        {name: each for found in lists for name, each in found.items()},
        tuple(shared for each in programmes for shared in read_shared(each, indicators)),
        {name: each for found in indexes for name, each in found.items()},
        {
            path.stem: read_entries(path, f"{folder.name}/{path.stem}", by_id)
            for path in sorted((folder / "institutions").glob("*.tsv"))
        },
    )


def read_parameters(folder: Path) -> Parameters:
    """What a place sets, before what the programmes it requires set. Raises `Invalid`."""
    folders = (folder, *programmes_of(folder))
    paths = [path for each in folders if (path := each / "params.toml").exists()]
    return Parameters(tuple(parse_parameters(read_text_file(path), path.name) for path in paths))


def lacking_parameters(folder: Path, parameters: Parameters) -> list[Problem]:
    """Parameters without which nothing of a place can be shown, and which are not there."""
    needed = {**NEEDED, **(NEEDED_OF_PROJECTS if (folder / "projects.tsv").exists() else {})}
    there = {name: each for layer in reversed(parameters.layers) for name, each in layer.items()}
    found = [
        _problem(f"params.toml {name}", f"is missing: {reason}")
        for name, reason in needed.items()
        if name not in there
    ]
    return found + [
        _problem(f"params.toml {name}", f"must be a number: {reason}")
        for name, reason in needed.items()
        if name in there and any(isinstance(each.value, str) for each in there[name].values)
    ]


def read_plan(path: Path, indicators: IndicatorSet) -> Plan:
    """A plan by its `.toml`. Raises `Invalid` with every problem of both its files."""
    found, problems = look_at_plan(path, {each.id for each in indicators.indicators})
    if found is None:
        raise refused(f"Plan {path.stem}", problems, "See the page `monitor-a-plan`.")
    return found


def look_at_plan(path: Path, known: Collection[str]) -> tuple[Plan | None, list[Problem]]:
    """A plan, if there is nothing wrong with it, and what is. `known`: the indicators there are."""
    problems: list[Problem] = []
    table: dict[str, Any] = {}
    rows: list[dict[str, str]] = []
    tsv = path.with_suffix(".tsv")
    try:
        table = parse_toml(read_text_file(path), path.name)
        problems += [_problem(f"plans/{path.name} {key}", fault) for key, fault in _faults_of_plan(table)]
    except Invalid as error:
        problems += [_problem(f"plans/{path.name}", str(error))]
    try:
        rows = read_tsv(tsv, _COLUMNS)
        problems += [
            _problem(f"plans/{tsv.name} row {number}", fault)
            for number, row in enumerate(rows, 1)
            for fault in _faults_of_row(row, known)
        ]
    except Invalid as error:
        problems += [_problem(f"plans/{tsv.name}", str(error))]
    if problems:
        return None, problems
    texts: dict[str, Any] = {key: table[key] for key in ("title", "title_en", "county", "source")}
    period, base = parse_period(table["period"]), parse_period(table["base"])
    found = (
        PlanRow(row["no"], row["category"], row["indicator"], row["named"], row.get("words", ""))
        for row in rows
    )
    return Plan(path.stem, **texts, period=period, base=base, rows=tuple(found)), []


def _faults_of_plan(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from ((key, "is missing") for key in _KEYS if key not in table)
    yield from ((key, f"is not a key of a plan: {', '.join(_KEYS)}") for key in table if key not in _KEYS)
    for key in _KEYS:
        value = table.get(key, "-")
        if not (isinstance(value, str) and value.strip()):
            yield key, "must be a text that is not empty, in quotes"
        elif key == "county" and key in table and not _DIVISION.fullmatch(value):
            yield key, "must be a division of six digits (GB/T 2260)"
        elif key in ("period", "base") and key in table and not _is_period(value):
            yield key, "must be a period: 2025, 2025Q3 or 2025-07"


def _faults_of_row(row: Mapping[str, str], known: Collection[str]) -> Iterator[str]:
    yield from (f"has no {name}" for name in _COLUMNS if not row[name].strip())
    if row["indicator"] and row["indicator"] not in known:
        yield f"names {row['indicator']}, which is no indicator of the place or of a programme it requires"


def _is_period(label: str) -> bool:
    try:
        parse_period(label)
    except Invalid:
        return False
    return True


def _problem(path: str, message: str) -> Problem:
    return Problem("error", "invalid", path, message)
