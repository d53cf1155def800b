"""The tokens of FHIRPath. https://hl7.org/fhirpath/N1/#lexical-elements"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from kangshu.kernel.base.errors import Invalid

_DATE = r"\d{4}(?:-\d{2}(?:-\d{2})?)?"
_TIME = r"\d{2}(?::\d{2}(?::\d{2}(?:\.\d+)?)?)?"
_ZONE = r"Z|[+-]\d{2}:\d{2}"

_TOKEN = re.compile(
    rf"""
      (?P<space>(?:\s|//[^\n]*|/\*(?s:.*?)\*/)+)
    | (?P<dateTime>@{_DATE}T(?:{_TIME}(?:{_ZONE})?)?)
    | (?P<time>@T{_TIME})
    | (?P<date>@{_DATE})
    | (?P<decimal>\d+\.\d+)
    | (?P<integer>\d+)
    | (?P<string>'(?:[^'\\]|\\.)*')
    | (?P<quoted>`(?:[^`\\]|\\.)*`)
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<special>\$(?:this|index|total))
    | (?P<percent>%)
    | (?P<mark><=|>=|!=|!~|[-+*/&|=~<>.,()\[\]{{}}])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPED = {"'": "'", '"': '"', "`": "`", "\\": "\\", "/": "/", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of an expression; `at` is its column, from 1."""

    kind: str
    text: str
    at: int


def tokens(text: str) -> Iterator[Token]:
    """All tokens, with `end` behind the last. Raises `Invalid` with the column of what is none."""
    place = 0
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            raise wrong(place + 1, f"`{text[place]}` begins nothing FHIRPath knows")
        kind = found.lastgroup or ""
        if kind != "space":
            yield Token(kind, _content(kind, found.group(), place + 1), place + 1)
        place = found.end()
    yield Token("end", "", len(text) + 1)


def wrong(at: int, what: str) -> Invalid:
    """The error of an expression that is not FHIRPath."""
    return Invalid(f"Column {at}: {what}.", remedy="See https://hl7.org/fhirpath/N1/.")


def _content(kind: str, text: str, at: int) -> str:
    if kind in ("date", "dateTime"):
        return text[1:]
    if kind == "time":
        return text[2:]
    if kind in ("string", "quoted"):
        return _ESCAPE.sub(lambda found: _unescaped(found.group(1), at), text[1:-1])
    return text


def _unescaped(escape: str, at: int) -> str:
    if escape[0] == "u" and len(escape) > 1:
        return chr(int(escape[1:], 16))
    if escape not in _ESCAPED:
        raise wrong(at, f"`\\{escape}` is no escape of FHIRPath")
    return _ESCAPED[escape]
