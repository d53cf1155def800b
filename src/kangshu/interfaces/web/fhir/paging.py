"""Links between the pages of a result.

https://hl7.org/fhir/R4/http.html#paging

The store knows the way forward only, so a page's address carries the way it was reached: the
cursors of the pages before it, the last one its own, joined by dots. All of them are opaque and
hold no value from anybody's data.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import quote, urlencode

from kangshu.interfaces.web.fhir.call import Call, Params
from kangshu.kernel.base.errors import Invalid, Problem

CURSOR = "_page"
"""Our own parameter; only ever taken from a link of a Bundle."""

MAX_TRAIL = 50
"""Pages one can go back. A longer way has an empty cursor for its lost beginning."""

Trail = tuple[str, ...]


def trail_of(call: Call) -> Trail:
    """The cursors that led to the page asked for; empty for the first page. Raises Invalid."""
    text = call.param(CURSOR)
    trail = tuple(text.split(".")) if text else ()
    if len(trail) > MAX_TRAIL + 1 or (trail and not trail[-1]):
        problem = Problem("error", "value", CURSOR, "Not a page of this server.")
        raise Invalid(problem.message, remedy="Start from the first page.", problems=(problem,))
    return trail


def cursor_of(trail: Trail) -> str | None:
    """Where the store shall go on; None for the first page."""
    return trail[-1] if trail else None


@contextmanager
def pages_told() -> Generator[None]:
    """What the store says of a cursor is said of the parameter that brought it."""
    try:
        yield
    except Invalid as error:
        problems = tuple(
            replace(each, path=CURSOR) if each.path == "_cursor" else each for each in error.problems
        )
        raise Invalid(error.message, remedy=error.remedy, code=error.code, problems=problems) from None


def page_links(where: str, used: Params, trail: Trail, following: str | None) -> list[tuple[str, str]]:
    """(relation, address) for self, first, previous and next, as far as there are such pages.

    `used` are the parameters that were taken into account.
    """
    used = tuple(pair for pair in used if pair[0] != CURSOR)
    links = [("self", _page(where, used, trail)), ("first", address(where, used))]
    if trail and trail[:-1] != ("",):
        links.append(("previous", _page(where, used, trail[:-1])))
    if following is not None:
        links.append(("next", _page(where, used, _extended(trail, following))))
    return links


def address(where: str, pairs: Params) -> str:
    """An address with parameters."""
    return f"{where}?{urlencode(pairs, quote_via=quote, safe=':,|/$*')}" if pairs else where


def _page(where: str, used: Params, trail: Trail) -> str:
    return address(where, (*used, (CURSOR, ".".join(trail))) if trail else used)


def _extended(trail: Trail, cursor: str) -> Trail:
    longer = (*trail, cursor)
    return longer if len(longer) <= MAX_TRAIL else ("", *longer[-MAX_TRAIL + 1 :])
