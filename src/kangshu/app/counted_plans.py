"""Plans as they were last counted, for pages: they show numbers at once, and the units behind them."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from pathlib import Path

from kangshu.app.counted import Counted, CountedResults, UnitFolder
from kangshu.app.planning import Planning, indicators_of
from kangshu.domains.planning.monitoring import Standing
from kangshu.domains.planning.plan import PlaceContent, Plan
from kangshu.kernel.base.errors import NotFound, Refused
from kangshu.kernel.facts import stretch
from kangshu.kernel.facts.reader import Use
from kangshu.kernel.indicators.definition import Indicator
from kangshu.kernel.indicators.explain import Asked, kept_units
from kangshu.kernel.indicators.explain import Page as UnitPage
from kangshu.kernel.lake.engine import engine
from kangshu.kernel.policies.definition import Grant


@dataclass(frozen=True, slots=True)
class CountedPlans:
    """Keeps countings of plans (`CountedResults`). Safe to share between threads; `close` it."""

    planning: Planning
    kept: CountedResults = field(default_factory=CountedResults)

    def counted(self, grant: Grant, content: PlaceContent, plan: Plan, *, on: date, now: datetime) -> Counted:
        """What was last counted for a plan: at once, unless nobody has asked before.

        `now`: what it is from, if it has to be counted.
        """
        found = self.kept.get(
            _key(content, plan),
            lambda each: each.on == on and self._is_current(each.tx),
            partial(self._count, content, plan, on, now),
        )
        if found.results:
            names = tuple(sorted(found.results))
            self.planning.note(grant, Use("indicator", names, (), len(names)))
        return found

    def standings(
        self, grant: Grant, content: PlaceContent, plan: Plan, counted: Counted, *, on: date
    ) -> tuple[Standing, ...]:
        """How every row of the plan stands by what was counted."""
        return self.planning.standings(grant, content, plan, on=on, results=counted.results)

    def units(
        self,
        grant: Grant,
        content: PlaceContent,
        plan: Plan,
        indicator: Indicator,
        asked: Asked,
        counted: Counted,
    ) -> UnitPage:
        """The units of a cell that was counted, for a grant over all facts of the plan's county.

        Whoever shows them notes whose they are. Raises `Refused` for another grant, `NotFound` for an
        indicator that was not counted.
        """
        scope = grant.scope
        if scope.types is not None or not (scope.everything or plan.county in scope.counties):
            raise Refused(
                f"The facts behind {indicator.id} are of the whole county {plan.county}.",
                remedy="The commission of the county may see them.",
            )
        result = counted.results.get(indicator.id)
        if result is None or asked.period not in {each.period for each in result.by()}:
            raise NotFound(f"Nothing was counted of {indicator.id} for {plan.name}.")
        path = self._file(content, plan, indicator, asked.period, counted)
        with engine(self.planning.views.facts.lake.scratch) as work:
            return kept_units(work, indicator, asked, path)

    def prepare(self, *, on: date, now: datetime) -> None:
        """Count behind, for every plan, so that the first to ask does not wait."""
        for content in self.planning.places.values():
            for plan in content.plans.values():
                self.kept.prepare(_key(content, plan), partial(self._count, content, plan, on, now))

    def close(self) -> None:
        """End what is counted behind."""
        self.kept.close()

    def _count(self, content: PlaceContent, plan: Plan, on: date, now: datetime) -> Counted:
        """Count a plan, and write down again the units that were asked for last time."""
        with self.planning.views.facts.database.connection() as session:
            tx = stretch.horizon(session)
        results = self.planning.counting(content, indicators_of(content, plan), on=on, county=plan.county)
        found = Counted(results, on, tx, now, UnitFolder(self.planning.views.facts.lake.scratch))
        before = self.kept.find(_key(content, plan))
        for name, period in before.units.asked if before else ():
            self._file(content, plan, content.indicators.get(name), period, found)
        return found

    def _file(
        self, content: PlaceContent, plan: Plan, indicator: Indicator, period: str, counted: Counted
    ) -> Path:
        def write(path: Path) -> None:
            self.planning.write_units(content, plan, indicator, period, path, on=counted.on)

        return counted.units.file(indicator.id, period, write)

    def _is_current(self, tx: int) -> bool:
        with self.planning.views.facts.database.connection() as session:
            return not stretch.has_come(session, tx)


def _key(content: PlaceContent, plan: Plan) -> Hashable:
    """What a counting is of; another definition of an indicator is another counting."""
    versions = tuple((each.id, each.version) for each in indicators_of(content, plan))
    return content.place, plan.county, versions
