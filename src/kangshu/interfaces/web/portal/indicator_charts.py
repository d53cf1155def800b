"""The drawings of an indicator: its series, one period by groups, groups side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from kangshu.domains.planning.breakdown import Group
from kangshu.domains.planning.monitoring import Standing
from kangshu.interfaces.web.portal.drawing import BAR, Drawing, drawing, template
from kangshu.interfaces.web.portal.words import Words
from kangshu.kernel.indicators.cell import Cell
from kangshu.kernel.indicators.definition import Indicator
from kangshu.kernel.indicators.judge import with_unit
from kangshu.kernel.indicators.series import Point

NameOf = Callable[[str | None], str]

_LIMIT, _DASHED, _BAR, _AHEAD = 0, 1, 2, 3
"""Layers of `indicator_series`."""
DRAWN = 40
"""Bars of a drawing; the table has the rest."""


def series_drawing(standing: Standing, words: Words) -> Drawing | None:
    """Values, the target of the plan's period, the forecast with its interval; None without a value."""
    told = [each for each in standing.points if each.value is not None]
    if not told:
        return None
    indicator, judgement, ahead = standing.indicator, standing.judgement, standing.forecast
    spec = template("indicator_series")
    spec["data"]["values"] = [_point(indicator, each, words) for each in told]
    last, layers = told[-1], spec["layer"]
    if ahead is not None and ahead.value is not None and last.value is not None:
        target = _value(ahead.period.label, ahead.value) | {
            "said": words.say(
                "cockpit.said_forecast", period=ahead.period.label, value=_said(indicator, ahead.value)
            )
        }
        layers[_DASHED]["data"]["values"] = [_value(last.period.label, last.value), target]
        layers[_AHEAD]["data"]["values"] = [target]
        if ahead.low is not None and ahead.high is not None:
            interval = {"period": ahead.period.label, "low": float(ahead.low), "high": float(ahead.high)}
            layers[_BAR]["data"]["values"] = [interval]
    if judgement is not None and judgement.limit is not None:
        said = words.say("cockpit.said_target", value=_said(indicator, judgement.limit))
        for layer in (layers[_LIMIT], layers[-1]):
            layer["data"]["values"] = [{"limit": float(judgement.limit), "said": said}]
    labels = {each.period.label for each in standing.points} | {
        ahead.period.label if ahead else last.period.label
    }
    spec["encoding"]["x"]["scale"]["domain"] = sorted(labels)
    spec["layer"] = [each for each in layers if each.get("data", {"values": [1]})["values"]]
    title = titled(standing.row.named if words.language == "zh" else indicator.title_en, indicator, words)
    return drawing("series", title, spec, _series_columns(indicator, words), _series_rows(standing, words))


def groups_drawing(
    indicator: Indicator, groups: Sequence[Group], limit: Decimal | None, name_of: NameOf, words: Words
) -> Drawing | None:
    """Bars, best first, with the limit; None where no value may be shown."""
    shown = [each for each in groups if each.cell.value is not None]
    if not shown:
        return None
    spec = template("indicator_groups")
    spec["height"] = BAR * len(shown[:DRAWN])
    spec["data"]["values"] = [
        {
            "name": name_of(each.name),
            "value": float(each.cell.value or 0),
            "label": _plain(each.cell.value),
            "verdict": each.verdict,
            "said": f"{name_of(each.name)} {_said(indicator, each.cell.value)}",
        }
        for each in shown[:DRAWN]
    ]
    if limit is None:
        del spec["layer"][2:]
    else:
        said = words.say("cockpit.said_target", value=_said(indicator, limit))
        for layer in spec["layer"][2:]:
            layer["data"]["values"] = [{"limit": float(limit), "said": said}]
    columns = [words.say(f"cockpit.{key}") for key in ("group", "value", "numerator", "denominator")]
    rows = [[name_of(each.name), *_numbers(each.cell, words)] for each in groups]
    return drawing("groups", titled(words.say("cockpit.groups"), indicator, words), spec, columns, rows)


def compare_drawing(
    indicator: Indicator, lines: Mapping[str, Mapping[str, Cell]], words: Words
) -> Drawing | None:
    """A line for each of some groups over all periods; `lines`: by name, then period."""
    values = [
        {
            "line": name,
            "period": period,
            "value": float(cell.value),
            "said": f"{name} {period} {_said(indicator, cell.value)}",
        }
        for name, cells in lines.items()
        for period, cell in sorted(cells.items())
        if cell.value is not None
    ]
    if not values:
        return None
    spec = template("indicator_compare")
    spec["data"]["values"] = values
    periods = sorted({period for cells in lines.values() for period in cells})
    rows = [
        [period, *(_numbers(cells[period], words)[0] if period in cells else "" for cells in lines.values())]
        for period in periods
    ]
    title = titled(words.say("cockpit.compare"), indicator, words)
    return drawing("compare", title, spec, [words.say("plan.period"), *lines], rows)


def titled(text: str, indicator: Indicator, words: Words) -> str:
    """A title with the unit of what is drawn below it."""
    return text + words.say("cockpit.in_unit", unit=indicator.unit) if indicator.unit else text


def _series_columns(indicator: Indicator, words: Words) -> list[str]:
    value = words.say("cockpit.value")
    unit = f"{value} ({indicator.unit})" if indicator.unit else value
    return [
        words.say("plan.period"),
        unit,
        *(words.say(f"cockpit.{key}") for key in ("numerator", "denominator")),
        words.say("plan.origin"),
    ]


def _series_rows(standing: Standing, words: Words) -> list[list[str]]:
    rows: list[list[str]] = []
    for point in reversed(standing.points):
        numbers = _numbers(point.cell, words) if point.cell else [_plain(point.value), "", ""]
        source = f" · {point.entry.source}；{point.entry.evidence}" if point.entry else ""
        running = "" if point.closed else f" · {words.say('plan.running')}"
        rows.append([point.period.label, *numbers, f"{words.say(f'plan.{point.origin}')}{source}{running}"])
    return rows


def _numbers(cell: Cell, words: Words) -> list[str]:
    if cell.hidden:
        return [words.say("cockpit.hidden"), "", ""]
    return [_plain(cell.value), *(_amount(each) for each in (cell.numerator, cell.denominator))]


def _point(indicator: Indicator, point: Point, words: Words) -> dict[str, Any]:
    said = f"{point.period.label} {_said(indicator, point.value)} {words.say(f'plan.{point.origin}')}"
    return _value(point.period.label, point.value) | {"counted": point.origin == "computed", "said": said}


def _value(period: str, value: Decimal | None) -> dict[str, Any]:
    return {"period": period, "value": None if value is None else float(value)}


def _said(indicator: Indicator, value: Decimal | None) -> str:
    return with_unit(indicator, value)


def _amount(number: Decimal | None) -> str:
    """Without the decimals that adding up gave it."""
    return "" if number is None else f"{number.normalize():f}"


def _plain(value: Decimal | None) -> str:
    return "" if value is None else f"{value:f}"
