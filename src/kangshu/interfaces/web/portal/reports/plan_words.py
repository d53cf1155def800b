"""Small phrases of a plan's report, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from kangshu.domains.planning.ledger import Course
from kangshu.domains.planning.monitoring import Standing
from kangshu.domains.planning.plan import Plan
from kangshu.domains.planning.report_row import ReportRow, Status
from kangshu.interfaces.web.portal.reports.document import Cell, Tone, number_cell
from kangshu.interfaces.web.portal.words import Words
from kangshu.kernel.indicators.judge import in_words, limit_of, values_of
from kangshu.kernel.indicators.series import Point

_TONES: Mapping[Status, Tone] = {
    "met": "good",
    "on_course": "good",
    "not_met": "bad",
    "off_course": "bad",
    "unclear": "warn",
    "no_value": "soft",
}
_COURSES: Mapping[Course, Tone] = {
    "done": "good",
    "ahead": "good",
    "in_step": "good",
    "behind": "bad",
    "late": "bad",
    "not_begun": "soft",
    "unknown": "soft",
}


def title_of(plan: Plan, words: Words) -> str:
    """The title of a plan."""
    return plan.title if words.language == "zh" else plan.title_en


def name_of(standing: Standing, words: Words) -> str:
    """What the plan calls a row."""
    return standing.row.named if words.language == "zh" else standing.indicator.title_en


def name_cell(standing: Standing, words: Words) -> Cell:
    """The name of a row with its unit."""
    return Cell(name_of(standing, words), note=standing.indicator.unit)


def status_cell(status: Status, words: Words) -> Cell:
    """How a row stands."""
    return Cell(words.say(f"plan_report.{status}"), tone=_TONES[status])


def course_cell(course: Course, words: Words) -> Cell:
    """How a project stands."""
    return Cell(words.say(f"plan_projects.{course}"), tone=_COURSES[course])


def weight_cell(row: ReportRow, words: Words) -> Cell:
    """Binding or expected."""
    return Cell(words.say(f"plan_report.{row.weight}") if row.weight else "–")


def target_cell(standing: Standing, words: Words) -> Cell:
    """The target as the plan says it; its number is the limit a value is held against."""
    judged = standing.judgement
    if judged is None:
        return Cell("–")
    # The limit stands beside it as a number: the words need not repeat it.
    told = in_words(standing.indicator, judged.target, None)[0 if words.language == "zh" else 1]
    limit = limit_of(standing.indicator, judged.target, values_of(standing.points), judged.period)
    derived = judged.target.base is not None and limit is not None
    return Cell(told, limit, note=f"= {limit:f}" if derived and limit is not None else "")


def value_cell(point: Point | None, words: Words) -> Cell:
    """A value with its period and origin; why there is none."""
    if point is None:
        return Cell("–")
    hidden = point.cell is not None and point.cell.hidden
    note = f"{point.period.label} · {words.say(f'plan.{point.origin}')}"
    if hidden:
        return Cell(words.say("plan_report.hidden"), None, "soft", point.period.label)
    return number_cell(point.value, note=note)


def before_cell(standing: Standing, words: Words) -> Cell:
    """The value that is known before the latest one."""
    told = [each for each in standing.points if each.value is not None]
    return value_cell(told[-2], words) if len(told) > 1 else Cell("–")


def base_cell(row: ReportRow) -> Cell:
    """The value the plan starts from."""
    return number_cell(row.base.value if row.base else None)


def distance_cell(standing: Standing) -> Cell:
    """How far the value is on the wrong side of its limit; 0 where it is on the right one."""
    distance = standing.now.distance if standing.now else None
    if distance is None:
        return Cell("–")
    short = max(distance, Decimal(0))
    return number_cell(short.normalize() if short else Decimal(0), "bad" if short else "")


def trend_cell(standing: Standing, words: Words) -> Cell:
    """Better or worse than the value before."""
    told = words.say(f"plan.{standing.trend}") if standing.trend != "unknown" else "–"
    tone: Mapping[str, Tone] = {"better": "good", "worse": "bad"}
    change = "" if standing.change is None else f"{standing.change:+f}"
    return Cell(told, standing.change, tone.get(standing.trend, ""), change)


def forecast_cell(standing: Standing) -> Cell:
    """What a straight line says of the target's period."""
    ahead = standing.forecast
    if ahead is None or ahead.value is None:
        return Cell("–")
    between = "" if ahead.low is None else f"{ahead.low:f} – {ahead.high:f}"
    return Cell(f"{ahead.value:f}", ahead.value, note=between)


def way_cell(row: ReportRow) -> Cell:
    """How much of the way from base to target lies behind, beside how much of the time."""
    if row.way is None or row.time is None:
        return Cell("–")
    return Cell(f"{row.way:f}%", row.way, note=f"/ {row.time:f}%")
