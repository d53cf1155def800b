"""The course of scores as a chart: a line for each feed, for what came by one says nothing of another."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from markupsafe import Markup

from kangshu.app.platform import Platform
from kangshu.domains.quality.scores import Score, courses
from kangshu.domains.quality.scoring import Scoring
from kangshu.interfaces.web.portal.chart import drawn
from kangshu.interfaces.web.portal.page import Call
from kangshu.interfaces.web.portal.quality_names import feed_title

_CHART = (Path(__file__).parent / "charts" / "quality.vl.json").read_text("utf-8")


@dataclass(frozen=True, slots=True)
class Point:
    """A score of a line on a day."""

    line: str
    day: date
    value: Decimal


@dataclass(frozen=True, slots=True)
class QualityChart:
    """`spec` is JSON for the browser, `svg` the same drawing made here, `points` the table behind it."""

    spec: Markup
    svg: Markup
    points: tuple[Point, ...]


def lines_of(
    platform: Platform, call: Call, scores: Sequence[Score], scoring: Scoring
) -> dict[str, Sequence[tuple[date, Decimal]]]:
    """By feed, for what came by one says nothing of what came by another."""
    return {feed_title(platform, call, feed): line for feed, line in courses(scores, scoring).items()}


def drawing_of(lines: Mapping[str, Sequence[tuple[date, Decimal]]]) -> QualityChart | None:
    points = tuple(Point(line, day, value) for line, found in lines.items() for day, value in found)
    if not points:
        return None
    spec: dict[str, Any] = json.loads(_CHART)
    spec["data"]["values"] = [
        {
            "when": point.day.isoformat(),
            "value": round(float(point.value), 2),
            "line": point.line,
            "said": f"{point.line} {point.day.isoformat()} {point.value:.1f}",
        }
        for point in points
    ]
    return QualityChart(*drawn(spec), points)
