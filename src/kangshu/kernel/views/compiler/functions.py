"""The functions of FHIRPath whose arguments are values, in SQL, as `reference/functions.py` has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from kangshu.kernel.views.compiler.moments import moment_boundary, number_boundary
from kangshu.kernel.views.compiler.navigation import Navigation
from kangshu.kernel.views.compiler.operators import distinct, union
from kangshu.kernel.views.compiler.values import (
    DECIMAL,
    EMPTY,
    NUMBERS,
    Value,
    as_list,
    boolean,
    mapped,
    numeric,
    one,
    size,
    text,
    text_literal,
    variable,
    written,
)
from kangshu.kernel.views.definition import not_supported

Function = Callable[[Navigation, Value, Sequence[Value]], Value]

_REFERENCE = r"(?:^|/)([A-Z][A-Za-z]+)/([A-Za-z0-9.\-]{1,64})(?:/_history/[^/]+)?$"
_UUID = r"^urn:(?:uuid|oid):(.+)$"


def resource_key(navigation: Navigation, value: Value) -> Value:
    """The key of a resource: its id."""
    return navigation.member(value, "id")


def reference_key(navigation: Navigation, value: Value, wanted: str | None) -> Value:
    """The key of the resource a reference points to, where it can be read from it."""
    if value.kind == "empty":
        return EMPTY
    if value.type != "Reference":
        raise not_supported(
            f"getReferenceKey() of a {value.type}.", "Call it on an element of type Reference."
        )

    def key(each: Value) -> Value:
        reference = navigation.member(each, "reference").sql
        type_read = f"regexp_extract({reference}, '{_REFERENCE}', 1)"
        read = f"nullif(regexp_extract({reference}, '{_REFERENCE}', 2), '')"
        by_uuid = f"nullif(regexp_extract({reference}, '{_UUID}', 1), '')"
        if wanted is not None:
            told = navigation.member(each, "type").sql
            read = f"(CASE WHEN {type_read} = {text_literal(wanted)} THEN {read} END)"
            by_uuid = f"(CASE WHEN {told} = {text_literal(wanted)} THEN {by_uuid} END)"
        return Value(f"coalesce({read}, {by_uuid})", "id")

    return navigation.projected(value, key)


def _boundary(navigation: Navigation, value: Value, *, high: bool) -> Value:
    if value.type == "Period":
        moment = navigation.member(value, "end" if high else "start")
        return _boundary(navigation, moment, high=high)
    if value.kind in ("moment", "time"):
        kind = "dateTime" if value.type == "instant" else value.type
        return Value(moment_boundary(one(value), kind, high=high), kind)
    if value.kind not in NUMBERS:
        raise not_supported(
            f"A {value.type} has no boundaries.", "Numbers, dates, times and periods have them."
        )
    navigation.kept_written |= value.as_text
    return Value(number_boundary(written(value, one(value)), high=high), "decimal")


def _low(navigation: Navigation, value: Value, _: Sequence[Value]) -> Value:
    return _boundary(navigation, value, high=False)


def _high(navigation: Navigation, value: Value, _: Sequence[Value]) -> Value:
    return _boundary(navigation, value, high=True)


def _empty(navigation: Navigation, value: Value, _: Sequence[Value]) -> Value:
    return boolean(f"(NOT {navigation.there(value)})")


def _count(navigation: Navigation, value: Value, _: Sequence[Value]) -> Value:
    if value.choice is None:
        return Value(size(value), "integer")
    sizes = " + ".join(size(each) for each in navigation.variants(value))
    return Value(f"({sizes})", "integer")


def _at(place: str) -> Function:
    def pick(_: Navigation, value: Value, __: Sequence[Value]) -> Value:
        return value.with_sql(f"({value.sql})[{place}]", many=False) if value.many else value

    return pick


def _slice(start: str, end: str) -> Function:
    def cut(_: Navigation, value: Value, arguments: Sequence[Value]) -> Value:
        count = f"greatest({_number(arguments[0])}, 0)" if arguments else "0"
        told = f"({as_list(value)})[{start.format(count)}:{end.format(count)}]"
        if arguments:
            told = f"(CASE WHEN {count} IS NULL THEN NULL ELSE {told} END)"
        return value.with_sql(told, many=True)

    return cut


def _single(_: Navigation, value: Value, __: Sequence[Value]) -> Value:
    return value.with_sql(one(value), many=False)


def _join(navigation: Navigation, value: Value, arguments: Sequence[Value]) -> Value:
    mark = _text(arguments[0]) if arguments else "''"
    if value.kind == "empty":
        return text("''")
    navigation.kept_written |= value.as_text
    texts = mapped(value, lambda each: written(value, each))
    if value.many:
        return text(f"coalesce(array_to_string({texts}, {mark}), '')")
    return text(f"coalesce({texts}, '')")


def _each_true(*, wanted: bool, every: bool) -> Function:
    def tested(_: Navigation, value: Value, __: Sequence[Value]) -> Value:
        if value.kind == "empty":
            return boolean("true" if every else "false")
        if value.kind != "boolean":
            raise not_supported("allTrue(), anyTrue() and the like are for booleans.")
        each = variable()
        stray = wanted is not every
        found = f"len(list_filter({as_list(value)}, lambda {each}: {'' if stray else 'NOT '}{each}))"
        return boolean(f"({found} {'= 0' if every else '> 0'})")

    return tested


def _text(value: Value) -> str:
    if value.kind not in ("text", "moment", "time"):
        raise not_supported(f"A text was expected, not a {value.type or 'nothing'}.", "Use toString().")
    return one(value)


def _number(value: Value) -> str:
    if value.kind != "integer":
        raise not_supported(f"A whole number was expected, not a {value.type or 'nothing'}.")
    return one(value)


def _on_text(template: str, result: str, numbers: frozenset[int] = frozenset()) -> Function:
    """`{0}` is the text, `{1}` and so on the arguments; `numbers` says which of those are numbers."""

    def call(_: Navigation, value: Value, arguments: Sequence[Value]) -> Value:
        if value.kind == "empty":
            return EMPTY
        if value.kind == "complex":
            raise not_supported("A thing with parts is no text.", "Name the element of it that is meant.")
        given = [
            _number(each) if place in numbers else _text(each)
            for place, each in enumerate(arguments, start=1)
        ]
        return Value(template.format(written(value, one(value)), *given), result)

    return call


def _substring(navigation: Navigation, value: Value, arguments: Sequence[Value]) -> Value:
    length = "greatest({2}, 0)" if len(arguments) > 1 else "length({0})"
    cut = "(CASE WHEN {1} >= 0 AND {1} < length({0}) THEN substring({0}, {1} + 1, " + length + ") END)"
    return _on_text(cut, "string", frozenset({1, 2}))(navigation, value, arguments)


def _to_string(navigation: Navigation, value: Value, _: Sequence[Value]) -> Value:
    navigation.kept_written |= value.as_text
    return _on_text("{0}", "string")(navigation, value, ())


def _on_number(template: str, result: str) -> Function:
    def call(_: Navigation, value: Value, arguments: Sequence[Value]) -> Value:
        value = numeric(value)
        if value.kind == "empty":
            return EMPTY
        if value.kind not in NUMBERS:
            raise not_supported(f"A number was expected, not a {value.type}.")
        given = [_number(each) for each in arguments] or ["0"]
        return Value(template.format(one(value), *given), result or value.type)

    return call


def _to_integer(_: Navigation, value: Value, __: Sequence[Value]) -> Value:
    if value.kind not in ("integer", "text", "boolean"):
        return EMPTY
    sql = one(value)
    if value.kind == "text":
        sql = f"(CASE WHEN regexp_full_match({sql}, '[+-]?[0-9]{{1,18}}') THEN {sql} END)"
    return Value(f"TRY_CAST({sql} AS BIGINT)", "integer")


def _to_decimal(_: Navigation, value: Value, __: Sequence[Value]) -> Value:
    if value.kind not in ("integer", "decimal", "text", "boolean"):
        return EMPTY
    sql = one(numeric(value))
    if value.kind == "text":
        sql = f"(CASE WHEN regexp_full_match({sql}, '[+-]?[0-9]{{1,18}}(\\.[0-9]+)?') THEN {sql} END)"
    if value.kind == "boolean":
        sql = f"CAST({sql} AS INTEGER)"
    return Value(f"TRY_CAST({sql} AS {DECIMAL})", "decimal")


def _has_value(_: Navigation, value: Value, __: Sequence[Value]) -> Value:
    return boolean("false" if value.kind == "complex" else f"({size(value)} = 1)")


def _is_distinct(_: Navigation, value: Value, __: Sequence[Value]) -> Value:
    return boolean(f"({size(distinct(value))} = {size(value)})")


def _union(_: Navigation, value: Value, arguments: Sequence[Value]) -> Value:
    return union(value, arguments[0])


FUNCTIONS: Mapping[str, tuple[Function, int, int]] = {
    "empty": (_empty, 0, 0),
    "hasValue": (_has_value, 0, 0),
    "count": (_count, 0, 0),
    "first": (_at("1"), 0, 0),
    "last": (_at("-1"), 0, 0),
    "tail": (_slice("2", ""), 0, 0),
    "skip": (_slice("{} + 1", ""), 1, 1),
    "take": (_slice("1", "{}"), 1, 1),
    "single": (_single, 0, 0),
    "distinct": (lambda _, value, __: distinct(value), 0, 0),
    "union": (_union, 1, 1),
    "isDistinct": (_is_distinct, 0, 0),
    "allTrue": (_each_true(wanted=True, every=True), 0, 0),
    "anyTrue": (_each_true(wanted=True, every=False), 0, 0),
    "allFalse": (_each_true(wanted=False, every=True), 0, 0),
    "anyFalse": (_each_true(wanted=False, every=False), 0, 0),
    "join": (_join, 0, 1),
    "lowBoundary": (_low, 0, 0),
    "highBoundary": (_high, 0, 0),
    "startsWith": (_on_text("starts_with({0}, {1})", "boolean"), 1, 1),
    "endsWith": (_on_text("ends_with({0}, {1})", "boolean"), 1, 1),
    "contains": (_on_text("contains({0}, {1})", "boolean"), 1, 1),
    "matches": (_on_text("regexp_matches({0}, {1}, 's')", "boolean"), 1, 1),
    "indexOf": (_on_text("(strpos({0}, {1}) - 1)", "integer"), 1, 1),
    "substring": (_substring, 1, 2),
    "length": (_on_text("length({0})", "integer"), 0, 0),
    "upper": (_on_text("upper({0})", "string"), 0, 0),
    "lower": (_on_text("lower({0})", "string"), 0, 0),
    "trim": (_on_text("trim({0}, concat(' ', chr(9), chr(10), chr(13)))", "string"), 0, 0),
    "replace": (_on_text("replace({0}, {1}, {2})", "string"), 2, 2),
    "toString": (_to_string, 0, 0),
    "toInteger": (_to_integer, 0, 0),
    "toDecimal": (_to_decimal, 0, 0),
    "abs": (_on_number("abs({0})", ""), 0, 0),
    "ceiling": (_on_number("CAST(ceil({0}) AS BIGINT)", "integer"), 0, 0),
    "floor": (_on_number("CAST(floor({0}) AS BIGINT)", "integer"), 0, 0),
    "truncate": (_on_number("CAST(trunc({0}) AS BIGINT)", "integer"), 0, 0),
    "round": (
        _on_number("CAST(round(CAST({0} AS " + DECIMAL + "), {1}) AS " + DECIMAL + ")", "decimal"),
        0,
        1,
    ),
}
"""Each with the least and the most arguments it takes."""
