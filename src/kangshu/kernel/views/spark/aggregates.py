"""What is made of many rows: sums, lists, the latest of something. NULL is in another place on Spark."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlglot import exp

from kangshu.kernel.base.errors import NotSupported
from kangshu.kernel.views.spark.nodes import (
    FLOATS,
    WHOLES,
    call,
    cast,
    done,
    is_decimal,
    is_null,
    kind,
    named_once,
    number,
    text,
    when,
)

Repair = Callable[[exp.Expr], exp.Expr | None]

_INSIDE = "inside"
"""Marks the aggregate in what a repair has built around it: FILTER and OVER belong to that."""


def _sum(node: exp.Expr) -> exp.Expr | None:
    """DuckDB adds up what is true as 1."""
    if kind(node.this) != exp.DType.BOOLEAN:
        return None
    return done(exp.Sum(this=cast(node.this, "INT")))


def _count_if(node: exp.Expr) -> exp.Expr:
    """NULL, not 0, where nothing is known."""
    return done(exp.Sum(this=cast(node.this, "INT")))


def _mean(node: exp.Expr) -> exp.Expr | None:
    """DuckDB adds up exactly and divides once; Spark's mean of decimals is a decimal."""
    if kind(node.this) in FLOATS:
        return None
    return done(exp.Avg(this=cast(node.this, "DOUBLE")))


def _percentile(node: exp.Expr) -> exp.Expr:
    """Between two values on a straight line. Of decimals again a decimal, cut off after its places."""
    rank = node.args.get("expression") or exp.Literal.number("0.5")
    if not is_decimal(node.this):
        if kind(node.this) not in {None, *WHOLES, *FLOATS}:
            raise NotSupported("A median of what is no number is not known on Spark.", remedy="Use epoch.")
        return call("PERCENTILE", cast(node.this, "DOUBLE"), rank)
    heads = node.this.type.expressions
    power = number(10 ** (int(heads[1].name) if len(heads) > 1 else 0))
    units = cast(exp.Mul(this=_operand(node.this), expression=power), "DOUBLE")
    values = call("ARRAY_SORT", _inside(call("COLLECT_LIST", units)))
    whole = cast(
        cast(named_once(values, "_sorted", lambda all_: _between(all_, rank)), "BIGINT"), "DECIMAL(38, 0)"
    )
    return cast(exp.Div(this=whole, expression=power.copy(), typed=True), node.this.type.sql("spark"))


def _between(values: exp.Expr, rank: exp.Expr) -> exp.Expr:
    """What stands at a rank of a list, computed as DuckDB does: Spark's differs in the last place."""
    if not rank.is_number:
        raise NotSupported(
            "Quantiles of decimals at several ranks are not known on Spark.", remedy="Ask for each."
        )
    last = exp.Sub(this=call("SIZE", values.copy()), expression=number(1))
    place = exp.Mul(this=exp.paren(last), expression=cast(rank, "DOUBLE"))
    share = exp.paren(exp.Sub(this=place.copy(), expression=call("FLOOR", place.copy())))

    def at(name: str) -> exp.Expr:
        index = exp.Add(this=cast(call(name, place.copy()), "INT"), expression=number(1))
        return call("TRY_ELEMENT_AT", values.copy(), index)

    low = exp.Mul(this=at("FLOOR"), expression=exp.paren(exp.Sub(this=number(1), expression=share)))
    line = exp.Add(this=low, expression=exp.Mul(this=at("CEIL"), expression=share.copy()))
    return when(exp.LT(this=last.copy(), expression=number(0)), exp.Null(), line)


def _gathered(node: exp.Expr) -> exp.Expr:
    """A list of all, also of what is NULL; NULL where there is nothing."""
    inner = node.this
    if isinstance(inner, exp.Distinct):
        raise NotSupported(
            "A list of distinct values is in any order.", remedy="Use list_sort(list_distinct(…))."
        )
    return call("NULLIF", _in_order(inner), call("ARRAY"))


def _in_order(node: exp.Expr) -> exp.Expr:
    """All values, in the order of keys: a key that is NULL comes last, unless it is said to come first."""
    keys = node.expressions if isinstance(node, exp.Order) else []
    value = node.this if keys else node
    named: list[exp.Expr] = []
    for place, each in enumerate(keys):
        missing = is_null(_operand(each.this))
        flag = exp.Not(this=missing) if each.args.get("nulls_first") else missing
        named += [exp.alias_(flag, f"n{place}"), exp.alias_(each.this.copy(), f"k{place}")]
    rows = _inside(call("COLLECT_LIST", done(exp.Struct(expressions=[*named, exp.alias_(value, "v")]))))
    if any(each.args.get("desc") for each in keys):
        rows = call("ARRAY_SORT", rows, _compared(keys))
    elif keys:
        rows = call("ARRAY_SORT", rows)
    row = exp.to_identifier("r")
    return call("TRANSFORM", rows, exp.Lambda(this=_field("r", "v"), expressions=[row]))


def _compared(keys: list[exp.Expr]) -> exp.Expr:
    """Which of two rows comes before the other, where some keys go downwards."""
    tests: list[exp.Expr] = []

    def add(test: exp.Expr, *, before: bool) -> None:
        tests.append(exp.If(this=test, true=number(-1) if before else number(1)))

    for place, each in enumerate(keys):
        left, right = (_field(side, f"k{place}") for side in ("a", "b"))
        flags = [_field(side, f"n{place}") for side in ("a", "b")]
        down = bool(each.args.get("desc"))
        add(exp.LT(this=flags[0], expression=flags[1]), before=True)
        add(exp.GT(this=flags[0].copy(), expression=flags[1].copy()), before=False)
        add(exp.LT(this=left, expression=right), before=not down)
        add(exp.GT(this=left.copy(), expression=right.copy()), before=down)
    sides = [exp.to_identifier("a"), exp.to_identifier("b")]
    return exp.Lambda(this=done(exp.Case(ifs=tests, default=number(0))), expressions=sides)


def _field(of: str, name: str) -> exp.Expr:
    return exp.Dot(this=exp.to_identifier(of), expression=exp.to_identifier(name))


def _at_most(node: exp.Expr) -> exp.Expr:
    """`arg_max` passes over rows whose value is NULL; Spark gives that NULL."""
    name = "MAX_BY" if isinstance(node, exp.ArgMax) else "MIN_BY"
    if node.args.get("count") is not None:
        raise NotSupported("arg_max of several is not known on Spark.")
    found = call(name, node.this, _ordered(node.expression))
    known = exp.Not(this=is_null(_operand(node.this)))
    around = node.parent
    if isinstance(around, exp.Filter):
        around.set("expression", exp.Where(this=exp.and_(around.expression.this.copy(), known)))
        return found
    return done(exp.Filter(this=found, expression=exp.Where(this=known)))


def _ordered(key: exp.Expr) -> exp.Expr:
    """Of a key of several parts, a part that is NULL is the greatest; Spark's is the least."""
    if not isinstance(key, exp.Tuple):
        return key
    pairs = [each for part in key.expressions for each in (is_null(_operand(part)), part.copy())]
    return call("STRUCT", *pairs)


def _joined(node: exp.Expr) -> exp.Expr:
    """In which order texts are joined must be said."""
    if not isinstance(node.this, exp.Order):
        raise NotSupported(
            "string_agg without ORDER BY is in any order.",
            remedy="Say in which: string_agg(x, ',' ORDER BY x).",
        )
    known = call("NULLIF", call("ARRAY_COMPACT", _in_order(node.this)), call("ARRAY"))
    return call("ARRAY_JOIN", known, node.args.get("separator") or text(","))


def _grouping(node: exp.Expr) -> exp.Expr | None:
    """Of several columns, one bit for each."""
    if len(node.expressions) < 2:
        return None
    found: exp.Expr = number(0)
    for each in node.expressions:
        one = cast(call("GROUPING", each.copy()), "BIGINT")
        found = exp.Add(this=exp.Mul(this=exp.paren(found), expression=number(2)), expression=one)
    return exp.paren(found)


def _told_apart(node: exp.Expr) -> exp.Expr | None:
    """Hashes are other numbers on Spark. Counted, they only tell rows apart, and so do the values."""
    within = node.parent
    if not isinstance(within, exp.Distinct) or not isinstance(within.parent, exp.Count):
        return None
    return call("STRUCT", *node.expressions)


def _moved_in(node: exp.Expr) -> exp.Expr | None:
    """FILTER and OVER, put around the aggregate within what stands there now."""
    built = node.this
    inner = next((each for each in built.walk() if each.meta.get(_INSIDE)), None)
    if inner is None or inner is built:
        return None
    around = node.copy()
    around.set("this", inner.copy())
    inner.replace(done(around))
    return built


def _inside(node: exp.Expr) -> exp.Expr:
    node.meta[_INSIDE] = True
    return node


def _operand(node: exp.Expr) -> exp.Expr:
    return exp.paren(node) if isinstance(node, exp.Binary) else node.copy()


AGGREGATES: Mapping[type[exp.Expr], Repair] = {
    exp.Sum: _sum,
    exp.CountIf: _count_if,
    exp.Avg: _mean,
    exp.Median: _percentile,
    exp.PercentileCont: _percentile,
    exp.ArrayAgg: _gathered,
    exp.ArgMax: _at_most,
    exp.ArgMin: _at_most,
    exp.GroupConcat: _joined,
    exp.Grouping: _grouping,
    exp.Filter: _moved_in,
    exp.Window: _moved_in,
}
AGGREGATES_BY_NAME: Mapping[str, Repair] = {"hash": _told_apart}
