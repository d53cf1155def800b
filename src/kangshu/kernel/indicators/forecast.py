"""Will the target be reached? A straight line through the values, and how sure it is.

Least squares over the periods; the interval is that of a single new value (not of the mean), by Student's t
with n - 2 degrees of freedom. It supposes that things go on as they went and that deviations are independent
and alike: for a handful of yearly values it is a help for the eye, no promise. With two values there is a
line and no interval, with one there is neither.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from kangshu.kernel.indicators.cell import rounded
from kangshu.kernel.indicators.definition import Indicator
from kangshu.kernel.indicators.judge import Judgement, Values, satisfies, test_of, with_unit
from kangshu.kernel.indicators.period import Period

Reach = Literal["likely", "unlikely", "uncertain", "unknown"]

LEVEL = 0.8
"""How often the interval holds what comes: four of five times."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the line says of a period. `low` and `high` are None where there is no interval.

    reach      likely: the whole interval meets the target; unlikely: none of it does; uncertain: part of it,
               or there is no interval; unknown: there is no line or no limit
    """

    period: Period
    value: Decimal | None
    low: Decimal | None
    high: Decimal | None
    points: int
    reach: Reach
    sentence: str
    sentence_en: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line through points; `spread`: the standard deviation around it, None for two points."""

    slope: float
    mean_x: float
    mean_y: float
    squares: float
    count: int
    spread: float | None

    def at(self, x: float) -> float:
        """The value of the line."""
        return self.mean_y + self.slope * (x - self.mean_x)

    def margin(self, x: float, level: float) -> float | None:
        """Half the width of the interval for a new value."""
        if self.spread is None:
            return None
        wide = math.sqrt(1 + 1 / self.count + (x - self.mean_x) ** 2 / self.squares)
        return student_t(0.5 + level / 2, self.count - 2) * self.spread * wide


def forecast(indicator: Indicator, values: Values, judgement: Judgement, *, level: float = LEVEL) -> Forecast:
    """What the target's period will bring, from the values before it, against the limit of that period.

    `judgement`: of the target in its own period.
    """
    period = judgement.target.period
    known = sorted(each for each in values if each <= period)
    line = fit([(each.number, float(values[each])) for each in known])
    if line is None:
        return Forecast(
            period,
            None,
            None,
            None,
            len(known),
            "unknown",
            f"只有 {len(known)} 个数值，看不出趋势。",
            f"{len(known)} value: no trend.",
        )
    middle, margin = line.at(period.number), line.margin(period.number, level)
    value = _rounded(indicator, middle)
    low, high = (
        (None, None)
        if margin is None
        else (_rounded(indicator, middle - margin), _rounded(indicator, middle + margin))
    )
    reach = _reach(indicator, judgement, value, low, high)
    told = f"按现有 {len(known)} 个数值的直线趋势，{period.label} 为 {with_unit(indicator, value)}"
    told_en = f"By a straight line through {len(known)} values, {value} {indicator.unit} in {period.label}"
    between = f"（{low} 至 {high}，{level:.0%} 区间）" if low is not None else "，两个数值无法给出区间"
    between_en = f" ({low} to {high}, {level:.0%} interval)" if low is not None else ", without an interval"
    zh = {
        "likely": "预计可达到",
        "unlikely": "预计达不到",
        "uncertain": "能否达到不确定",
        "unknown": "无可比目标",
    }[reach]
    en = {
        "likely": "likely reached",
        "unlikely": "unlikely",
        "uncertain": "uncertain",
        "unknown": "no limit to compare",
    }
    return Forecast(
        period,
        value,
        low,
        high,
        len(known),
        reach,
        f"{told}{between}：{zh}。",
        f"{told_en}{between_en}: {en[reach]}.",
    )


def fit(points: Sequence[tuple[float, float]]) -> Line | None:
    """The line of least squares; None for fewer than two points."""
    count = len(points)
    if count < 2:
        return None
    mean_x, mean_y = (math.fsum(each[n] for each in points) / count for n in (0, 1))
    squares = math.fsum((x - mean_x) ** 2 for x, _ in points)
    slope = math.fsum((x - mean_x) * (y - mean_y) for x, y in points) / squares
    line = Line(slope, mean_x, mean_y, squares, count, None)
    if count == 2:
        return line
    left = math.fsum((y - line.at(x)) ** 2 for x, y in points)
    return Line(slope, mean_x, mean_y, squares, count, math.sqrt(left / (count - 2)))


def student_t(share: float, freedom: int) -> float:
    """The quantile of Student's t, by halving; `share` from 0.5 on."""
    low, high = 0.0, 1.0
    while _below(high, freedom) < share:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if _below(middle, freedom) < share else (low, middle)
    return (low + high) / 2


def _below(t: float, freedom: int) -> float:
    """The distribution function for t ≥ 0, exact for whole degrees (Abramowitz and Stegun 26.7.3, 26.7.4)."""
    angle = math.atan(t / math.sqrt(freedom))
    cosine = math.cos(angle)
    term = cosine if freedom % 2 else 1.0
    total = 0.0
    for step in range(freedom % 2, freedom - 1, 2):
        total += term
        term *= cosine**2 * (step + 1) / (step + 2)
    inside = math.sin(angle) * total
    both = (angle + inside) * 2 / math.pi if freedom % 2 else inside
    return 0.5 + both / 2


def _rounded(indicator: Indicator, number: float) -> Decimal:
    found = rounded(Fraction(number), indicator.decimals)
    if indicator.lowest is not None:
        found = max(found, indicator.lowest)
    return found if indicator.highest is None else min(found, indicator.highest)


def _reach(
    indicator: Indicator, judgement: Judgement, value: Decimal, low: Decimal | None, high: Decimal | None
) -> Reach:
    target, limit = judgement.target, judgement.limit
    if limit is None:
        return "unknown"
    if low is None or high is None:
        return "uncertain"
    test = test_of(indicator, target)
    meets = [satisfies(test, each, limit, target.tolerance) for each in (low, value, high)]
    if all(meets):
        return "likely"
    if not any(meets) and (test != "±" or (low - limit) * (high - limit) > 0):
        return "unlikely"
    return "uncertain"
