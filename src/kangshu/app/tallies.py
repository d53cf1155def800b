"""Tallies of indicators, kept in the lake and brought up to date by what changed.

To that of an indicator that follows views, what is new in them is added; where something came in the place of
something else, its months are counted again. Any other, and any of which something looked up has changed, is
counted as a whole. As with kept views each is one commit with a note of what it was made from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from kangshu.app.changes import Change, Changes
from kangshu.app.kept_views import KeptViews
from kangshu.app.lens import Lens
from kangshu.app.relations import Present
from kangshu.kernel.base.errors import Problem
from kangshu.kernel.indicators.definition import Indicator
from kangshu.kernel.indicators.keys import parameters_in
from kangshu.kernel.indicators.run import Result, result_of_tally
from kangshu.kernel.indicators.tally import TALLY, add_tallies, tally_months, tally_units
from kangshu.kernel.indicators.units import count_units, months_of
from kangshu.kernel.lake.arrow import Arrow
from kangshu.kernel.lake.engine import Engine, engine, literal
from kangshu.kernel.lake.given import offer_rows
from kangshu.kernel.views.lineage import digest, joined_follows, lineage
from kangshu.kernel.views.view_set import ViewSet

_ALL_DAYS = date(9999, 12, 31)

Tables = Mapping[str, Sequence[Mapping[str, str]]]


@dataclass(frozen=True, slots=True)
class Tallies:
    """Keeps tallies. Safe to share between threads and processes.

    place   whose indicators; `tables`: those they share; `county`: over what is from there only
    """

    kept: KeptViews
    place: str
    tables: Tables
    county: str | None

    def results(self, indicators: Sequence[Indicator], *, on: date, small_number: int) -> dict[str, Result]:
        """What indicators count over everything as it is now."""
        needed = {name for each in indicators for name in self._views_of(each)}
        found: dict[str, Result] = {}
        lens = Lens(county=self.county)
        with (
            engine(self.kept.lake.scratch) as work,
            self.kept.up_to_date(sorted(needed), self.county) as present,
            Changes(self.kept.relations, present, lens, self._offer_tables) as changes,
        ):
            made = False
            for each in indicators:
                behind = self._behind(each, on, present, changes)
                if behind is not None:
                    if not made and behind.counts_again:
                        self.kept.relations.make(work, sorted(needed), lens, present)
                        self._offer_tables(work)
                        made = True
                    self._bring_up(work, each, on, behind, present)
                self._offer(work, each, present)
                found[each.id] = result_of_tally(work, each, on=on, small_number=small_number)
        return found

    def table_of(self, indicator: Indicator) -> str:
        """The table of the lake that keeps a tally."""
        return f"tally_{self.place}_{self.county or 'all'}_{indicator.id}"

    def _views_of(self, indicator: Indicator) -> list[str]:
        return [name for name in indicator.needs if name not in self.tables]

    def _offer_tables(self, work: Engine) -> None:
        for name, rows in self.tables.items():
            offer_rows(work, name, rows)

    def _offer(self, work: Engine, indicator: Indicator, present: Present) -> None:
        held = present.held(self.table_of(indicator))
        assert held is not None, "it was just brought up to date"
        held.offer(work, "kept_tally")
        work.run(f"CREATE OR REPLACE TEMP TABLE {TALLY} AS FROM kept_tally")

    def _behind(self, indicator: Indicator, on: date, present: Present, changes: Changes) -> _Behind | None:
        """What is to be done; None: nothing."""
        needs = self._views_of(indicator)
        below = lineage(self.kept.relations.views, needs, indicator.follows)
        state = self.kept.state(self._digest(indicator, on), below.bases, present)
        held = present.held(self.table_of(indicator))
        done = {name: held.done(name) if held else None for name in state}
        if held is not None and done == state:
            return None
        return _Behind(state, changes.since(done, state, needs, below) if held else None)

    def _bring_up(
        self, work: Engine, indicator: Indicator, on: date, behind: _Behind, present: Present
    ) -> None:
        months: list[str] | None = None
        if behind.changes is None:
            if indicator.follows:
                tally_months(work, indicator, on=_ALL_DAYS)
            else:
                count_units(work, indicator, on=_until(indicator, on), as_of=None)
                tally_units(work, indicator)
        elif behind.counts_again:
            found = {
                month for each in behind.changes for month in months_of(each.work, indicator, on=_ALL_DAYS)
            }
            months = sorted(found)
            tally_months(work, indicator, on=_ALL_DAYS, months=months)
        else:
            months = self._add(work, indicator, behind.changes, present)
        condition = None if months is None else f"month IN ({', '.join(map(literal, months or ['']))})"
        table = self.table_of(indicator)
        self.kept.lake.keep(table, work.arrow(f"FROM {TALLY}"), behind.state, condition=condition, by="month")
        present.look_again(table)

    def _add(
        self, work: Engine, indicator: Indicator, changes: Sequence[Change], present: Present
    ) -> list[str]:
        """Make the tally of the months in which something is new, from what was kept and what is new."""
        news: list[Arrow] = []
        for each in changes:
            count_units(each.work, indicator, on=_ALL_DAYS, as_of=None)
            tally_units(each.work, indicator)
            news.append(each.work.table(f"FROM {TALLY}"))
        self._offer(work, indicator, present)
        return add_tallies(work, news)

    def _digest(self, indicator: Indicator, on: date) -> str:
        views = self.kept.relations.views
        own = repr({name: self.tables[name] for name in indicator.needs if name in self.tables})
        day = str(on) if _depends_on_day(indicator) else ""
        said = (indicator.version, own, self.county or "", day, str(indicator.since))
        return digest(views, self._views_of(indicator), self.kept.relations.texts(), *said)


@dataclass(frozen=True, slots=True)
class _Behind:
    """What a tally is to be made from, and by which changes below; None: counted as a whole."""

    state: Mapping[str, int]
    changes: list[Change] | None

    @property
    def counts_again(self) -> bool:
        """Whether what is there already has to be read."""
        return self.changes is None or not all(each.only_new for each in self.changes)


def _depends_on_day(indicator: Indicator) -> bool:
    return "on" in parameters_in(indicator.sql)


def _until(indicator: Indicator, on: date) -> date:
    """The last day that is counted: all days, where the SELECT does not ask which day it is."""
    return on if _depends_on_day(indicator) else _ALL_DAYS


def problems_of_follows(views: ViewSet, indicator: Indicator) -> list[Problem]:
    """What is wrong with the views an indicator follows."""
    return [
        Problem("error", "invalid", f"{indicator.id} follows", f"joins {one} and {other}: follow one of them")
        for one, other in joined_follows(views, indicator.sql, indicator.follows)
    ]
