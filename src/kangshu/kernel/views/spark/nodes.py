"""How repairs look at a tree and build what Spark reads."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

DONE = "spark"
"""Marks a node that is in Spark's words already."""

_TYPES = exp.DType
TEXTS = {_TYPES.VARCHAR, _TYPES.TEXT, _TYPES.CHAR, _TYPES.JSON}
WHOLES = set(exp.DataType.INTEGER_TYPES) | {_TYPES.INT128, _TYPES.UINT128}
FLOATS = {_TYPES.FLOAT, _TYPES.DOUBLE}
LISTS = {_TYPES.ARRAY, _TYPES.LIST}


def kind(node: exp.Expr | None) -> exp.DType | None:
    """The type of an expression, None where nobody knows."""
    found = node.type if node is not None else None
    if not isinstance(found, exp.DataType) or found.this in (_TYPES.UNKNOWN, _TYPES.NULL):
        return None
    return found.this


def is_date(node: exp.Expr | None) -> bool:
    """A day without a time."""
    return kind(node) == _TYPES.DATE


def is_decimal(node: exp.Expr | None) -> bool:
    """A number with a fixed number of places."""
    return kind(node) == _TYPES.DECIMAL


def call(name: str, *arguments: exp.Expr) -> exp.Expr:
    """A function of Spark."""
    return done(exp.Anonymous(this=name, expressions=list(arguments)))


def done(node: exp.Expr) -> exp.Expr:
    """The node, marked as Spark's own."""
    node.meta[DONE] = True
    return node


def cast(node: exp.Expr, to: str) -> exp.Expr:
    """A cast to a type as Spark writes it."""
    return done(exp.Cast(this=node, to=exp.DataType.build(to, dialect="spark")))


def try_cast(node: exp.Expr, to: str) -> exp.Expr:
    """A cast that is NULL for what is not of the type."""
    return done(exp.TryCast(this=node, to=exp.DataType.build(to, dialect="spark"), safe=True))


def number(value: int) -> exp.Expr:
    """A whole number."""
    return exp.Literal.number(value)


def text(value: str) -> exp.Expr:
    """A text."""
    return exp.Literal.string(value)


def when(test: exp.Expr, then: exp.Expr, otherwise: exp.Expr) -> exp.Expr:
    """One of two values."""
    return call("IF", test, then, otherwise)


def named_once(value: exp.Expr, name: str, result: Callable[[exp.Expr], exp.Expr]) -> exp.Expr:
    """A result that reads a value several times, with the value written once: macros make values long."""
    if isinstance(value, exp.Column | exp.Literal):
        return result(value)
    body = exp.Lambda(this=result(exp.to_identifier(name)), expressions=[exp.to_identifier(name)])
    return call("TRY_ELEMENT_AT", call("TRANSFORM", call("ARRAY", value), body), number(1))


def is_null(node: exp.Expr) -> exp.Expr:
    """Whether it is NULL."""
    return exp.Is(this=node, expression=exp.Null())


def unit_of(node: exp.Expr) -> str:
    """The unit of time that an argument names, in capitals."""
    return node.name.upper()
