"""Tallies of indicators, kept in the lake and counted again where something changed.

An indicator that follows views is counted again for the months of what changed in them; any other, and any
of which something looked up has changed, as a whole. As with kept views each is one commit with a note of
what it was made from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from kangshu.app.kept_views import KeptViews
from kangshu.app.lens import Lens
from kangshu.app.relations import Present
from kangshu.kernel.base.errors import Problem
from kangshu.kernel.indicators.definition import Indicator
from kangshu.kernel.indicators.keys import parameters_in
from kangshu.kernel.indicators.run import Result, result_of_tally
from kangshu.kernel.indicators.tally import TALLY, tally_months, tally_units
from kangshu.kernel.indicators.units import count_units, months_of
from kangshu.kernel.lake.engine import Engine, engine, literal
from kangshu.kernel.lake.given import offer_rows
from kangshu.kernel.lake.held import NOWHERE
from kangshu.kernel.views.lineage import Lineage, digest, joined_follows, lineage
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
        with (
            engine(self.kept.lake.scratch) as work,
            self.kept.up_to_date(sorted(needed), self.county) as present,
        ):
            made = False
            for each in indicators:
                behind = self._behind(each, on, present)
                if behind is not None:
                    if not made:
                        self._make(work, sorted(needed), present)
                        made = True
                    self._count_again(work, each, on, behind, present)
                self._offer(work, each, present)
                found[each.id] = result_of_tally(work, each, on=on, small_number=small_number)
        return found

    def table_of(self, indicator: Indicator) -> str:
        """The table of the lake that keeps a tally."""
        return f"tally_{self.place}_{self.county or 'all'}_{indicator.id}"

    def _views_of(self, indicator: Indicator) -> list[str]:
        return [name for name in indicator.needs if name not in self.tables]

    def _make(self, work: Engine, names: Sequence[str], present: Present) -> None:
        self.kept.relations.make(work, names, Lens(county=self.county), present)
        for name, rows in self.tables.items():
            offer_rows(work, name, rows)

    def _offer(self, work: Engine, indicator: Indicator, present: Present) -> None:
        held = present.held(self.table_of(indicator))
        assert held is not None, "it was just brought up to date"
        held.offer(work, "kept_tally")
        work.run(f"CREATE OR REPLACE TEMP TABLE {TALLY} AS FROM kept_tally")

    def _behind(self, indicator: Indicator, on: date, present: Present) -> _Behind | None:
        """What is to be counted again; None: nothing."""
        below = lineage(self.kept.relations.views, self._views_of(indicator), indicator.follows)
        state = self.kept.state(self._digest(indicator, on), below.bases, present)
        held = present.held(self.table_of(indicator))
        done = {name: held.done(name) if held else None for name in state}
        if held is not None and done == state:
            return None
        changed = [name.rpartition("/")[2] for name in state if done[name] != state[name]]
        if held is None or None in done.values() or not below.followed.issuperset(changed):
            return _Behind(state, None)
        months: set[str] = set()
        for base in changed:
            since = done[next(name for name in state if name.endswith(f"/{base}"))]
            found = self._months(indicator, below, base, since or NOWHERE, present)
            if found is None:
                return _Behind(state, None)
            months |= found
        return _Behind(state, sorted(months))

    def _months(
        self, indicator: Indicator, below: Lineage, base: str, since: int, present: Present
    ) -> set[str] | None:
        """The months of units made of what changed in a base; None where that cannot be told."""
        relations = self.kept.relations
        held = present.held(relations.table_of_base(base))
        changed = held.changed_since(since) if held else None
        if held is None or changed is None:
            return None
        with engine(self.kept.lake.scratch) as work:
            held.offer_changed(work, "changed", changed, relations.key_of_base(base))
            if not work.one("SELECT count(*) FROM changed"):
                return set()
            lens = Lens(county=self.county)
            relations.make_changed(work, self._views_of(indicator), below, base, lens, present)
            for name, rows in self.tables.items():
                offer_rows(work, name, rows)
            return set(months_of(work, indicator, on=_ALL_DAYS))

    def _count_again(
        self, work: Engine, indicator: Indicator, on: date, behind: _Behind, present: Present
    ) -> None:
        if indicator.follows:
            tally_months(work, indicator, on=_ALL_DAYS, months=behind.months)
        else:
            count_units(work, indicator, on=_until(indicator, on), as_of=None)
            tally_units(work, indicator)
        months = behind.months
        condition = None if months is None else f"month IN ({', '.join(map(literal, months or ['']))})"
        table = self.table_of(indicator)
        rows = work.arrow(f"FROM {TALLY}")
        self.kept.lake.keep(table, rows, behind.state, condition=condition, by="month")
        present.look_again(table)

    def _digest(self, indicator: Indicator, on: date) -> str:
        views = self.kept.relations.views
        own = repr({name: self.tables[name] for name in indicator.needs if name in self.tables})
        day = str(on) if _depends_on_day(indicator) else ""
        said = (indicator.version, own, self.county or "", day, str(indicator.since))
        return digest(views, self._views_of(indicator), self.kept.relations.texts(), *said)


@dataclass(frozen=True, slots=True)
class _Behind:
    """What a tally is to be made from, and the months to count again; None: all."""

    state: Mapping[str, int]
    months: list[str] | None


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
