"""Where a page starts, and the cursor that says so to a caller.

A cursor stands in addresses, so it holds no value that was searched or sorted by, a birth date say. What
sorts by a value names the version of the fact behind which the next page starts, by its id, as addresses do:
that keeps its value, whatever becomes of the fact.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass

from kangshu.kernel.base.errors import Invalid, Problem
from kangshu.kernel.facts.definition import Fact
from kangshu.kernel.facts.search.order import key_column
from kangshu.kernel.facts.search.query import Query

_CURSOR = re.compile(r"(?P<number>[0-9]{1,18})(/(?P<id>[ -~]+))?")


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page starts.

    line     after this line, in the order of storing
    version  after this version (id, number) of a fact, sorted by one column
    offset   after so many facts, sorted otherwise
    """

    line: int | None = None
    version: tuple[str, int] | None = None
    offset: int = 0

    @property
    def is_first(self) -> bool:
        """Whether nothing comes before."""
        return self == Position()

    @classmethod
    def parse(cls, query: Query) -> Position:
        """Where the page that a query asks for starts. Raises `Invalid` for a cursor not made here."""
        if query.cursor is None:
            return cls()
        number, id_ = _read(query.cursor)
        if (id_ is None) == (key_column(query) is not None):
            raise not_a_cursor()
        if id_ is not None:
            return cls(version=(id_, number))
        return cls(offset=number) if query.sort else cls(line=number)

    def after(self, query: Query, facts: Sequence[Fact]) -> str:
        """The cursor of the page that follows one with those facts."""
        if key_column(query) is not None:
            return _written(f"{facts[-1].version}/{facts[-1].id}")
        return cursor_of(self.offset + len(facts) if query.sort else facts[-1].line)


def cursor_of(number: int) -> str:
    """A number as a cursor, which callers need not understand."""
    return _written(str(number))


def cursor_number(cursor: str) -> int:
    """The number in a cursor. Raises `Invalid` if it was not made here."""
    number, id_ = _read(cursor)
    if id_ is not None:
        raise not_a_cursor()
    return number


def not_a_cursor() -> Invalid:
    """That the cursor leads nowhere."""
    return Invalid(
        "The page cursor is not one that was given out here.",
        remedy="Start the search again from its first page.",
        problems=(Problem("error", "value", "_cursor", "Not a cursor of this server."),),
    )


def _written(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(cursor: str) -> tuple[int, str | None]:
    """The number in a cursor, and the id if there is one."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except ValueError:
        raise not_a_cursor() from None
    found = _CURSOR.fullmatch(text)
    if found is None:
        raise not_a_cursor()
    return int(found["number"]), found["id"]
