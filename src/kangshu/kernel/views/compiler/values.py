"""What an expression is in SQL: a scalar that may be NULL, or a list without NULLs, and its FHIR type."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import count

from kangshu.kernel.views.compiler.shape import Shape
from kangshu.kernel.views.definition import not_supported
from kangshu.kernel.views.elements import Element, kind_of

DECIMAL = "DECIMAL(38,12)"
"""The SQL type of a decimal."""

NUMBERS = ("integer", "decimal")

_SHORT = 60
"""An expression longer than this is not written twice: what is nested would double each time."""


@dataclass(frozen=True, slots=True)
class Value:
    """`as_text` marks a decimal that is still as it was written. A `choice` is not settled on a type yet.

    `origin` is where a primitive was taken from: its extensions stand in a member beside it. What is not
    `computed` stands in the resource.
    """

    sql: str
    type: str
    many: bool = False
    as_text: bool = False
    shape: Shape | None = None
    choice: tuple[Value, Element] | None = None
    origin: tuple[Value, str, bool] | None = None
    computed: bool = True

    @property
    def kind(self) -> str:
        return kind_of(self.type) if self.type else "empty"

    def with_sql(self, sql: str, *, many: bool) -> Value:
        """The same kind of thing, computed otherwise."""
        return replace(self, sql=sql, many=many, choice=None, origin=None)


EMPTY = Value("NULL", "")

_numbers: ContextVar[Iterator[int]] = ContextVar("numbers")


def number_anew() -> None:
    """Begin a compilation: the same view is the same text, whatever was compiled before."""
    _numbers.set(count(1))


def variable() -> str:
    """A name no other lambda of the compilation has."""
    return f"x{next(_numbers.get())}"


def text_literal(text: str) -> str:
    """A text as SQL writes it; control characters are spelled by their number."""
    pieces: list[str] = []
    plain = ""
    for character in text:
        if character < "\x20":
            pieces += [_quoted(plain), f"chr({ord(character)})"]
            plain = ""
        else:
            plain += character
    pieces.append(_quoted(plain))
    return pieces[0] if len(pieces) == 1 else f"concat({', '.join(pieces)})"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def literal(value: str | int | bool | Decimal, kind: str) -> Value:  # noqa: FBT001
    """A literal or a constant as SQL; never anything but a value."""
    match kind_of(kind):
        case "boolean":
            return Value("true" if value else "false", kind)
        case "integer":
            return Value(str(int(value)), kind)
        case "decimal":
            return Value(f"'{Decimal(value):f}'", kind, as_text=True)
        case _:
            return Value(text_literal(str(value)), kind)


def boolean(sql: str) -> Value:
    """A condition."""
    return Value(sql, "boolean")


def text(sql: str) -> Value:
    """A text."""
    return Value(sql, "string")


def one(value: Value) -> str:
    """The scalar of a value; more than one is an error when the query runs."""
    if not value.many:
        return value.sql
    told = "'More than one value where one was expected; say first() or where().'"
    return f"(CASE WHEN len({value.sql}) > 1 THEN error({told}) ELSE ({value.sql})[1] END)"


def as_list(value: Value) -> str:
    """The list of a value."""
    if value.many:
        return f"coalesce({value.sql}, [])"
    if len(value.sql) > _SHORT:
        return present(f"[{value.sql}]")
    return f"(CASE WHEN {value.sql} IS NULL THEN [] ELSE [{value.sql}] END)"


def mapped(value: Value, change: Callable[[str], str]) -> str:
    """The value with each thing in it changed; NULLs that come of it are dropped from lists."""
    if not value.many:
        return change(value.sql)
    name = variable()
    return present(f"list_transform({value.sql}, lambda {name}: {change(name)})")


def present(sql: str) -> str:
    """A list without its NULLs."""
    name = variable()
    return f"list_filter({sql}, lambda {name}: {name} IS NOT NULL)"


def exists(value: Value) -> str:
    """Whether there is anything."""
    if value.kind == "empty":
        return "false"
    return f"coalesce(len({value.sql}) > 0, false)" if value.many else f"({value.sql} IS NOT NULL)"


def size(value: Value) -> str:
    """How many things there are."""
    if value.kind == "empty":
        return "0"
    return (
        f"coalesce(len({value.sql}), 0)"
        if value.many
        else f"(CASE WHEN {value.sql} IS NULL THEN 0 ELSE 1 END)"
    )


def number(value: Value, sql: str) -> str:
    """A number of the value, ready for arithmetic."""
    return f"TRY_CAST({sql} AS {DECIMAL})" if value.as_text else sql


def numeric(value: Value) -> Value:
    """A decimal as a number, not as it was written; anything else as it is."""
    if not value.as_text:
        return value
    return replace(value, sql=mapped(value, lambda each: number(value, each)), as_text=False)


def written(value: Value, sql: str) -> str:
    """A primitive as text."""
    if value.kind in ("text", "moment", "time") or value.as_text:
        return sql
    if value.kind == "decimal":
        return f"rtrim(rtrim(CAST({sql} AS VARCHAR), '0'), '.')"
    if value.kind in ("integer", "boolean"):
        return f"CAST({sql} AS VARCHAR)"
    raise not_supported("A thing with parts has no text.", "Name the element of it that is meant.")
