"""Plans of places, monitored: what the platform counts beside what documents and people state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from kangshu.app.kept_views import Progress
from kangshu.app.plan_books import PlanBooks
from kangshu.app.remembered_results import RememberedResults
from kangshu.app.tallies import Tallies
from kangshu.app.views import Views
from kangshu.domains.planning.assessment import Assessed, Assessment, assessed
from kangshu.domains.planning.fairness import Spread, spreads
from kangshu.domains.planning.monitoring import Standing, standings
from kangshu.domains.planning.plan import PlaceContent, Plan, read_place
from kangshu.kernel.base.errors import Invalid, NotFound
from kangshu.kernel.facts import stretch
from kangshu.kernel.facts.reader import Note, Use
from kangshu.kernel.indicators.definition import Indicator
from kangshu.kernel.indicators.entry import known
from kangshu.kernel.indicators.explain import keep_units
from kangshu.kernel.indicators.period import Period
from kangshu.kernel.indicators.run import Result, run
from kangshu.kernel.lake.engine import Engine, engine
from kangshu.kernel.lake.given import offer_rows
from kangshu.kernel.packs.definition import Pack
from kangshu.kernel.policies.definition import Grant, Scope

EVERYBODY = Scope(everything=True)


@dataclass(frozen=True, slots=True)
class Planning:
    """Indicators and plans of the place packs. Safe to share between threads.

    refused  places that are left out, and what is wrong with them
    """

    places: Mapping[str, PlaceContent]
    views: Views
    note: Note
    books: PlanBooks
    refused: Mapping[str, Invalid] = field(default_factory=dict[str, Invalid])
    remembered: RememberedResults = field(default_factory=RememberedResults)

    def place(self, name: str) -> PlaceContent:
        """What a place pack says of planning. Raises `NotFound`, and what is wrong with one left out."""
        if name in self.refused:
            wrong = self.refused[name]
            raise Invalid(
                f"The pack {name} is wrong, and nothing of it is counted. {wrong.message}",
                remedy=f"`kangshu pack check {name}` says everything that is wrong.",
                problems=wrong.problems,
            )
        if name not in self.places:
            raise NotFound(
                f"No place {name} has indicators.", remedy=f"There are {', '.join(self.places) or 'none'}."
            )
        return self.places[name]

    def county_of(self, place: str) -> str | None:
        """The county whose facts the indicators of a place are about: that of its plans, if it is one."""
        counties = {plan.county for plan in self.place(place).plans.values()}
        return counties.pop() if len(counties) == 1 else None

    def count(
        self,
        grant: Grant,
        content: PlaceContent,
        indicators: Iterable[Indicator],
        *,
        on: date,
        as_of: datetime | None = None,
        county: str | None = None,
    ) -> dict[str, Result]:
        """Count indicators, for whoever may see numbers; those of which views are missing are left out.

        `county`: over facts from there only.
        """
        found = self.counting(content, indicators, on=on, as_of=as_of, county=county)
        if found:
            self.note(grant, Use("indicator", tuple(sorted(found)), (), len(found)))
        return found

    def counting(
        self,
        content: PlaceContent,
        indicators: Iterable[Indicator],
        *,
        on: date,
        as_of: datetime | None = None,
        county: str | None = None,
    ) -> dict[str, Result]:
        """The same for nobody yet: whoever shows it has a grant, and notes it."""
        chosen = self.countable(content, indicators)
        if not chosen:
            return {}
        small = int(content.parameters.on("small_number", on).value)
        if as_of is None:
            return self._counting_now(content, chosen, on, county, small)
        with engine(self.views.facts.lake.scratch) as work:
            self.prepare(work, content, chosen, EVERYBODY, county=county, as_of=as_of)
            return {each.id: run(work, each, on=on, as_of=as_of, small_number=small) for each in chosen}

    def _counting_now(
        self, content: PlaceContent, chosen: list[Indicator], on: date, county: str | None, small: int
    ) -> dict[str, Result]:
        key = (content.place, county, on)
        found = self.remembered.find(key, chosen, self._has_come)
        missing = [each for each in chosen if each.id not in found]
        if missing:
            with self.views.facts.database.connection() as session:
                tx = stretch.horizon(session)
            tallies = Tallies(self.views.kept, content.place, content.indicators.tables, county)
            counted = tallies.results(missing, on=on, small_number=small)
            self.remembered.keep(key, tx, {**found, **counted}, self._has_come)
            found |= counted
        return {each.id: found[each.id] for each in chosen}

    def _has_come(self, tx: int) -> bool:
        with self.views.facts.database.connection() as session:
            return stretch.has_come(session, tx)

    def forget(self) -> None:
        """Delete what is made of facts and landed tables; the next to ask has it made again."""
        self.remembered.forget()
        self.views.forget()

    def standings(
        self,
        grant: Grant,
        content: PlaceContent,
        plan: Plan,
        *,
        on: date,
        as_of: datetime | None = None,
        until: Period | None = None,
        results: Mapping[str, Result] | None = None,
    ) -> tuple[Standing, ...]:
        """How every row of a plan stands: counted over the facts from its county, or as entered.

        `until`: as it stood in that period, whatever is known of later ones; `results`: what has been counted
        already.
        """
        if results is None:
            indicators = indicators_of(content, plan)
            results = self.count(grant, content, indicators, on=on, as_of=as_of, county=plan.county)
        entries = self.books.entries(grant, content)
        return standings(content, plan, on=on, as_of=as_of, results=results, entries=entries, until=until)

    def write_units(
        self, content: PlaceContent, plan: Plan, indicator: Indicator, period: str, path: Path, *, on: date
    ) -> None:
        """Count the units of a period and write them down, for nobody yet."""
        with engine(self.views.facts.lake.scratch) as work:
            self.prepare(work, content, [indicator], EVERYBODY, county=plan.county)
            keep_units(work, indicator, period, path, on=on)

    def refresh(self, *, on: date, progress: Progress | None = None) -> None:
        """Bring the tallies of all plans up to date."""
        wanted = [
            (content, county)
            for content in self.places.values()
            for county in sorted({plan.county for plan in content.plans.values()}, key=str)
        ]
        for number, (content, county) in enumerate(wanted):
            if progress is not None:
                progress(number, len(wanted))
            self.counting(content, content.indicators.indicators, on=on, county=county)
        if progress is not None:
            progress(len(wanted), len(wanted))

    def assess(
        self,
        grant: Grant,
        content: PlaceContent,
        assessment: Assessment,
        period: Period,
        *,
        on: date,
        county: str | None = None,
        institution: str | None = None,
    ) -> tuple[Assessed, ...]:
        """Every row of a list of indicators in a period, for one institution or for all together."""
        wanted = dict.fromkeys(row.indicator for row in assessment.rows)
        indicators = [content.indicators.get(name) for name in wanted]
        results = self.count(grant, content, indicators, on=on, county=county)
        entries = known(content.stated.get(institution, ()) if institution else content.entries)
        return assessed(assessment, content.indicators, results, entries, period, institution)

    def fairness(
        self,
        grant: Grant,
        content: PlaceContent,
        *,
        on: date,
        county: str | None = None,
        year: Period | None = None,
    ) -> tuple[Spread, ...]:
        """How fairly what people should have evenly is spread, in a year or the last that was counted."""
        wanted = [content.indicators.get(each.indicator) for each in content.shared]
        results = self.count(grant, content, wanted, on=on, county=county)
        return spreads(content.shared, content.indicators, results, year.label if year else None)

    def countable(self, content: PlaceContent, indicators: Iterable[Indicator]) -> list[Indicator]:
        """Those that are computed, and of which all views are there."""
        views = self.views.views
        there = {*views.names, *views.bases, *content.indicators.tables}
        return [each for each in indicators if each.kind == "computed" and set(each.needs) <= there]

    def prepare(
        self,
        work: Engine,
        content: PlaceContent,
        indicators: Iterable[Indicator],
        scope: Scope,
        *,
        county: str | None,
        as_of: datetime | None = None,
    ) -> None:
        """Make what indicators read of a scope in an engine; of everybody, its rows must not leave it."""
        tables = content.indicators.tables
        needed = {name for each in indicators for name in each.needs} - tables.keys()
        self.views.prepare(work, sorted(needed), scope, as_of=as_of, county=county)
        for name, rows in tables.items():
            offer_rows(work, name, rows)


def indicators_of(content: PlaceContent, plan: Plan) -> list[Indicator]:
    """The indicators of a plan, each once."""
    return [content.indicators.get(name) for name in dict.fromkeys(row.indicator for row in plan.rows)]


def read_planning(
    packs: Mapping[str, Pack],
    views: Views,
    note: Note,
    books: PlanBooks,
    refused: Mapping[str, Invalid] | None = None,
) -> Planning:
    """The plans of all place packs that have indicators.

    A place that is wrong is left out, and does not keep the others from being counted. `refused`: places of
    which that is known.
    """
    places: dict[str, PlaceContent] = {}
    left_out = dict(refused or {})
    for name, pack in packs.items():
        # Programmes bring indicators too, but no plans: they are counted for the places that require them.
        if pack.manifest.kind != "place" or not (pack.folder / "indicators").is_dir() or name in left_out:
            continue
        try:
            places[name] = read_place(pack.folder)
        except Invalid as error:
            left_out[name] = error
    return Planning(places, views, note, books, left_out)
