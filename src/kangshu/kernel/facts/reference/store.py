"""The fact store in plain Python: slow, obvious, never optimised. What the fast one is compared with.

It keeps every version in a list and answers a query by looking at all of them. It knows no grants and
writes no access log: those are the Reader's.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cmp_to_key

from kangshu.kernel.base.errors import Conflict, Gone, NotFound
from kangshu.kernel.facts.definition import Draft, Fact, Outcome, Page, Terms
from kangshu.kernel.facts.extract import Extractor
from kangshu.kernel.facts.reference.matching import Matching
from kangshu.kernel.facts.reference.order import order
from kangshu.kernel.facts.reference.version import Version
from kangshu.kernel.facts.search.query import Query


class ReferenceStore:
    """Facts in memory, with the promises of `store.Appender` and `reader.Reader`."""

    def __init__(self, extractor: Extractor) -> None:
        self._extractor = extractor
        self._versions: list[Version] = []

    # -- writing

    def append(self, drafts: Sequence[Draft], now: datetime) -> list[Outcome]:
        """As `Appender.append` in a transaction of its own: all or nothing, numbered by address."""
        before = list(self._versions)
        outcomes: dict[int, Outcome] = {}
        try:
            for place in sorted(range(len(drafts)), key=lambda place: (drafts[place].type, drafts[place].id)):
                outcomes[place] = self._append(drafts[place], now)
        except Conflict:
            self._versions = before
            raise
        return [outcomes[place] for place in range(len(drafts))]

    def _append(self, draft: Draft, now: datetime) -> Outcome:
        current = self._current(draft.type, draft.id)
        actual = 0 if current is None or current.deleted else current.version
        if draft.if_version not in (None, actual):
            raise Conflict(f"{draft.type}/{draft.id} is not at version {draft.if_version}.")
        is_same = current is not None and (current.deleted, current.body) == (draft.deleted, draft.body)
        if current is not None and is_same and not draft.amends:
            return Outcome(draft.type, draft.id, current.version, "unchanged", current.recorded_at)
        seq = len(self._versions) + 1
        terms = Terms() if draft.deleted else self._extractor.extract(draft.type, json.loads(draft.body))
        self._versions = [
            replace(v, fact=replace(v.fact, superseded_at=now)) if v.fact is current else v
            for v in self._versions
        ]
        fact = Fact(
            seq=seq,
            line=seq if current is None else current.line,
            type=draft.type,
            id=draft.id,
            version=1 if current is None else current.version + 1,
            person=draft.person,
            org=draft.org,
            county=draft.county,
            happened=_moment(terms.happened),
            recorded_at=now,
            superseded_at=None,
            message=draft.message,
            deleted=draft.deleted,
            body=draft.body,
        )
        self._versions.append(Version(fact, terms))
        if draft.deleted:
            return Outcome(draft.type, draft.id, fact.version, "deleted", now)
        was_there = current is not None and not current.deleted
        return Outcome(draft.type, draft.id, fact.version, "updated" if was_there else "created", now)

    def _current(self, type: str, id: str) -> Fact | None:
        for version in self._versions:
            if version.is_current and (version.fact.type, version.fact.id) == (type, id):
                return version.fact
        return None

    # -- reading

    def read(self, type: str, id: str) -> Fact:
        """As `Reader.read`."""
        current = self._current(type, id)
        if current is None:
            raise NotFound(f"There is no {type} with this id.")
        if current.deleted:
            raise Gone(f"{type}/{id} has been deleted.")
        return current

    def vread(self, type: str, id: str, version: int) -> Fact:
        """As `Reader.vread`."""
        for each in self._versions:
            if (each.fact.type, each.fact.id, each.fact.version) == (type, id, version):
                if each.fact.deleted:
                    raise Gone(f"Version {version} of {type}/{id} is its deletion.")
                return each.fact
        raise NotFound(f"There is no {type} with this id and version.")

    def read_many(self, addresses: Sequence[tuple[str, str]]) -> list[Fact]:
        """As `Reader.read_many`."""
        return [v.fact for v in self._versions if v.is_seen and (v.fact.type, v.fact.id) in addresses]

    def of_person(self, person: int, types: Sequence[str] | None = None) -> list[Fact]:
        """As `Reader.of_person`."""
        found = [
            v.fact
            for v in self._versions
            if v.is_seen and v.fact.person == person and (types is None or v.fact.type in types)
        ]
        known = [fact for fact in found if fact.happened is not None]
        unknown = [fact for fact in found if fact.happened is None]
        known.sort(key=lambda fact: (fact.happened, fact.line), reverse=True)
        return known + sorted(unknown, key=lambda fact: fact.line, reverse=True)

    def history(
        self,
        *,
        type: str | None = None,
        id: str | None = None,
        since: datetime | None = None,
        at: tuple[datetime, datetime] | None = None,
        count: int = 100,
        cursor: str | None = None,
    ) -> Page:
        """As `Reader.history`; the cursor is the number of versions already seen."""
        known = [v.fact for v in reversed(self._versions)]
        if id is not None and not any((fact.type, fact.id) == (type, id) for fact in known):
            raise NotFound(f"There is no {type} with this id.")
        facts = [
            fact
            for fact in known
            if type in (None, fact.type)
            and id in (None, fact.id)
            and (since is None or fact.recorded_at >= since)
            and (at is None or _was_current(fact, *at))
        ]
        return _page(facts, count, cursor, total=len(facts) if id is not None else None)

    # -- searching

    def count(self, query: Query) -> int:
        """As `Reader.count`."""
        return len(self._matches(query))

    def search(self, query: Query) -> Page:
        """As `Reader.search`; always counted."""
        matches = self._matches(query)
        matches.sort(key=cmp_to_key(order(query.sort)))
        facts = [match.fact for match in matches]
        return _page(facts, query.count, query.cursor, total=len(facts))

    def _matches(self, query: Query) -> list[Version]:
        matching = Matching(self._versions)
        return [
            v
            for v in self._versions
            if v.is_seen and v.fact.type in query.types and matching.satisfies_all(v, query.where)
        ]


def _page(facts: list[Fact], count: int, cursor: str | None, *, total: int | None) -> Page:
    start = int(cursor or 0)
    end = start + count
    return Page(facts[start:end], str(end) if end < len(facts) else None, total)


def _was_current(fact: Fact, start: datetime, end: datetime) -> bool:
    return fact.recorded_at < end and (fact.superseded_at is None or fact.superseded_at > start)


def _moment(seconds: float | None) -> datetime | None:
    if seconds is None:
        return None
    earliest, latest = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    return datetime.fromtimestamp(min(max(seconds, earliest.timestamp()), latest.timestamp()), UTC)
