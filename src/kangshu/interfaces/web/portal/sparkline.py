"""A small drawing of a measurement over time, as coordinates for an SVG of the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from kangshu.domains.record.trends import Line, Point, Trend

WIDTH, HEIGHT, MARGIN = 240, 56, 5


@dataclass(frozen=True, slots=True)
class Dot:
    """One value: where it lies in the drawing, and whether it is out of range."""

    x: float
    y: float
    marked: bool


@dataclass(frozen=True, slots=True)
class Sparkline:
    """paths: one `points` attribute per line; band: (y, height) of the reference range, if any."""

    paths: tuple[str, ...]
    dots: tuple[Dot, ...]
    band: tuple[float, float] | None


def sparkline(trend: Trend) -> Sparkline:
    """Draw all lines of a trend; a single value becomes a dot in the middle."""
    points = [point for line in trend.lines for point in line.points]
    limits = [limit for line in trend.lines[:1] for limit in line.limits if limit is not None]
    low, high = _room([point.value for point in points], limits)
    begun = min(point.when.at for point in points)
    span = (max(point.when.at for point in points) - begun).total_seconds()

    def place(point: Point) -> tuple[float, float]:
        share = (point.when.at - begun).total_seconds() / span if span else 0.5
        return round(MARGIN + share * (WIDTH - 2 * MARGIN), 1), _height(point.value, low, high)

    placed = [[(*place(p), bool(p.mark)) for p in line.points] for line in trend.lines]
    return Sparkline(
        paths=tuple(" ".join(f"{x},{y}" for x, y, _ in line) for line in placed),
        dots=tuple(Dot(x, y, marked) for line in placed for x, y, marked in (line[-1:] or line)),
        band=_band(trend.lines[0], low, high) if len(trend.lines) == 1 else None,
    )


def _room(values: Sequence[Decimal], limits: Sequence[Decimal]) -> tuple[Decimal, Decimal]:
    low, high = min([*values, *limits]), max([*values, *limits])
    return (low, high) if high > low else (low - 1, high + 1)


def _height(value: Decimal, low: Decimal, high: Decimal) -> float:
    share = float((value - low) / (high - low))
    return round(HEIGHT - MARGIN - share * (HEIGHT - 2 * MARGIN), 1)


def _band(line: Line, low: Decimal, high: Decimal) -> tuple[float, float] | None:
    below, above = line.limits
    if below is None and above is None:
        return None
    top = _height(above, low, high) if above is not None else 0.0
    bottom = _height(below, low, high) if below is not None else float(HEIGHT)
    return round(top, 1), round(bottom - top, 1)
