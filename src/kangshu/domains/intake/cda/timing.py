"""When and how often: values of CDA that are times."""

from __future__ import annotations

from kangshu.domains.intake.cda import quantities, times
from kangshu.domains.intake.cda.context import Context, Json, Typed, is_text, typed
from kangshu.domains.intake.cda.xml import TYPE, Element


def to_date_time(context: Context, node: Element, _: str) -> Typed | None:
    found = times.date_time(node, context.zone) if is_text(node) else times.beginning(node, context.zone)
    return typed("DateTime", found)


def to_date(_context: Context, node: Element, _: str) -> Typed | None:
    return typed("Date", times.day(node if is_text(node) else node.get("value")))


def to_instant(context: Context, node: Element, _: str) -> Typed | None:
    return typed("Instant", times.instant(node if is_text(node) else node.get("value"), context.zone))


def to_period(context: Context, node: Element, _: str) -> Typed | None:
    found = times.period(node, context.zone)
    if found is None:
        point = times.date_time(node.get("value"), context.zone)
        found = {"start": point, "end": point} if point else None
    return typed("Period", found)


def to_time(context: Context, node: Element, _: str) -> Typed | None:
    return times.point_or_period(node, context.zone)


def to_timing(context: Context, node: Element, _: str) -> Typed | None:
    """How often, from PIVL_TS and EIVL_TS: `repeat` of a Timing."""
    kind = (node.get(TYPE) or "").rpartition(":")[2]
    repeat: Json = {}
    event = node.find("event")
    if kind == "EIVL_TS" or event is not None:
        code = None if event is None else (event.get("code") or "").strip()
        found = context.tables.codes.get("event_timing", {}).get(code or "")
        return ("Timing", {"repeat": {"when": [found.code]}}) if found else None
    period = node.find("period")
    if period is None:
        return None
    amounts = period if period.get("value") else period.find("low")
    value = None if amounts is None else quantities.number(amounts.get("value"))
    unit = None if amounts is None else context.uses("time_unit").get(amounts.get("unit") or "")
    if value is None or unit is None:
        return None
    repeat = {"frequency": 1, "period": value, "periodUnit": unit}
    high = period.find("high")
    most = None if high is None else quantities.number(high.get("value"))
    return "Timing", {"repeat": repeat | ({"periodMax": most} if most is not None else {})}
