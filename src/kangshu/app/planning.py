"""Plans of places, monitored: what the platform counts beside what documents and people state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from kangshu.app.kept_views import Progress
from kangshu.app.tallies import Tallies
from kangshu.app.views import Views
from kangshu.domains.planning.assessment import Assessed, Assessment, assessed
from kangshu.domains.planning.fairness import Spread, spreads
from kangshu.domains.planning.monitoring import Standing, standings
from kangshu.domains.planning.plan import PlaceContent, Plan, read_place
from kangshu.kernel.base.errors import NotFound
from kangshu.kernel.facts.reader import Note, Use
from kangshu.kernel.indicators.definition import Indicator
from kangshu.kernel.indicators.entry import known
from kangshu.kernel.indicators.period import Period
from kangshu.kernel.indicators.run import Result, run
from kangshu.kernel.lake.engine import Engine, engine
from kangshu.kernel.lake.given import offer_rows
from kangshu.kernel.packs.definition import Pack
from kangshu.kernel.policies.definition import Grant, Scope


@dataclass(frozen=True, slots=True)
class Planning:
    """Indicators and plans of the place packs. Safe to share between threads."""

    places: Mapping[str, PlaceContent]
    views: Views
    note: Note

    def place(self, name: str) -> PlaceContent:
        """What a place pack says of planning. Raises `NotFound`."""
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
        found = self._count(content, indicators, on, as_of, county)
        if found:
            self.note(grant, Use("indicator", tuple(sorted(found)), (), len(found)))
        return found

    def _count(
        self,
        content: PlaceContent,
        indicators: Iterable[Indicator],
        on: date,
        as_of: datetime | None,
        county: str | None,
    ) -> dict[str, Result]:
        views = self.views.views
        there = {*views.names, *views.bases, *content.indicators.tables}
        chosen = [each for each in indicators if each.kind == "computed" and set(each.needs) <= there]
        if not chosen:
            return {}
        small = int(content.parameters.on("small_number", on).value)
        if as_of is None:
            tallies = Tallies(self.views.kept, content.place, content.indicators.tables, county)
            return tallies.results(chosen, on=on, small_number=small)
        with engine(self.views.facts.lake.scratch) as work:
            self._prepare(work, content, chosen, county, as_of)
            return {each.id: run(work, each, on=on, as_of=as_of, small_number=small) for each in chosen}

    def standings(
        self, grant: Grant, content: PlaceContent, plan: Plan, *, on: date, as_of: datetime | None = None
    ) -> tuple[Standing, ...]:
        """How every row of a plan stands: counted over the facts from its county, or as entered."""
        wanted = dict.fromkeys(row.indicator for row in plan.rows)
        indicators = [content.indicators.get(name) for name in wanted]
        results = self.count(grant, content, indicators, on=on, as_of=as_of, county=plan.county)
        return standings(content, plan, on=on, as_of=as_of, results=results)

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
            self._count(content, content.indicators.indicators, on, None, county)
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

    def _prepare(
        self,
        work: Engine,
        content: PlaceContent,
        indicators: Iterable[Indicator],
        county: str | None,
        as_of: datetime | None,
    ) -> None:
        tables = content.indicators.tables
        needed = {name for each in indicators for name in each.needs} - tables.keys()
        # Numbers are of everybody; the grant is for numbers, and no row leaves this engine.
        self.views.prepare(work, sorted(needed), Scope(everything=True), as_of=as_of, county=county)
        for name, rows in tables.items():
            offer_rows(work, name, rows)


def read_planning(packs: Mapping[str, Pack], views: Views, note: Note) -> Planning:
    """The plans of all place packs that have indicators. Raises `Invalid` with what is wrong with one."""
    found = {name: pack.folder for name, pack in packs.items() if (pack.folder / "indicators").is_dir()}
    return Planning({name: read_place(folder) for name, folder in found.items()}, views, note)
