"""Numbers: where Spark computes or rounds otherwise than DuckDB."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlglot import exp

from kangshu.kernel.views.spark.nodes import (
    FLOATS,
    TEXTS,
    WHOLES,
    call,
    cast,
    done,
    is_decimal,
    kind,
    number,
    try_cast,
)
from kangshu.kernel.views.spark.outside import outside

_BOOLEAN = exp.DType.BOOLEAN


def _division(node: exp.Expr) -> exp.Expr:
    """DuckDB divides anything as binary numbers; Spark divides decimals as decimals."""
    return done(
        exp.Div(this=cast(node.this, "DOUBLE"), expression=cast(node.expression, "DOUBLE"), typed=True)
    )


def _power(node: exp.Expr) -> exp.Expr:
    return call("POWER", cast(node.this, "DOUBLE"), cast(node.expression, "DOUBLE"))


def _sum(node: exp.Expr) -> exp.Expr | None:
    """DuckDB adds up what is true as 1."""
    if kind(node.this) != _BOOLEAN:
        return None
    return done(exp.Sum(this=cast(node.this, "INT")))


def _mean(node: exp.Expr) -> exp.Expr | None:
    """DuckDB adds up exactly and divides once; Spark's mean of decimals is a decimal."""
    if kind(node.this) in FLOATS:
        return None
    return done(exp.Avg(this=cast(node.this, "DOUBLE")))


def _cast(node: exp.Expr) -> exp.Expr | None:
    """DuckDB rounds where a number becomes whole, Spark cuts off."""
    to = node.args["to"].this
    make = try_cast if isinstance(node, exp.TryCast) else cast
    if to == exp.DType.DECIMAL and kind(node.this) in FLOATS:
        return _as_decimal(node, make)
    if to not in WHOLES:
        return None
    found, name = kind(node.this), exp.DataType(this=_narrow(to)).sql("spark")
    if is_decimal(node.this):
        return make(call("ROUND", node.this, number(0)), name)
    if found in FLOATS:
        return make(call("RINT", node.this), name)
    if found in TEXTS and isinstance(node, exp.TryCast):
        return try_cast(call("ROUND", try_cast(node.this, "DECIMAL(38, 10)"), number(0)), name)
    return make(node.this, name)


def _as_decimal(node: exp.Expr, make: Callable[[exp.Expr, str], exp.Expr]) -> exp.Expr:
    """DuckDB rounds the product with a power of ten."""
    heads = node.args["to"].expressions
    power = cast(number(10 ** (int(heads[1].name) if len(heads) > 1 else 0)), "DOUBLE")
    product = call("ROUND", exp.Mul(this=exp.paren(node.this), expression=power), number(0))
    return make(
        done(exp.Div(this=product, expression=power.copy(), typed=True)), node.args["to"].sql("spark")
    )


def _narrow(to: exp.DType) -> exp.DType:
    """Spark has no whole number of more than 64 bits."""
    wide = (exp.DType.INT128, exp.DType.UINT128)
    return exp.DType.BIGINT if to in wide else to


def _round(node: exp.Expr) -> exp.Expr | None:
    """DuckDB rounds binary numbers as they are, Spark as they are written: 2.675 is below its half."""
    places = node.args.get("decimals")
    if kind(node.this) not in FLOATS or places is None:
        return None
    return outside("round({0}, {1})", {"DOUBLE": node.this, "INTEGER": places})


def _percentile(node: exp.Expr) -> exp.Expr:
    """Between two values on a straight line, as a binary number; of decimals again a decimal."""
    rank = node.args.get("expression") or exp.Literal.number("0.5")
    found = call("PERCENTILE", cast(node.this, "DOUBLE"), rank)
    return cast(found, node.this.type.sql("spark")) if is_decimal(node.this) else found


Repair = Callable[[exp.Expr], exp.Expr | None]

NUMBERS: Mapping[type[exp.Expr], Repair] = {
    exp.Div: _division,
    exp.Pow: _power,
    exp.Sum: _sum,
    exp.Avg: _mean,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.Round: _round,
    exp.Median: _percentile,
    exp.PercentileCont: _percentile,
}
