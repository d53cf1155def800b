"""The breakdown: one period of an indicator by a stratum, best first, beside another period."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from kangshu.kernel.indicators.cell import Cell
from kangshu.kernel.indicators.definition import Indicator
from kangshu.kernel.indicators.judge import Verdict, satisfies, test_of
from kangshu.kernel.indicators.run import Result
from kangshu.kernel.indicators.target import Target


@dataclass(frozen=True, slots=True)
class Group:
    """One town, institution, sex … in a period.

    name    None: it is not known of these units
    rank    1 is best, alike alike; None where nothing is shown
    before  the same in the other period
    verdict open where there is no limit or nothing is shown
    """

    name: str | None
    cell: Cell
    rank: int | None
    before: Cell | None
    change: Decimal | None
    verdict: Verdict


def periods_of(result: Result) -> tuple[str, ...]:
    """The periods in which anything was counted, newest first."""
    return tuple(sorted({cell.period for cell in result.by()}, reverse=True))


def breakdown(
    indicator: Indicator,
    result: Result,
    stratum: str,
    period: str,
    *,
    other: str = "",
    within: tuple[str, str | None] | None = None,
    target: Target | None = None,
    limit: Decimal | None = None,
) -> tuple[Group, ...]:
    """The groups of a stratum in a period, best first, what is not shown last.

    `other`: a period to compare with; `within`: only inside one group of another stratum; `limit`: what the
    target comes to in the period.
    """
    found, before = (_by_group(result, stratum, each, within) for each in (period, other))
    best_first = sorted(
        found.items(), key=lambda each: (each[1].value is None, _worse(indicator, each[1]), each[0] or "")
    )
    values = [cell.value for _, cell in best_first]
    return tuple(
        Group(
            name,
            cell,
            None if cell.value is None else values.index(cell.value) + 1,
            before.get(name),
            _change(cell, before.get(name)),
            _verdict(indicator, cell, target, limit),
        )
        for name, cell in best_first
    )


def _by_group(
    result: Result, stratum: str, period: str, within: tuple[str, str | None] | None
) -> Mapping[str | None, Cell]:
    cells = result.by(stratum, within[0]) if within else result.by(stratum)
    return {
        dict(cell.strata)[stratum]: cell
        for cell in cells
        if cell.period == period and (within is None or within in cell.strata)
    }


def _worse(indicator: Indicator, cell: Cell) -> Decimal:
    value = cell.value or Decimal(0)
    return -value if indicator.direction == "up" else value


def _change(cell: Cell, before: Cell | None) -> Decimal | None:
    if before is None or before.value is None or cell.value is None:
        return None
    return cell.value - before.value


def _verdict(indicator: Indicator, cell: Cell, target: Target | None, limit: Decimal | None) -> Verdict:
    if target is None or limit is None or cell.value is None:
        return "open"
    return "met" if satisfies(test_of(indicator, target), cell.value, limit, target.tolerance) else "not_met"
