"""Resources of packs beside those that are stored: read and searched with them.

A search gives those of packs first, then those that are stored; each part in the order asked for. A page
holds the one or the other, the total counts both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from kangshu.app.pack_facts import PackFacts
from kangshu.interfaces.web.fhir.access import grant_for
from kangshu.interfaces.web.fhir.call import Answer, Call, Handler
from kangshu.interfaces.web.fhir.read import fact_answer, read
from kangshu.interfaces.web.fhir.service import Service
from kangshu.kernel.facts.definition import Page
from kangshu.kernel.facts.reader import Reader, Use
from kangshu.kernel.facts.search.cursor import not_a_cursor
from kangshu.kernel.facts.search.query import Query

_MARK = "~"
"""Begins a cursor of ours; no cursor of the store has it."""
_STORED = f"{_MARK}stored"

TYPES = frozenset({"Measure", "Library"})
"""Of these types packs have resources."""


@dataclass(frozen=True, slots=True)
class Beside:
    """Searches what packs say and what is stored. `use` notes how many of packs were read."""

    reader: Reader
    packs: PackFacts
    use: Callable[[int], None]

    def count(self, query: Query) -> int:
        """How many of both satisfy a query."""
        return self.packs.count(query) + self.reader.count(query)

    def search(self, query: Query) -> Page:
        """One page of those of packs; behind the last one, pages of the store."""
        cursor = query.cursor
        if cursor is not None and not cursor.startswith(_MARK):
            return self._stored(query)
        if cursor == _STORED or not self.packs.count(query):
            return self._stored(replace(query, cursor=None))
        return self._of_packs(query, 0 if cursor is None else _number(cursor))

    def _stored(self, query: Query) -> Page:
        page = self.reader.search(query)
        total = None if page.total is None else page.total + self.packs.count(query)
        return replace(page, total=total)

    def _of_packs(self, query: Query, start: int) -> Page:
        page = self.packs.search(query, start)
        self.use(len(page.facts))
        stored = self.reader.count(query)
        following = f"{_MARK}{page.next}" if page.next else _STORED if stored else None
        total = None if query.total == "none" else self.packs.count(query) + stored
        return Page(page.facts, following, total)


def beside_packs(service: Service, call: Call, type_: str) -> Beside:
    """What searches a type of which packs have resources. Raises `Refused`."""
    grant = grant_for(service, call, "search", type_)
    platform = service.platform
    return Beside(
        platform.reader(grant),
        platform.pack_facts,
        lambda count: platform.note(grant, Use(type_, (), (), count)),
    )


def read_of_packs(type_: str) -> Handler:
    """Reads a resource of a pack, or one that is stored."""

    def handler(service: Service, call: Call) -> Answer:
        whole = call.with_names({**call.names, "type": type_})
        fact = service.platform.pack_facts.get(type_, call.id)
        if fact is None:
            return read(service, whole)
        grant = grant_for(service, whole, "read", type_)
        service.platform.note(grant, Use(type_, (f"{type_}/{call.id}",), (), 1))
        return fact_answer(service, whole, fact)

    return handler


def _number(cursor: str) -> int:
    text = cursor.removeprefix(_MARK)
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise not_a_cursor()
    return int(text)
