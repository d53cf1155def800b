"""How fairly resources are spread over the towns of a county: what a place counts for each thousand people.

A programme pack names in `spread.tsv` (indicator, stratum, kind) which of its indicators say so: `spread` is
something of which everybody should have the same, `share` how many of a group have what all should have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Literal, cast, get_args

from kangshu.domains.planning.inequality import Group, Theil, gini, lorenz, theil
from kangshu.kernel.base.errors import Invalid, Problem
from kangshu.kernel.base.tsv import read_tsv
from kangshu.kernel.indicators.cell import Cell
from kangshu.kernel.indicators.definition import Indicator, IndicatorSet
from kangshu.kernel.indicators.run import Result

FILE = "spread.tsv"
Kind = Literal["spread", "share"]
ENOUGH = Fraction(8, 10)
"""The share of people that groups which count must hold for a spread to be judged."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What is to be fair: an indicator, over the groups of one of its strata."""

    indicator: str
    stratum: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Spread:
    """How an indicator is spread in a period; a share has no curve, Gini and Theil.

    total   the cell of everybody
    cells   of the groups that count, those with least first
    left_out  cells that do not count: hidden, of nobody, or of a group that is not known
    curve   the Lorenz curve over the groups that count
    """

    indicator: Indicator
    stratum: str
    period: str
    total: Cell | None
    cells: tuple[Cell, ...]
    left_out: tuple[Cell, ...]
    curve: tuple[tuple[Fraction, Fraction], ...]
    gini: Fraction | None
    theil: Theil | None

    @property
    def covers(self) -> Fraction | None:
        """The share of all people who live in groups that count; None where that is not known."""
        if self.total is None or not self.total.denominator:
            return None
        people = sum((Fraction(each.denominator or 0) for each in self.cells), Fraction(0))
        return people / Fraction(self.total.denominator)

    @property
    def is_judged(self) -> bool:
        """Whether enough people are in groups that count."""
        return self.gini is not None and self.covers is not None and self.covers >= ENOUGH


def read_shared(folder: Path, indicators: IndicatorSet) -> tuple[Shared, ...]:
    """What a pack says is to be spread evenly. Raises `Invalid` with every problem."""
    path = folder / FILE
    rows = read_tsv(path) if path.exists() else []
    strata = {each.id: each.strata for each in indicators.indicators}
    problems = [
        Problem("error", "invalid", f"line {number}", "names an indicator without that stratum")
        for number, row in enumerate(rows, 2)
        if row.get("stratum") not in strata.get(row.get("indicator", ""), ())
    ]
    problems += [
        Problem("error", "invalid", f"line {number} kind", f"must be one of {', '.join(get_args(Kind))}")
        for number, row in enumerate(rows, 2)
        if row.get("kind") not in get_args(Kind)
    ]
    if problems:
        listed = "; ".join(f"{each.path}: {each.message}" for each in problems)
        raise Invalid(f"{path.name}: {listed}.", remedy="Correct it.", problems=tuple(problems))
    return tuple(Shared(row["indicator"], row["stratum"], cast("Kind", row["kind"])) for row in rows)


def spread_of(indicator: Indicator, stratum: str, result: Result, period: str | None = None) -> Spread | None:
    """How it is spread in a period, or in the last that has groups to compare; None: there is none."""
    found = [each for each in result.by(stratum) if period is None or each.period == period]
    told = sorted({each.period for each in found if _counts(each)})
    if not told:
        return None
    last = told[-1]
    cells = [each for each in found if each.period == last]
    counting = sorted(
        (each for each in cells if _counts(each)), key=lambda each: (_group(each).each, each.strata)
    )
    groups = [_group(each) for each in counting]
    total = next((each for each in result.by() if each.period == last), None)
    return Spread(
        indicator,
        stratum,
        last,
        total,
        tuple(counting),
        tuple(each for each in cells if not _counts(each)),
        lorenz(groups),
        gini(groups),
        theil(groups),
    )


def spreads(
    shared: Sequence[Shared],
    indicators: IndicatorSet,
    results: Mapping[str, Result],
    period: str | None = None,
) -> tuple[Spread, ...]:
    """Everything that is to be fair and was counted."""
    found: list[Spread] = []
    for each in shared:
        if each.indicator not in results:
            continue
        spread = spread_of(indicators.get(each.indicator), each.stratum, results[each.indicator], period)
        if spread is not None:
            even = each.kind == "spread"
            found.append(spread if even else replace(spread, curve=(), gini=None, theil=None))
    return tuple(found)


def _counts(cell: Cell) -> bool:
    known = all(value is not None for _, value in cell.strata)
    return known and not cell.hidden and bool(cell.denominator)


def _group(cell: Cell) -> Group:
    [(_, name)] = cell.strata
    return Group(str(name), Fraction(cell.denominator or 0), Fraction(cell.numerator or 0))
