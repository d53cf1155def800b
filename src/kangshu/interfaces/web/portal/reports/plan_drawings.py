"""The charts of a plan's report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kangshu.domains.planning.report import Report
from kangshu.domains.planning.report_row import STATUSES
from kangshu.interfaces.web.portal.reports.document import Drawing
from kangshu.interfaces.web.portal.reports.plan_words import name_of
from kangshu.interfaces.web.portal.words import Words

_CHARTS = Path(__file__).parents[1] / "charts"
_TALLY, _WAY = ((_CHARTS / f"plan_{name}.vl.json").read_text("utf-8") for name in ("tally", "way"))

COLOURS = {
    "met": "#0b6b63",
    "on_course": "#7fb8b0",
    "not_met": "#b3261e",
    "off_course": "#e39a93",
    "unclear": "#e0a13a",
    "no_value": "#c9d3d0",
}
_FURTHEST = 150
"""Per cent of the way at which a bar ends: one that is far beyond would press the others flat."""


def tally_drawing(report: Report, words: Words) -> Drawing:
    """How many rows of each category have which status."""
    used = [name for name in STATUSES if any(each.status == name for each in report.rows)]
    spec: dict[str, Any] = json.loads(_TALLY)
    spec["data"]["values"] = [
        {
            "category": category.name,
            "status": words.say(f"plan_report.{name}"),
            "rows": sum(each.status == name for each in category.rows),
            "place": place,
        }
        for category in report.categories
        for place, name in enumerate(used)
    ]
    scale = spec["encoding"]["color"]["scale"]
    scale["domain"] = [words.say(f"plan_report.{name}") for name in used]
    scale["range"] = [COLOURS[name] for name in used]
    spec["encoding"]["y"]["sort"] = [each.name for each in report.categories]
    return Drawing(words.say("plan_report.tally_drawing"), spec)


def way_drawing(report: Report, words: Words) -> Drawing | None:
    """How far each row has come from base to target, beside the time; None where no row has such a way."""
    rows = [each for each in report.rows if each.way is not None and each.time is not None]
    if report.kind == "final" or not rows:
        return None
    spec: dict[str, Any] = json.loads(_WAY)
    spec["data"]["values"] = [
        {
            "name": f"{each.standing.row.no} {name_of(each.standing, words)}"[:22],
            "way": max(min(float(each.way or 0), _FURTHEST), -_FURTHEST),
            "time": float(each.time or 0),
            "colour": COLOURS[each.status],
            "order": number,
        }
        for number, each in enumerate(rows)
    ]
    return Drawing(words.say("plan_report.way_drawing"), spec)
