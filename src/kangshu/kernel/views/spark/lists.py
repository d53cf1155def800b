"""Lists and structures: counted from 1, empty where Spark says NULL, and the other way round."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlglot import exp

from kangshu.kernel.base.errors import NotSupported
from kangshu.kernel.views.spark.nodes import (
    LISTS,
    TEXTS,
    call,
    cast,
    done,
    is_null,
    kind,
    number,
    text,
    unit_of,
    when,
)

Repair = Callable[[exp.Expr], exp.Expr | None]


def _element(node: exp.Expr) -> exp.Expr:
    """The first is 1, and where there is none there is NULL. A text has characters."""
    index = node.expressions[0]
    if index.is_string:
        return done(exp.Dot(this=node.this, expression=exp.to_identifier(str(index.name))))
    if isinstance(index, exp.Slice):
        raise NotSupported("A part of a list is not known on Spark.", remedy="Use list_filter, or substr.")
    if kind(node.this) in TEXTS:
        whole = cast(index, "INT")
        one = when(exp.EQ(this=whole.copy(), expression=number(0)), number(0), number(1))
        return call("SUBSTRING", node.this, whole, one)
    if isinstance(index, exp.Literal) and index.name != "0":
        return call("TRY_ELEMENT_AT", node.this, index)
    return call("TRY_ELEMENT_AT", node.this, call("NULLIF", cast(index, "INT"), number(0)))


def _length(node: exp.Expr) -> exp.Expr | None:
    return call("SIZE", node.this) if kind(node.this) in LISTS else None


def _contains(node: exp.Expr) -> exp.Expr:
    """A list with a NULL in it does not contain what is not there."""
    empty = exp.EQ(this=call("SIZE", node.this.copy()), expression=number(0))
    if isinstance(node.expression, exp.Null):
        return when(empty, exp.false(), cast(exp.Null(), "BOOLEAN"))
    found = call("COALESCE", call("ARRAY_CONTAINS", node.this, node.expression), exp.false())
    missing = exp.or_(is_null(node.this.copy()), is_null(node.expression.copy()))
    return when(empty, exp.false(), when(missing, exp.Null(), found))


def _series(node: exp.Expr) -> exp.Expr:
    """From more to less there is nothing; Spark would count down."""
    start, end, step = (node.args.get(name) for name in ("start", "end", "step"))
    assert isinstance(start, exp.Expr)
    assert isinstance(end, exp.Expr)
    if isinstance(step, exp.Interval):
        return _days(start, end, step, exclusive=bool(node.args.get("is_end_exclusive")))
    if step is not None and not (isinstance(step, exp.Literal) and int(step.name) > 0):
        raise NotSupported(
            "A series that counts down is not known on Spark.", remedy="Count up, and order it."
        )
    if node.args.get("is_end_exclusive"):
        end = exp.Sub(this=exp.paren(end), expression=number(1))
    return _upwards(start, end, *([step] if step is not None else []))


def _days(start: exp.Expr, end: exp.Expr, step: exp.Interval, *, exclusive: bool) -> exp.Expr:
    """DuckDB goes on from the day it has reached, Spark counts from the first: after 29 February?"""
    if exclusive:
        raise NotSupported("range over days is not known on Spark.", remedy="Use generate_series.")
    start, end = (cast(each, "TIMESTAMP_NTZ") for each in (start, end))
    unit = unit_of(step.args["unit"]).rstrip("S")
    late = exp.GT(this=call("DAY", start.copy()), expression=number(28))
    if unit == "YEAR":
        late = exp.EQ(this=call("DATE_FORMAT", start.copy(), text("MMdd")), expression=text("0229"))
    if unit in ("DAY", "WEEK", "HOUR"):
        return _upwards(start, end, step)
    told = f"A series of days by {unit.lower()} that begins after the 28th is not known on Spark."
    return when(late, call("RAISE_ERROR", text(told)), _upwards(start.copy(), end, step))


def _upwards(start: exp.Expr, end: exp.Expr, *step: exp.Expr) -> exp.Expr:
    down = exp.GT(this=exp.paren(start.copy()), expression=exp.paren(end.copy()))
    return when(down, call("ARRAY"), call("SEQUENCE", start, end, *step))


def _distinct(node: exp.Expr) -> exp.Expr:
    """Without what is NULL."""
    return call("ARRAY_COMPACT", call("ARRAY_DISTINCT", node.this))


def _sorted(node: exp.Expr) -> exp.Expr:
    """Upwards, and what is NULL last."""
    return call("ARRAY_SORT", node.this)


LIST_REPAIRS: Mapping[type[exp.Expr], Repair] = {
    exp.Bracket: _element,
    exp.Length: _length,
    exp.ArrayContains: _contains,
    exp.GenerateSeries: _series,
    exp.ArraySort: _sorted,
    exp.ArrayDistinct: _distinct,
}
