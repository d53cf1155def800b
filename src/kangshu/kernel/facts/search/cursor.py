"""Where a page starts, and the cursor that says so to a caller."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass

from kangshu.kernel.base.errors import Invalid, Problem
from kangshu.kernel.facts.definition import Fact
from kangshu.kernel.facts.search.query import Query


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page starts: after a line (in the order of storing), or at an offset (sorted)."""

    line: int | None
    offset: int

    @property
    def is_first(self) -> bool:
        """Whether nothing comes before."""
        return self.line is None and self.offset == 0

    @classmethod
    def parse(cls, query: Query) -> Position:
        """Where the page that a query asks for starts. Raises `Invalid` for a cursor not made here."""
        if query.cursor is None:
            return cls(None, 0)
        number = cursor_number(query.cursor)
        return cls(None, number) if query.sort else cls(number, 0)

    def after(self, query: Query, facts: Sequence[Fact]) -> str | None:
        """The cursor of the page that follows one with those facts."""
        if not facts:
            return None
        return cursor_of(self.offset + len(facts) if query.sort else facts[-1].line)


def cursor_of(number: int) -> str:
    """A number as a cursor, which callers need not understand."""
    return base64.urlsafe_b64encode(json.dumps([number]).encode()).decode().rstrip("=")


def cursor_number(cursor: str) -> int:
    """The number in a cursor. Raises `Invalid` if it was not made here."""
    try:
        content = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        number = content[0]
        if isinstance(number, int) and 0 <= number < 2**62:
            return number
    except (ValueError, TypeError, IndexError, KeyError):
        pass
    raise Invalid(
        "The page cursor is not one that was given out here.",
        remedy="Start the search again from its first page.",
        problems=(Problem("error", "value", "_cursor", "Not a cursor of this server."),),
    )
