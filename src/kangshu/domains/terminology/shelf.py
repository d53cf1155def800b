"""The shelf: every code system, value set and concept map that is stored, compiled, and kept current.

One per process. It follows the change feed, so it never reads what it has read.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import orjson

from kangshu.domains.terminology.parts import Part, joined, part_of
from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.base.time import Clock
from kangshu.kernel.codes.code_system import CodeSystem, parse_code_system
from kangshu.kernel.codes.coding import Json, text_of
from kangshu.kernel.codes.concept_map import ConceptMap
from kangshu.kernel.codes.library import Deferred, Item, Library, library_of, parse_item
from kangshu.kernel.codes.ucum import UCUM, with_grammar
from kangshu.kernel.codes.value_set import ValueSet
from kangshu.kernel.facts import feed
from kangshu.kernel.facts.database import Database
from kangshu.kernel.facts.definition import Fact

TYPES = ("CodeSystem", "ValueSet", "ConceptMap")

OWN = "KANGSHU"
"""The source of what the platform itself imported or a steward approved. Nobody else overrules that."""

FRESH = timedelta(milliseconds=500)
"""So long what another process stored may be overlooked."""

_PAGE = 20
"""Facts read at a time: a code system may have megabytes."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A version on the shelf; `item` is None if it was deleted or cannot be used, or is a part of one."""

    version: int
    org: str
    item: Item | None
    part: Part | None = None


class Shelf:
    """Answers with the library of the moment. Thread-safe."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str], _Kept] = {}
        self._cursors: dict[str, str | None] = dict.fromkeys(TYPES)
        self._library = Library()
        self._own_maps: tuple[ConceptMap, ...] = ()
        self._looked: datetime | None = None
        self._seen = 0

    def library(self) -> Library:
        """What is stored, at most `FRESH` ago; what this process stored before is always in it.

        Concept maps are those of today.
        """
        self._refresh()
        today = self._clock().date()
        if self._library.on != today:
            # The same object all day: others remember by it.
            self._library = self._library.as_of(today)
        return self._library

    def approved_maps(self) -> tuple[ConceptMap, ...]:
        """The concept maps of the platform itself, of every day: they translate what institutions send."""
        self._refresh()
        return self._own_maps

    def changed(self, types: Iterable[str]) -> None:
        """Told what this process has just stored: the next question looks again."""
        if not self._looked or any(type_ in TYPES for type_ in types):
            self._looked = None

    @property
    def generation(self) -> int:
        """Grows with every change: what is computed from the library is good as long as this stays."""
        return self._seen

    def _refresh(self) -> None:
        now = self._clock()
        if self._looked is not None and now - self._looked < FRESH:
            return
        with self._lock:
            if self._looked is not None and now - self._looked < FRESH:
                return
            # Before reading: what is stored meanwhile makes it stale again.
            self._looked = now
            new = [type_ for type_ in TYPES if self._follow(type_)]
            if new:
                self._rebuild()

    def _follow(self, type_: str) -> bool:
        """Take in what is new of a type; whether there was anything."""
        is_new = False
        while True:
            facts = self._page(type_)
            for fact in facts:
                self._keep(fact)
            is_new = is_new or bool(facts)
            if len(facts) < _PAGE:
                return is_new

    def _page(self, type_: str) -> list[Fact]:
        with self._database.connection() as session:
            try:
                facts, cursor = feed.read(session, type_, self._cursors[type_], _PAGE)
            except Invalid:
                # The database was restored: everything comes again.
                self._kept = {key: kept for key, kept in self._kept.items() if key[0] != type_}
                facts, cursor = feed.read(session, type_, None, _PAGE)
        self._cursors[type_] = cursor
        return facts

    def _keep(self, fact: Fact) -> None:
        key = (fact.type, fact.id)
        before = self._kept.get(key)
        if before is None or before.version < fact.version:
            self._kept[key] = _Kept(fact.version, fact.org, None) if fact.deleted else _kept(fact)

    def _rebuild(self) -> None:
        kept = [each for each in self._kept.values() if each.item is not None]
        own = [each.item for each in kept if each.org == OWN and each.item is not None]
        own += joined(each.part for each in self._kept.values() if each.part is not None)
        taken = {_name(item) for item in own}
        others = [each.item for each in kept if each.org != OWN and each.item is not None]
        self._library = library_of([*(item for item in others if _name(item) not in taken), *own])
        self._own_maps = tuple(item for item in own if isinstance(item, ConceptMap))
        self._seen += 1


def _kept(fact: Fact) -> _Kept:
    resource = orjson.loads(fact.body)
    # Only what we store ourselves is taken for a part of something.
    part = part_of(resource, fact.body) if fact.org == OWN else None
    item = _parsed(fact, resource) if part is None and resource.get("url") else None
    return _Kept(fact.version, fact.org, item, part)


def _parsed(fact: Fact, resource: Json) -> Item | None:
    if fact.type == "CodeSystem":
        return Deferred(
            url=text_of(resource, "url"),
            version=text_of(resource, "version"),
            content=text_of(resource, "content"),
            value_set=text_of(resource, "valueSet"),
            load=partial(_compiled, fact.body),
        )
    try:
        return parse_item(resource)
    except Invalid:
        return None


def _compiled(body: bytes) -> CodeSystem:
    system = parse_code_system(orjson.loads(body))
    return with_grammar(system) if system.url == UCUM else system


def _name(item: Item) -> tuple[bool, bool, str]:
    return isinstance(item, ValueSet), isinstance(item, ConceptMap), item.url
