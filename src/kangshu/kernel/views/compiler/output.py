"""What a column is in SQL: its type, and its value as that type."""

from __future__ import annotations

import re
from collections.abc import Mapping

from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.views.compiler.navigation import Navigation
from kangshu.kernel.views.compiler.values import DECIMAL, Value, mapped, number, text_literal, written
from kangshu.kernel.views.definition import Column, not_supported
from kangshu.kernel.views.elements import PRIMITIVES, kind_of

_BY_TYPE: Mapping[str, str] = {
    "boolean": "BOOLEAN",
    "integer": "INTEGER",
    "positiveInt": "INTEGER",
    "unsignedInt": "INTEGER",
    "integer64": "BIGINT",
    "decimal": DECIMAL,
}
_TAG = "ansi/type"
_ANSI = (
    (r"BOOLEAN", "BOOLEAN"),
    (r"SMALLINT", "SMALLINT"),
    (r"INT|INTEGER", "INTEGER"),
    (r"BIGINT", "BIGINT"),
    (r"(?:DECIMAL|DEC|NUMERIC)(\(\d{1,2}(?:,\d{1,2})?\))?", r"DECIMAL\1"),
    (r"REAL", "FLOAT"),
    (r"FLOAT(?:\(\d+\))?|DOUBLE PRECISION", "DOUBLE"),
    (r"(?:CHARACTER VARYING|CHAR VARYING|VARCHAR|CHARACTER|CHAR|NVARCHAR|NCHAR)(?:\(\d+\))?", "VARCHAR"),
    (r"CHARACTER LARGE OBJECT|CLOB|TEXT", "VARCHAR"),
    (r"DATE", "DATE"),
    (r"TIME(?:\(\d\))?(?: WITHOUT TIME ZONE)?", "TIME"),
    (r"TIMESTAMP(?:\(\d\))?(?: WITHOUT TIME ZONE)?", "TIMESTAMP"),
    (r"TIMESTAMP(?:\(\d\))? WITH TIME ZONE", "TIMESTAMPTZ"),
    (r"BINARY VARYING(?:\(\d+\))?|VARBINARY(?:\(\d+\))?|BINARY LARGE OBJECT|BLOB", "BLOB"),
)


def type_of(column: Column, value: Value, navigation: Navigation) -> str:
    """The SQL type of one value of a column."""
    if _TAG in column.tags:
        return _ansi(column.tags[_TAG])
    if not column.type:
        return "JSON" if value.kind == "complex" else _BY_TYPE.get(value.type, "VARCHAR")
    named = column.type.removeprefix("http://hl7.org/fhirpath/System.").lower()
    given = column.type if column.type in PRIMITIVES else named
    if given not in PRIMITIVES and not navigation.elements.knows(column.type.partition(".")[0]):
        raise Invalid(f"There is no type {column.type}.", remedy="Write a FHIR type, such as `string`.")
    return "JSON" if kind_of(given) == "complex" else _BY_TYPE.get(given, "VARCHAR")


def _ansi(tag: str) -> str:
    given = re.sub(r"\s*([(),])\s*", r"\1", " ".join(tag.upper().split()))
    for pattern, name in _ANSI:
        found = re.fullmatch(pattern, given)
        if found:
            return found.expand(name).replace("DECIMALNone", "DECIMAL") if "\\" in name else name
    raise Invalid(
        f"`{tag}` is no SQL type this knows.", remedy="Write one of ISO 9075, such as DECIMAL(18,4)."
    )


def settled(column: Column, value: Value, navigation: Navigation) -> Value:
    """A choice as the type the column says."""
    if value.choice is None:
        return value
    if column.type in value.choice[1].types:
        return navigation.of_type(value, column.type)
    return navigation.settled(value)


def converted(value: Value, sql_type: str, navigation: Navigation) -> str:
    """The value, or each in the list, as an SQL type; what does not fit is NULL."""
    if value.kind == "empty":
        return f"CAST(NULL AS {sql_type})"
    if value.kind == "complex":
        if sql_type not in ("JSON", "VARCHAR"):
            raise not_supported(f"A {value.type} does not go into a column of {sql_type}.")
        navigation.keep_whole(value)
        navigation.kept_whole = True
        return value.sql
    if sql_type == "JSON":
        raise Invalid(
            f"The path finds a {value.type}, which is not what `type` says.", remedy="Mend one of both."
        )
    return mapped(value, lambda each: _cast(value, each, sql_type, navigation))


def _cast(value: Value, sql: str, sql_type: str, navigation: Navigation) -> str:
    if sql_type == "VARCHAR":
        navigation.kept_written |= value.as_text
        return written(value, sql)
    if value.kind == "decimal":
        return f"TRY_CAST({sql if value.as_text else number(value, sql)} AS {sql_type})"
    if sql_type == "BLOB":
        return f"TRY(from_base64({sql}))"
    if sql_type in ("TIMESTAMP", "TIMESTAMPTZ", "DATE", "TIME") and value.kind == "moment":
        return _moment(sql, sql_type)
    return f"TRY_CAST({sql} AS {sql_type})"


def _moment(sql: str, sql_type: str) -> str:
    # A year or a month becomes its first day; what has a zone is told in UTC.
    padded = f"(CASE length({sql}) WHEN 4 THEN {sql} || '-01-01' WHEN 7 THEN {sql} || '-01' ELSE {sql} END)"
    if sql_type == "DATE":
        return f"TRY_CAST(left({padded}, 10) AS DATE)"
    if sql_type == "TIMESTAMPTZ":
        return f"TRY_CAST({padded} AS TIMESTAMPTZ)"
    return f"TRY_CAST(TRY_CAST({padded} AS TIMESTAMPTZ) AT TIME ZONE 'UTC' AS {sql_type})"


def plural_error(column: Column) -> str:
    """The call that ends a query in which a column has two values for one row."""
    told = (
        f"{column.path.place}: the column {column.name} has more than one value for one row. "
        "Set `collection` to true, take `first()`, or unnest with `forEach`."
    )
    return f"error({text_literal(told)})"
