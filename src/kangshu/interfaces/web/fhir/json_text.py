"""JSON that keeps every number as it was spelled.

`1.50`, `1e3` and `-0` are different texts of clinical meaning (precision), so numbers that
Python would respell are carried as `Number`, which remembers its text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any, Self, cast

import orjson

from kangshu.kernel.base.errors import Invalid, TooCostly

MAX_DEPTH = 100
"""Levels of nesting taken; the deepest official example has 14."""

_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_PLAIN_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,17}")


class Number(Decimal):
    """A decimal that is written as it was read."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> Self:
        number = super().__new__(cls, text)
        number.text = text
        return number

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        return self


def parse(raw: bytes) -> Any:
    """The value of a JSON text. Objects are dicts, arrays lists, respellable numbers `Number`.

    Raises Invalid when the text is not UTF-8, not JSON, names a member twice or holds a character
    no database keeps, and TooCostly when it is nested deeper than `MAX_DEPTH`.
    """
    text = _decoded(raw)
    try:
        value = json.loads(
            text,
            parse_float=Number,
            parse_int=_integer,
            parse_constant=_constant,
            object_pairs_hook=_members,
        )
    except json.JSONDecodeError as error:
        raise Invalid(
            f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.",
            code="structure",
        ) from None
    except RecursionError:
        raise _too_deep() from None
    except InvalidOperation:
        raise Invalid("The body holds a number out of range.", code="value") from None
    _check_depth(value)
    _check_characters(raw, value)
    return value


def parse_object(raw: bytes) -> dict[str, Any]:
    """Like `parse`, for a text that must hold an object."""
    if not raw.strip():
        raise Invalid("The body is empty.", remedy="Send a FHIR resource as JSON.", code="structure")
    value = parse(raw)
    if not isinstance(value, dict):
        raise Invalid("The body is not a JSON object.", remedy="Send a FHIR resource.", code="structure")
    return cast("dict[str, Any]", value)


def write(value: Any) -> bytes:
    """The shortest JSON text of a parsed value; numbers as they were read."""
    return orjson.dumps(value, default=_number)


def write_pretty(value: Any) -> bytes:
    """The same text with a line per member, indented by two."""
    return orjson.dumps(value, default=_number, option=orjson.OPT_INDENT_2)


def _number(value: Any) -> orjson.Fragment:
    if isinstance(value, Number):
        return orjson.Fragment(value.text)
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value))
    raise TypeError(f"A {type(value).__name__} is not JSON.")


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid(
            f"The body is not UTF-8: wrong byte at position {error.start}.",
            remedy="Send JSON encoded in UTF-8.",
            code="structure",
        ) from None


def _integer(text: str) -> int | Number:
    return int(text) if _PLAIN_INTEGER.fullmatch(text) else Number(text)


def _constant(name: str) -> Any:
    raise Invalid(f"The body is not JSON: {name} is not a JSON number.", code="structure")


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Invalid("The body names a member twice in one object.", code="structure")
    return members


def _check_depth(value: Any) -> None:
    level: list[Any] = [value]
    depth = 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise _too_deep()
        level = [child for item in level for child in _children(item) if isinstance(child, (dict, list))]


def _children(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return cast("dict[str, Any]", value).values()
    return cast("list[Any]", value) if isinstance(value, list) else ()


def _too_deep() -> TooCostly:
    return TooCostly(f"The body is nested deeper than {MAX_DEPTH} levels.")


def _check_characters(raw: bytes, value: Any) -> None:
    if b"\\u0000" in raw and _NUL.search(raw):
        raise Invalid("The body holds the character U+0000.", code="value")
    if _SURROGATE.search(raw):
        try:
            write(value)
        except orjson.JSONEncodeError:
            raise Invalid("The body holds half of a surrogate pair.", code="value") from None
