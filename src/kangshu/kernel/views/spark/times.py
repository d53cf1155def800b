"""Days and times: where Spark reads, counts or types them otherwise than DuckDB."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlglot import exp

from kangshu.kernel.base.errors import NotSupported
from kangshu.kernel.views.spark.nodes import (
    TEXTS,
    call,
    cast,
    done,
    is_date,
    is_null,
    kind,
    number,
    text,
    try_cast,
    unit_of,
    when,
)
from kangshu.kernel.views.spark.written import day_or_time, in_form

Repair = Callable[[exp.Expr], exp.Expr | None]

_TYPES = exp.DType
_ZONED = (_TYPES.TIMESTAMPTZ, _TYPES.TIMESTAMPLTZ)
_INTERVAL = "MAKE_INTERVAL"
_PARTS = frozenset({"YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE"})


def _cast(node: exp.Expr) -> exp.Expr | None:
    """A text that is no full day is no day, and a time with a zone is not one without."""
    to = node.args["to"].this
    name = {_TYPES.DATE: "DATE", _TYPES.TIMESTAMP: "TIMESTAMP_NTZ", _TYPES.TIMESTAMPNTZ: "TIMESTAMP_NTZ"}.get(
        to
    )
    name = "TIMESTAMP_LTZ" if to in _ZONED else name
    if name is None:
        return None
    if not isinstance(node, exp.TryCast):
        return cast(node.this, name)
    if kind(node.this) is not None and kind(node.this) not in TEXTS:
        return try_cast(node.this, name)
    return day_or_time(node.this, name)


def _difference(node: exp.Expr) -> exp.Expr:
    """How many borders of the unit lie between two times, but full weeks; Spark counts full units."""
    start, end, unit = node.expression, node.this, unit_of(node.args["unit"])
    if unit in ("YEAR", "YEARS"):
        return _less(call("YEAR", end), call("YEAR", start))
    if unit in ("MONTH", "MONTHS", "QUARTER", "QUARTERS"):
        name, each = ("MONTH", 12) if unit.startswith("MONTH") else ("QUARTER", 4)
        return _less(_counted(end, name, each), _counted(start, name, each))
    if unit in ("DAY", "DAYS"):
        return cast(call("DATEDIFF", cast(end, "DATE"), cast(start, "DATE")), "BIGINT")
    if unit in ("WEEK", "WEEKS"):
        days = call("DATEDIFF", cast(end, "DATE"), cast(start, "DATE"))
        return cast(done(exp.IntDiv(this=days, expression=number(7))), "BIGINT")
    if unit.rstrip("S") in ("HOUR", "MINUTE", "SECOND"):
        name = unit.rstrip("S")
        ends = [call("DATE_TRUNC", text(name), cast(each, "TIMESTAMP_NTZ")) for each in (start, end)]
        return call("TIMESTAMPDIFF", exp.var(name), *ends)
    raise NotSupported(
        f"date_diff of {unit.lower()} is not known on Spark.", remedy="Use day, or a larger unit."
    )


def _counted(day: exp.Expr, name: str, each: int) -> exp.Expr:
    years = exp.Mul(this=call("YEAR", day), expression=number(each))
    return exp.paren(exp.Add(this=years, expression=call(name, day.copy())))


def _less(end: exp.Expr, start: exp.Expr) -> exp.Expr:
    return cast(exp.Sub(this=end, expression=start), "BIGINT")


def _elapsed(node: exp.Expr) -> exp.Expr:
    """`date_sub`: full units. The last day of a month ends one that began on a later day of its month."""
    unit, start, end = unit_of(node.expressions[0]).rstrip("S"), *node.expressions[1:]
    if unit == "DAY" and is_date(start) and is_date(end):
        return cast(call("DATEDIFF", end, start), "BIGINT")
    if unit not in ("YEAR", "MONTH"):
        raise NotSupported(f"date_sub of {unit.lower()} is not known on Spark.", remedy="Use date_diff.")
    low, high = call("LEAST", start, end), call("GREATEST", start.copy(), end.copy())
    borders = exp.Sub(this=_counted(high, "MONTH", 12), expression=_counted(low, "MONTH", 12))
    reached = exp.Add(this=low.copy(), expression=call("MAKE_YM_INTERVAL", number(0), borders.copy()))
    beyond = when(exp.GT(this=reached, expression=high.copy()), number(1), number(0))
    full = exp.paren(exp.Sub(this=borders, expression=beyond))
    full = done(exp.IntDiv(this=full, expression=number(12))) if unit == "YEAR" else full
    backwards = exp.GT(this=start.copy(), expression=end.copy())
    signed = when(backwards, exp.Neg(this=exp.paren(full)), full.copy())
    nothing = exp.or_(is_null(start.copy()), is_null(end.copy()))
    return cast(when(nothing, exp.Null(), signed), "BIGINT")


def _begin(node: exp.Expr) -> exp.Expr:
    """The begin of a unit is a time without a zone."""
    unit = unit_of(node.args["unit"])
    return cast(call("DATE_TRUNC", text(unit), cast(node.this, "TIMESTAMP_NTZ")), "TIMESTAMP_NTZ")


def _sum(node: exp.Expr) -> exp.Expr | None:
    """A day and an interval are a time; two days apart are a number."""
    left, right = node.this, node.expression
    if is_date(left) and is_date(right):
        return cast(call("DATEDIFF", left, right), "BIGINT")
    if is_date(left) and (isinstance(right, exp.Interval) or right.name == _INTERVAL):
        return done(type(node)(this=cast(left, "TIMESTAMP_NTZ"), expression=right))
    return None


def _hours(node: exp.Expr) -> exp.Expr:
    of = {"to_days": 2, "to_hours": 3, "to_minutes": 4}
    name = node.name.lower() if isinstance(node, exp.Anonymous) else "to_days"
    argument = node.expressions[0] if isinstance(node, exp.Anonymous) else node.this
    return call(_INTERVAL, *(number(0) for _ in range(1 + of[name])), argument)


def _zone(node: exp.Expr) -> exp.Expr:
    """A moment on the clock of a place, or the moment when a clock shows that."""
    zone, utc = node.args["zone"], text("UTC")
    if kind(node.this) in _ZONED:
        return call("CONVERT_TIMEZONE", utc, zone, cast(node.this, "TIMESTAMP_NTZ"))
    # What a clock shows twice, when it is set back, is the later of both: Spark takes the earlier.
    hour = exp.Interval(this=text("1"), unit=exp.var("HOUR"))
    shown = cast(node.this, "TIMESTAMP_NTZ")
    after = call("CONVERT_TIMEZONE", zone.copy(), utc.copy(), exp.Add(this=shown.copy(), expression=hour))
    later = exp.Sub(this=after, expression=hour.copy())
    moment = call("GREATEST", call("CONVERT_TIMEZONE", zone, utc, shown), later)
    return cast(moment, "TIMESTAMP_LTZ")


def _seconds(node: exp.Expr) -> exp.Expr:
    micros = call("UNIX_MICROS", cast(node.this, "TIMESTAMP_LTZ"))
    return done(exp.Div(this=cast(micros, "DOUBLE"), expression=exp.Literal.number("1e6"), typed=True))


def _weekday(node: exp.Expr) -> exp.Expr:
    """Sunday is 0."""
    return exp.paren(exp.Sub(this=call("DAYOFWEEK", node.this), expression=number(1)))


def _monday(node: exp.Expr) -> exp.Expr:
    """Monday is 1."""
    return exp.paren(exp.Add(this=call("WEEKDAY", node.this), expression=number(1)))


def _week(node: exp.Expr) -> exp.Expr:
    return call("WEEKOFYEAR", node.this)


def _part(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.Extract):
        name, of = node.this.name.upper(), node.expression
    else:
        name, of = unit_of(node.expressions[0]), node.expressions[1]
    if name not in _PARTS:
        raise NotSupported(
            f"The part {name.lower()} of a day is not known on Spark.",
            remedy="Use year, quarter, month, day.",
        )
    return cast(call("DATE_PART", text(name), of), "BIGINT")


def _parsed(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.Anonymous):
        return in_form(node.expressions[0], node.expressions[1].name, or_null=True)
    return in_form(node.this, node.args["format"].name, or_null=False)


TIMES: Mapping[type[exp.Expr], Repair] = {
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.DateDiff: _difference,
    exp.TimestampTrunc: _begin,
    exp.DateTrunc: _begin,
    exp.Add: _sum,
    exp.Sub: _sum,
    exp.AtTimeZone: _zone,
    exp.TimeToUnix: _seconds,
    exp.DayOfWeek: _weekday,
    exp.DayOfWeekIso: _monday,
    exp.Week: _week,
    exp.Extract: _part,
    exp.StrToTime: _parsed,
    exp.ToDays: _hours,
}
TIMES_BY_NAME: Mapping[str, Repair] = {
    "date_sub": _elapsed,
    "datesub": _elapsed,
    "date_part": _part,
    "datepart": _part,
    "try_strptime": _parsed,
    "to_hours": _hours,
    "to_minutes": _hours,
}
