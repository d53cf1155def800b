"""Publishing: what is known of an indicator, counted or entered, as cells that can be made public."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from kangshu.domains.planning.plan import PlaceContent
from kangshu.kernel.indicators.cell import Cell
from kangshu.kernel.indicators.definition import Indicator
from kangshu.kernel.indicators.entry import Entry
from kangshu.kernel.indicators.period import parse_period
from kangshu.kernel.indicators.publication import Published, Restatement, compare
from kangshu.kernel.indicators.run import Result
from kangshu.kernel.indicators.series import is_closed, series


@dataclass(frozen=True, slots=True)
class Issue:
    """One period of an indicator as it was published, beside what is known now.

    cells         all cells as published; total: that of everybody, if there is one
    restatements  cells of which something else is known now; none: it stands
    """

    indicator: Indicator
    period: str
    cells: tuple[Published, ...]
    restatements: tuple[Restatement, ...]
    redefined: bool
    now: Cell | None

    @property
    def total(self) -> Published | None:
        """The cell of everybody."""
        return next((each for each in self.cells if not each.strata), None)


def known_result(
    indicator: Indicator,
    result: Result | None,
    entries: Sequence[Entry],
    *,
    on: date,
    as_of: datetime | None = None,
) -> Result:
    """What is known of an indicator now: what was counted, and where nothing was, what was entered."""
    cells = result.cells if result else ()
    totals = result.by() if result else ()
    entered = tuple(
        Cell(each.period.label, (), None, None, each.value, None, None, 0, 0)
        for each in series(indicator, on=on, cells=totals, entries=entries)
        if each.origin == "entered"
    )
    return Result(indicator.id, indicator.version, on, as_of, (*entered, *cells), 0)


def issues(
    content: PlaceContent, published: Sequence[Published], known: Mapping[str, Result]
) -> tuple[Issue, ...]:
    """Every publication, newest first. `known`: of each published indicator that is still there."""
    groups: dict[tuple[str, str], list[Published]] = {}
    for each in published:
        if each.indicator in known:
            groups.setdefault((each.indicator, each.period), []).append(each)
    found = (_issue(content, name, period, cells, known[name]) for (name, period), cells in groups.items())
    return tuple(sorted(found, key=lambda each: each.cells[0].recorded, reverse=True))


def _issue(
    content: PlaceContent, name: str, period: str, cells: Sequence[Published], result: Result
) -> Issue:
    now = next((each for each in result.cells if each.period == period and not each.strata), None)
    redefined = any(each.version != result.version for each in cells)
    return Issue(content.indicators.get(name), period, tuple(cells), compare(cells, result), redefined, now)


def open_issues(
    indicators: Sequence[Indicator],
    known: Mapping[str, Result],
    published: Sequence[Published],
    *,
    on: date,
) -> tuple[tuple[str, tuple[Indicator, ...]], ...]:
    """What can be published: closed periods with a value that are not published yet, newest first."""
    done = {(each.indicator, each.period) for each in published}
    found: dict[str, list[Indicator]] = {}
    for indicator in indicators:
        for cell in known[indicator.id].cells:
            shown = not cell.strata and (cell.value is not None or cell.hidden)
            closed = shown and is_closed(indicator, parse_period(cell.period), on)
            if closed and (indicator.id, cell.period) not in done:
                found.setdefault(cell.period, []).append(indicator)
    return tuple((period, tuple(found[period])) for period in sorted(found, reverse=True))
