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
    place = _place(index)
    if kind(node.this) in TEXTS:
        return call("SUBSTRING", node.this, place, number(1))
    return call("TRY_ELEMENT_AT", node.this, place)


def _place(index: exp.Expr) -> exp.Expr:
    """Where to look. The parser has counted from 0, but only what is written as a number."""
    if isinstance(index, exp.Literal):
        return number(int(index.name) + 1)
    if isinstance(index, exp.Neg) and isinstance(index.this, exp.Literal):
        return exp.Neg(this=number(int(index.this.name) - 1))
    return index


def _length(node: exp.Expr) -> exp.Expr | None:
    return call("SIZE", node.this) if kind(node.this) in LISTS else None


def _contains(node: exp.Expr) -> exp.Expr:
    """A list with a NULL in it does not contain what is not there."""
    found = call("COALESCE", call("ARRAY_CONTAINS", node.this, node.expression), exp.false())
    missing = exp.or_(is_null(node.this.copy()), is_null(node.expression.copy()))
    return when(missing, exp.Null(), found)


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


def _gathered(node: exp.Expr) -> exp.Expr:
    """A list of all, also of what is NULL; NULL where there is nothing."""
    inner = node.this
    if isinstance(inner, exp.Distinct):
        raise NotSupported(
            "A list of distinct values is in any order.", remedy="Use list_sort(list_distinct(…))."
        )
    keys = []
    if isinstance(inner, exp.Order):
        keys, inner = inner.expressions, inner.this
        if any(each.args.get("desc") for each in keys):
            raise NotSupported("A list ordered downwards is not known on Spark.", remedy="Order it upwards.")
    named = [exp.alias_(each.this.copy(), f"k{place}") for place, each in enumerate(keys)]
    rows = call("COLLECT_LIST", done(exp.Struct(expressions=[*named, exp.alias_(inner, "v")])))
    rows = call("ARRAY_SORT", rows) if keys else rows
    one = exp.Lambda(
        this=exp.Dot(this=exp.to_identifier("r"), expression=exp.to_identifier("v")),
        expressions=[exp.to_identifier("r")],
    )
    return call("NULLIF", call("TRANSFORM", rows, one), call("ARRAY"))


def _at_most(node: exp.Expr) -> exp.Expr:
    """`arg_max` passes over rows whose value is NULL; Spark gives that NULL."""
    name = "MAX_BY" if isinstance(node, exp.ArgMax) else "MIN_BY"
    if node.args.get("count") is not None:
        raise NotSupported("arg_max of several is not known on Spark.")
    found, known = call(name, node.this, node.expression), exp.Not(this=is_null(node.this.copy()))
    around = node.parent
    if isinstance(around, exp.Filter):
        around.set("expression", exp.Where(this=exp.and_(around.expression.this.copy(), known)))
        return found
    return done(exp.Filter(this=found, expression=exp.Where(this=known)))


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
    exp.ArrayAgg: _gathered,
    exp.ArgMax: _at_most,
    exp.ArgMin: _at_most,
    exp.ArraySort: _sorted,
    exp.ArrayDistinct: _distinct,
}
