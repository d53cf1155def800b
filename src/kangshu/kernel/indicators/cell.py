"""The cell: the value of one period, for everybody or for one or two strata; hidden where it is small."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import combinations
from typing import Literal

from kangshu.kernel.indicators.definition import Indicator
from kangshu.kernel.indicators.period import MONTHS, parse_period

Strata = tuple[tuple[str, str | None], ...]
"""Names and values of the strata of a cell, by name; a value of None: it is not known. () is everybody."""

Hidden = Literal["", "small", "shields"]
"""Why a cell is not shown: its own number is small, or another small one could be computed from it."""


@dataclass(frozen=True, slots=True)
class Count:
    """What was added up for a cell. `months`: in how many months anything happened."""

    period: str
    strata: Strata
    numerator: Decimal
    denominator: Decimal | None
    units: int
    complete: int
    months: int


@dataclass(frozen=True, slots=True)
class Cell:
    """A value as it may be shown. Where `hidden` says why not, nothing that was counted is in it.

    value      None: hidden, or nothing to divide by
    complete   % of the units of which everything was known that is needed to judge them
    months     months in which anything happened, of `months_due` that the period has until the last day
    """

    period: str
    strata: Strata
    numerator: Decimal | None
    denominator: Decimal | None
    value: Decimal | None
    units: int | None
    complete: Decimal | None
    months: int
    months_due: int
    hidden: Hidden = ""


def levels_of(strata: tuple[str, ...]) -> list[tuple[str, ...]]:
    """What is broken down: everybody, each stratum, each pair of strata."""
    names = sorted(strata)
    return [(), *((name,) for name in names), *combinations(names, 2)]


def quotient(indicator: Indicator, numerator: Decimal, denominator: Decimal | None) -> Decimal | None:
    """The value, rounded half up; None where there is nothing to divide by."""
    if denominator is not None and denominator == 0:
        return None
    below = Fraction(1) if denominator is None else Fraction(denominator)
    return rounded(Fraction(numerator) * Fraction(indicator.factor) / below, indicator.decimals)


def rounded(exact: Fraction, decimals: int) -> Decimal:
    """To so many decimals, half up (away from zero)."""
    scaled = abs(exact) * 10**decimals
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    with localcontext(prec=60):
        return (Decimal(whole) * (1 if exact >= 0 else -1)).scaleb(-decimals)


def shown(indicator: Indicator, count: Count, hidden: Hidden, on: date) -> Cell:
    """The cell of a count."""
    due = _months_due(count.period, on)
    if hidden:
        return Cell(count.period, count.strata, None, None, None, None, None, count.months, due, hidden)
    share = rounded(Fraction(100 * count.complete, count.units), 1) if count.units else None
    value = quotient(indicator, count.numerator, count.denominator)
    return Cell(
        count.period,
        count.strata,
        count.numerator,
        count.denominator,
        value,
        count.units,
        share,
        count.months,
        due,
    )


def _months_due(label: str, on: date) -> int:
    period = parse_period(label)
    first = period.first
    passed = (on.year - first.year) * 12 + on.month - first.month + 1
    return max(0, min(MONTHS[period.kind], passed))
