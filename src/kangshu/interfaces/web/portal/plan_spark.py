"""The small drawing of an indicator: its values in even steps, the side of the target shaded."""

from __future__ import annotations

from decimal import Decimal

from kangshu.domains.planning.monitoring import Standing
from kangshu.interfaces.web.portal.sparkline import HEIGHT, MARGIN, WIDTH, Dot, Sparkline
from kangshu.interfaces.web.portal.standing_words import State
from kangshu.kernel.indicators.judge import test_of


def plan_spark(standing: Standing, state: State) -> Sparkline | None:
    """None where there are not two values to draw a line through. The last is marked where it falls short."""
    told = [(each.period, each.value) for each in standing.points if each.value is not None]
    if len(told) < 2:
        return None
    limit = standing.judgement.limit if standing.judgement else None
    numbers = [value for _, value in told] + ([limit] if limit is not None else [])
    low, high = min(numbers), max(numbers)
    first, steps = told[0][0].number, max(1, told[-1][0].number - told[0][0].number)
    placed = [
        (round(MARGIN + (period.number - first) / steps * (WIDTH - 2 * MARGIN), 1), _height(value, low, high))
        for period, value in told
    ]
    return Sparkline(
        paths=(" ".join(f"{x},{y}" for x, y in placed),),
        dots=(Dot(*placed[-1], state == "not_met"),),
        band=_band(standing, limit, low, high),
    )


def _height(value: Decimal, low: Decimal, high: Decimal) -> float:
    share = float((value - low) / (high - low)) if high > low else 0.5
    return round(HEIGHT - MARGIN - share * (HEIGHT - 2 * MARGIN), 1)


def _band(
    standing: Standing, limit: Decimal | None, low: Decimal, high: Decimal
) -> tuple[float, float] | None:
    if limit is None or standing.judgement is None:
        return None
    test, edge = test_of(standing.indicator, standing.judgement.target), _height(limit, low, high)
    if test in ("≥", ">"):
        return 0.0, edge
    return (edge, round(HEIGHT - edge, 1)) if test in ("≤", "<") else None
