"""A trend as a Vega-Lite specification and, drawn on the server, as SVG for pages without scripts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import vl_convert
from markupsafe import Markup

from kangshu.domains.record.trends import Line, Point, Trend
from kangshu.interfaces.web.portal.spelling import number_text, time_text
from kangshu.interfaces.web.portal.words import Words

SHORT = timedelta(days=120)
"""Below this span the axis names days instead of months."""

_LIMITS: dict[str, Any] = {
    "mark": {"type": "rule", "strokeDash": [5, 4], "strokeWidth": 1.25},
    "encoding": {
        "y": {"field": "limit", "type": "quantitative"},
        "color": {"field": "line", "type": "nominal"},
    },
}

_TREND = (Path(__file__).parent / "charts" / "trend.vl.json").read_text("utf-8")


@dataclass(frozen=True, slots=True)
class Chart:
    """`spec` is JSON for the browser, `svg` the same drawing made here."""

    trend: Trend
    spec: Markup
    svg: Markup


def chart(trend: Trend, words: Words) -> Chart:
    """Draw a trend."""
    return Chart(trend, *drawn(_spec(trend, words)))


def drawn(spec: Mapping[str, Any]) -> tuple[Markup, Markup]:
    """A Vega-Lite specification as JSON for the browser, and as SVG, which is remembered by its content."""
    text = json.dumps(spec, ensure_ascii=False, sort_keys=True)
    # Inside <script> only "</" and "<!--" can end the element early.
    return Markup(text.replace("<", "\\u003c")), Markup(_svg(text))  # noqa: S704 own JSON and SVG


@lru_cache(maxsize=512)
def _svg(spec: str) -> str:
    return vl_convert.vegalite_to_svg(spec)


@lru_cache(maxsize=1)
def browser_bundle() -> bytes:
    """Vega, Vega-Lite and Vega-Embed as one script; takes some seconds the first time."""
    return vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;").encode()


def _spec(trend: Trend, words: Words) -> dict[str, Any]:
    spec: dict[str, Any] = json.loads(_TREND)
    spec["data"]["values"] = [
        _row(line, point, trend.unit, words) for line in trend.lines for point in line.points
    ]
    band, limits = _band(trend), _upper_limits(trend)
    if band:
        spec["layer"][0]["data"]["values"] = band
    elif limits:
        spec["layer"][0] = _LIMITS | {"data": {"values": limits}}
    else:
        del spec["layer"][0]
    if _span(trend) < SHORT:
        spec["encoding"]["x"]["axis"] |= {"format": "%m-%d", "tickCount": 4}
    if len(trend.lines) > 1:
        spec["encoding"]["color"]["legend"] = {"title": None}
    return spec


def _row(line: Line, point: Point, unit: str, words: Words) -> dict[str, Any]:
    when = time_text(point.when, words)
    mark = words.say(f"mark.{point.mark}") if point.mark else ""
    return {
        "when": point.when.at.isoformat(),
        "value": float(point.value),
        "line": line.name,
        "marked": bool(point.mark),
        "said": " ".join(part for part in (when, number_text(point.value), unit, mark) if part),
    }


def _span(trend: Trend) -> timedelta:
    times = [point.when.at for line in trend.lines for point in line.points]
    return max(times) - min(times)


def _band(trend: Trend) -> list[dict[str, float]]:
    if len(trend.lines) != 1:
        return []
    line = next(iter(trend.lines))
    low, high = line.limits
    values = [point.value for point in line.points]
    if low is None and high is None:
        return []
    bottom = low if low is not None else min(values)
    top = high if high is not None else max(values)
    return [{"low": float(bottom), "high": float(top)}] if top > bottom else []


def _upper_limits(trend: Trend) -> list[dict[str, object]]:
    """Of several lines the upper limits only: two ranges, as of a blood pressure, overlap into mud."""
    if len(trend.lines) == 1:
        return []
    highs = ((line.name, line.limits[1]) for line in trend.lines)
    return [{"line": name, "limit": float(high)} for name, high in highs if high is not None]
