"""The operators of FHIRPath in SQL, the same as `reference/operators.py` says it."""

from __future__ import annotations

from kangshu.kernel.views.compiler.moments import compared
from kangshu.kernel.views.compiler.values import (
    DECIMAL,
    EMPTY,
    NUMBERS,
    Value,
    as_list,
    boolean,
    numeric,
    one,
    text,
    variable,
    written,
)
from kangshu.kernel.views.definition import not_supported

_MOMENTS = ({"moment"}, {"moment", "text"}, {"time"}, {"time", "text"})


def _alike(left: str, right: str, kinds: set[str], operator: str) -> str | None:
    """A comparison of two scalars; None where things of such kinds are never alike."""
    if kinds in _MOMENTS:
        return compared(left, right, (kinds - {"text"}).pop(), operator)
    if len(kinds) == 1 or kinds <= set(NUMBERS):
        return f"({left} {operator} {right})"
    return None


def equal(left: Value, right: Value) -> Value:
    """`=`"""
    left, right = numeric(left), numeric(right)
    if "empty" in (left.kind, right.kind):
        return boolean("NULL::BOOLEAN")
    if "complex" in (left.kind, right.kind):
        raise not_supported("Things with parts cannot be compared.", "Compare an element of them.")
    kinds = {left.kind, right.kind}
    if not left.many and not right.many:
        both = f"(CASE WHEN {left.sql} IS NOT NULL AND {right.sql} IS NOT NULL THEN false END)"
        return boolean(_alike(left.sql, right.sql, kinds, "=") or both)
    one_by_one = _alike(f"({as_list(left)})[1]", f"({as_list(right)})[1]", kinds, "=") or "false"
    together = (
        f"({as_list(left)} = {as_list(right)})" if len(kinds) == 1 or kinds <= set(NUMBERS) else "false"
    )
    sizes = f"len({as_list(left)})", f"len({as_list(right)})"
    return boolean(
        f"(CASE WHEN {sizes[0]} = 0 OR {sizes[1]} = 0 THEN NULL WHEN {sizes[0]} <> {sizes[1]} THEN false"
        f" WHEN {sizes[0]} = 1 THEN {one_by_one} ELSE {together} END)"
    )


def ordered(operator: str, left: Value, right: Value) -> Value:
    """`<`, `>`, `<=` and `>=`"""
    left, right = numeric(left), numeric(right)
    if "empty" in (left.kind, right.kind):
        return boolean("NULL::BOOLEAN")
    found = _alike(one(left), one(right), {left.kind, right.kind}, operator)
    if found is None or left.kind in ("complex", "boolean"):
        raise not_supported(
            f"A {left.type} and a {right.type} have no order.", "Compare two numbers, texts or dates."
        )
    return boolean(found)


def arithmetic(operator: str, left: Value, right: Value) -> Value:
    """`+ - * / div mod`; what leaves the range of numbers, or is divided by nothing, is empty."""
    left, right = numeric(left), numeric(right)
    if "empty" in (left.kind, right.kind):
        return EMPTY
    a, b = one(left), one(right)
    if operator == "+" and left.kind == right.kind == "text":
        return text(f"({a} || {b})")
    if not {left.kind, right.kind} <= set(NUMBERS):
        raise not_supported(f"`{operator}` is for numbers, not for {left.type} and {right.type}.")
    if left.kind == right.kind == "integer" and operator != "/":
        return Value(_whole(operator, a, b), "integer")
    a, b = f"CAST({a} AS {DECIMAL})", f"CAST({b} AS {DECIMAL})"
    match operator:
        case "/":
            quotient = f"CAST({a} AS DOUBLE) / nullif(CAST({b} AS DOUBLE), 0)"
            return Value(f"CAST(TRY_CAST(({quotient}) AS DECIMAL(38,8)) AS {DECIMAL})", "decimal")
        case "div":
            return Value(
                f"TRY_CAST(trunc(CAST({a} AS DOUBLE) / nullif(CAST({b} AS DOUBLE), 0)) AS BIGINT)", "integer"
            )
        case "mod":
            return Value(f"TRY({a} % nullif({b}, 0))", "decimal")
        case "*":
            large = f"TRY_CAST(CAST({a} AS DOUBLE) * CAST({b} AS DOUBLE) AS {DECIMAL})"
            return Value(f"coalesce(TRY(CAST({a} * {b} AS {DECIMAL})), {large})", "decimal")
        case _:
            return Value(f"TRY({a} {operator} {b})", "decimal")


def _whole(operator: str, a: str, b: str) -> str:
    if operator in ("div", "mod"):
        return f"TRY({a} {'//' if operator == 'div' else '%'} nullif({b}, 0))"
    return f"TRY({a} {operator} {b})"


def logical(operator: str, a: str, b: str) -> Value:
    """`and or xor implies` on conditions; SQL has three values as FHIRPath has."""
    match operator:
        case "xor":
            return boolean(f"({a} <> {b})")
        case "implies":
            return boolean(f"((NOT {a}) OR {b})")
        case _:
            return boolean(f"({a} {operator.upper()} {b})")


def joined(left: Value, right: Value) -> Value:
    """`&`: what is empty counts as the empty text."""
    pieces = [
        "''" if value.kind == "empty" else f"coalesce({written(value, one(value))}, '')"
        for value in (left, right)
    ]
    return text(f"({pieces[0]} || {pieces[1]})")


def distinct(value: Value) -> Value:
    """Each thing once, where it stood first."""
    value = numeric(value)
    if value.kind == "complex":
        raise not_supported("Things with parts cannot be told apart.", "Choose an element of them.")
    if not value.many:
        return value
    each, place = variable(), variable()
    first = f"list_position({value.sql}, {each}) = {place}"
    return value.with_sql(f"list_filter({value.sql}, lambda {each}, {place}: {first})", many=True)


def union(left: Value, right: Value) -> Value:
    """`|`"""
    if "empty" in (left.kind, right.kind):
        return distinct(right if left.kind == "empty" else left)
    left, right = numeric(left), numeric(right)
    if left.kind != right.kind and not {left.kind, right.kind} <= set(NUMBERS):
        raise not_supported(f"{left.type} and {right.type} do not go into one collection here.")
    wider = left if left.kind == "decimal" else right
    return distinct(wider.with_sql(f"list_concat({as_list(left)}, {as_list(right)})", many=True))


def member(thing: Value, of: Value) -> Value:
    """`in`"""
    thing, of = numeric(thing), numeric(of)
    if thing.kind == "empty":
        return boolean("NULL::BOOLEAN")
    found = "false" if of.kind == "empty" else f"list_contains({as_list(of)}, {one(thing)})"
    return boolean(f"(CASE WHEN {one(thing)} IS NULL THEN NULL ELSE {found} END)")
