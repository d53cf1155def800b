"""Numbers: where Spark computes or rounds otherwise than DuckDB."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlglot import exp

from kangshu.kernel.base.errors import NotSupported
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
    text,
    try_cast,
    when,
)
from kangshu.kernel.views.spark.outside import outside
from kangshu.kernel.views.spark.written import as_number


def _division(node: exp.Expr) -> exp.Expr:
    """DuckDB divides anything as binary numbers, and by 0 too; Spark divides decimals as decimals."""
    over, under = cast(node.this, "DOUBLE"), cast(node.expression, "DOUBLE")
    if _never_zero(node.expression):
        return done(exp.Div(this=over, expression=under, typed=True))
    endless = exp.Mul(this=over.copy(), expression=call("POWER", under.copy(), number(-1)))
    return call("COALESCE", call("TRY_DIVIDE", over, under), endless)


def _never_zero(node: exp.Expr) -> bool:
    node = node.unnest()
    if isinstance(node, exp.Nullif):
        return node.expression.is_number and float(node.expression.name) == 0
    return isinstance(node, exp.Literal) and node.is_number and float(node.name) != 0


def _rest(node: exp.Expr) -> exp.Expr | None:
    """Of binary numbers, the rest of a division by 0 is no number; of others an error, in both engines."""
    if not {kind(node.this), kind(node.expression)} & FLOATS or _never_zero(node.expression):
        return None
    over, under = cast(node.this, "DOUBLE"), cast(node.expression, "DOUBLE")
    product = exp.Mul(this=exp.Mul(this=over.copy(), expression=under.copy()), expression=_nan())
    return call("COALESCE", call("TRY_MOD", over, under), product)


def _nan() -> exp.Expr:
    return cast(text("NaN"), "DOUBLE")


def _whole_division(node: exp.Expr) -> exp.Expr | None:
    sides = (kind(node.this), kind(node.expression))
    if all(each is None or each in WHOLES for each in sides):
        return None
    raise NotSupported(
        "// of numbers that are not whole is not known on Spark.", remedy="Use floor(a / b), or cast them."
    )


def _to_whole(node: exp.Expr) -> exp.Expr:
    """DuckDB leaves binary numbers binary; Spark makes them whole, and fails where they are too large."""
    name = "FLOOR" if isinstance(node, exp.Floor) else "CEIL"
    if kind(node.this) not in FLOATS:
        return call(name, node.this)
    small = exp.LT(this=call("ABS", node.this), expression=exp.Literal.number("9e15"))
    return when(small, cast(call(name, node.this.copy()), "DOUBLE"), node.this.copy())


def _sign(node: exp.Expr) -> exp.Expr:
    found = call("SIGNUM", node.this)
    if kind(node.this) not in FLOATS:
        return found
    return when(call("ISNAN", node.this.copy()), exp.Literal.number("0D"), found)


_BITS = {exp.DType.TINYINT: 8, exp.DType.SMALLINT: 16, exp.DType.INT: 32}


def _bits(node: exp.Expr) -> exp.Expr:
    """Spark counts the bits of 64, whatever the type."""
    of = node.expressions[0]
    size = _BITS.get(kind(of) or exp.DType.BIGINT)
    if size is None:
        return call("BIT_COUNT", of)
    mask = exp.Literal.number(str((1 << size) - 1))
    return call("BIT_COUNT", exp.BitwiseAnd(this=cast(of, "BIGINT"), expression=mask))


def _power(node: exp.Expr) -> exp.Expr:
    return call("POWER", cast(node.this, "DOUBLE"), cast(node.expression, "DOUBLE"))


def _cast(node: exp.Expr) -> exp.Expr | None:
    """DuckDB rounds where a number becomes whole, Spark cuts off."""
    to = node.args["to"].this
    make = try_cast if isinstance(node, exp.TryCast) else cast
    if kind(node.this) in TEXTS and isinstance(node, exp.TryCast):
        return _read(node, to)
    if to == exp.DType.DECIMAL and kind(node.this) in FLOATS:
        return _as_decimal(node, make)
    if to not in WHOLES:
        return None
    found, name = kind(node.this), exp.DataType(this=_narrow(to)).sql("spark")
    if is_decimal(node.this):
        return make(call("ROUND", node.this, number(0)), name)
    if found in FLOATS:
        return make(call("RINT", node.this), name)
    return make(node.this, name)


def _read(node: exp.Expr, to: exp.DType) -> exp.Expr | None:
    if to in WHOLES:
        name = exp.DataType(this=_narrow(to)).sql("spark")

        def whole(written: exp.Expr) -> exp.Expr:
            return try_cast(call("ROUND", try_cast(written, "DECIMAL(38, 10)"), number(0)), name)

        return as_number(node.this, whole)
    if to not in FLOATS and to != exp.DType.DECIMAL:
        return None
    return as_number(node.this, lambda written: try_cast(written, node.args["to"].sql("spark")))


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


Repair = Callable[[exp.Expr], exp.Expr | None]

NUMBERS: Mapping[type[exp.Expr], Repair] = {
    exp.Div: _division,
    exp.Mod: _rest,
    exp.IntDiv: _whole_division,
    exp.Floor: _to_whole,
    exp.Ceil: _to_whole,
    exp.Sign: _sign,
    exp.Pow: _power,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.Round: _round,
}
NUMBERS_BY_NAME: Mapping[str, Repair] = {"bit_count": _bits}
