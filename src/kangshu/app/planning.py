"""Plans of places, monitored: what the platform counts beside what documents and people state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
from kangshu.domains.planning.publishing import Issue, issues, known_result
from kangshu.domains.planning.report import Kind, Report, period_of_report, report
from kangshu.kernel.base.errors import Invalid, NotFound
from kangshu.kernel.facts import stretch
from kangshu.kernel.facts.reader import Note, Use
from kangshu.kernel.indicators.definition import Indicator
from kangshu.kernel.indicators.entry import known
from kangshu.kernel.indicators.explain import keep_units
from kangshu.kernel.indicators.period import Period
from kangshu.kernel.indicators.publication import Published, publish
from kangshu.kernel.indicators.run import Result, run
from kangshu.kernel.lake.engine import Engine, engine
from kangshu.kernel.lake.given import offer_rows
from kangshu.kernel.packs.definition import Pack
from kangshu.kernel.policies.definition import Grant, Scope


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
            self.prepare(work, content, chosen, county, as_of)
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
            self.remembered.keep(key, tx, {**found, **counted})
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

    def report(
        self,
        grant: Grant,
        content: PlaceContent,
        plan: Plan,
        kind: Kind,
        *,
        on: date,
        as_of: datetime | None = None,
        until: Period | None = None,
    ) -> Report:
        """The report of a plan: yearly, mid-term or final; without `until` of the last period that is over.

        Raises `Invalid` for a period that is not one of the plan's.
        """
        until = period_of_report(plan, kind, on, until)
        found = self.standings(grant, content, plan, on=on, as_of=as_of, until=until)
        theirs = content.projects_of(plan)
        projects = self.books.projects(grant, content, on=on, as_of=as_of) if theirs else ()
        issued = self.issues(grant, content, on=on, as_of=as_of)
        return report(content, plan, kind, found, projects, until=until, on=on, as_of=as_of, issues=issued)

    def known(
        self,
        grant: Grant,
        content: PlaceContent,
        indicators: Iterable[Indicator],
        *,
        on: date,
        as_of: datetime | None = None,
    ) -> dict[str, Result]:
        """What is known of indicators of a place: counted, and entered where nothing was counted."""
        chosen = list(indicators)
        county = content.county or None
        counted = self.count(grant, content, chosen, on=on, as_of=as_of, county=county)
        entries = known([*content.entries, *self.books.entries(grant, content)], as_of)
        return {
            each.id: known_result(each, counted.get(each.id), entries, on=on, as_of=as_of) for each in chosen
        }

    def publish(
        self,
        reading: Grant,
        writing: Grant,
        content: PlaceContent,
        indicators: Sequence[str],
        period: str,
        *,
        on: date,
    ) -> tuple[Published, ...]:
        """Publish what is known of a closed period, all of it or nothing.

        `reading`, `writing`: leave to read and to publish. Raises `Invalid` for a period that is open or of
        which nothing is known, `Conflict` for one that is published, `Refused` for a county the grant does
        not open.
        """
        chosen = [content.indicators.get(name) for name in dict.fromkeys(indicators)]
        known = self.known(reading, content, chosen, on=on)
        now, who = self.books.clock(), writing.principal.id
        found = [
            publish(each, known[each.id], period, place=content.place, who=who, recorded=now)
            for each in chosen
        ]
        for each, cells in zip(chosen, found, strict=True):
            if not cells:
                raise Invalid(f"Nothing is known of {each.id} of {period}.", remedy="Enter a value first.")
        cells = tuple(cell for each in found for cell in each)
        self.books.add_published(writing, content, cells)
        return cells

    def issues(
        self, grant: Grant, content: PlaceContent, *, on: date, as_of: datetime | None = None
    ) -> tuple[Issue, ...]:
        """What was published, and what is known of it now, or was at a time."""
        everything = self.books.published(grant, content)
        published = [each for each in everything if as_of is None or each.recorded <= as_of]
        names = {each.indicator for each in published}
        there = [each for each in content.indicators.indicators if each.id in names]
        return issues(content, published, self.known(grant, content, there, on=on, as_of=as_of))

    def write_units(
        self, content: PlaceContent, plan: Plan, indicator: Indicator, period: str, path: Path, *, on: date
    ) -> None:
        """Count the units of a period and write them down, for nobody yet."""
        with engine(self.views.facts.lake.scratch) as work:
            self.prepare(work, content, [indicator], plan.county, None)
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
        self, grant: Grant, content: PlaceContent, *, on: date, county: str | None = None
    ) -> tuple[Spread, ...]:
        """How fairly what people should have evenly is spread, in the last year that was counted."""
        wanted = [content.indicators.get(each.indicator) for each in content.shared]
        results = self.count(grant, content, wanted, on=on, county=county)
        return spreads(content.shared, content.indicators, results)

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
        county: str | None,
        as_of: datetime | None,
    ) -> None:
        """Make what indicators read in an engine, whose rows must not leave it: they are of everybody."""
        tables = content.indicators.tables
        needed = {name for each in indicators for name in each.needs} - tables.keys()
        self.views.prepare(work, sorted(needed), Scope(everything=True), as_of=as_of, county=county)
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
