"""From the entries of a message to facts: address, check, translate, identify, store.

One call works through one unit within one transaction. What is wrong is returned with its
problems, for the quarantine; the rest is stored. Nothing here decides by itself what is medicine:
types and terms come from the catalogue, persons from the identity domain by the function handed in, standard
codes from the maps that come with the origin.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import orjson

from kangshu.domains.intake.addressing import Addressing, Find
from kangshu.domains.intake.canonical import canonical, top_level
from kangshu.domains.intake.checking import Checker, has_error
from kangshu.domains.intake.references import Address
from kangshu.domains.intake.unit import Unit
from kangshu.domains.intake.work import Bad, Item, Origin, Taken, Work
from kangshu.kernel.base.errors import Invalid, Problem
from kangshu.kernel.facts import local_codes
from kangshu.kernel.facts.columns import columns_of
from kangshu.kernel.facts.database import Session
from kangshu.kernel.facts.definition import Draft, Outcome
from kangshu.kernel.facts.extract import Extractor
from kangshu.kernel.facts.parameters import Catalogue
from kangshu.kernel.facts.rows import body_hash
from kangshu.kernel.facts.store import Appender, Current


class Identify(Protocol):
    """Persons by address; see `identity.registrar`."""

    def __call__(
        self,
        session: Session,
        *,
        patients: Sequence[tuple[str, Mapping[str, Any]]],
        mentioned: Sequence[str],
        org: str,
        county: str,
        now: datetime,
    ) -> Mapping[str, int]: ...


class Pipeline:
    """The steps, with what they need. Stateless between calls; one per process will do."""

    def __init__(
        self, catalogue: Catalogue, checker: Checker, extractor: Extractor, identify: Identify, find: Find
    ) -> None:
        self._catalogue = catalogue
        self._checker = checker
        self._extractor = extractor
        self._identify = identify
        self._addressing = Addressing(catalogue, find)

    # -- bulk

    def take(self, session: Session, units: Sequence[tuple[int, Unit]], origin: Origin) -> list[Taken]:
        """Store what can be stored of units given with the number of their message.

        All of them in the caller's one transaction, in sets. In an atomic unit one bad entry holds back
        the others; no unit spoils another.
        """
        works = [self._addressing.read(session, message, unit, origin) for message, unit in units]
        appender = Appender(session, origin.now)
        self._addressing.resolve(session, appender, works, origin)
        fresh, same = self._changed(appender, [item for work in works for item in work.items], origin)
        self._check(fresh, works, origin)
        held = {work.message for work in works if work.unit.atomic and work.bad}
        for work in works:
            if work.message in held:
                work.bad += _held_back(work.items, work.bad)
            work.drop_bad()
        sound = {id(item) for work in works for item in work.items}
        stored = self._store(session, appender, [item for item in fresh if id(item) in sound], origin)
        _note_unknown(session, stored, origin)
        self._count(works, stored, [item for item in same if id(item) in sound])
        return [Taken(work.message, work.tally, work.bad) for work in works]

    def _count(self, works: list[Work], stored: list[tuple[Item, Outcome]], same: list[Item]) -> None:
        tallies = {work.message: work.tally for work in works}
        for item, outcome in stored:
            tally = tallies[item.message]
            (tally.unchanged if outcome.done == "unchanged" else tally.stored)[item.type] += 1
        for item in same:
            tallies[item.message].unchanged[item.type] += 1
        for work in works:
            tally = work.tally
            tally.quarantined.update(type_ for _, type_, _ in work.bad)
            tally.received = tally.stored + tally.unchanged + tally.quarantined

    def _changed(
        self, appender: Appender, items: list[Item], origin: Origin
    ) -> tuple[list[Item], list[Item]]:
        """(what is new or different, what is stored already): only the first is looked at closer."""
        current = appender.current({(item.type, item.id) for item in items})
        fresh: list[Item] = []
        same: list[Item] = []
        seen: dict[Address, bytes] = {}
        for item in items:
            address = (item.type, item.id)
            known = current.get(address)
            item.digest = _digest(item, origin)
            before = seen.get(address) or (known.hash if known and not known.deleted else None)
            gone = item.body is None and (known is None or known.deleted) and address not in seen
            (same if gone or before == item.digest else fresh).append(item)
            seen[address] = item.digest
        return fresh, same

    def _check(self, items: list[Item], works: list[Work], origin: Origin) -> None:
        """Validate what is new and work out its columns; what is wrong goes to its work's bad entries."""
        by_message = {work.message: work for work in works}
        for item in items:
            problems = self._examine(item, origin)
            if problems:
                by_message[item.message].set_aside(item, problems)

    def _examine(self, item: Item, origin: Origin) -> list[Problem]:
        """The problems of one item; if there are none, it is translated and its columns are known."""
        if item.body is None:
            return []
        problems, resource = self._checker.check(item.body)
        if resource is None:
            return problems
        translation = origin.translate(item.type, item.id, item.body, resource)
        item.unknown = translation.unknown
        if translation.body is not item.body:
            item.body = translation.body
            resource = orjson.loads(item.body)
        item.columns = columns_of(self._extractor.extract(item.type, resource))
        return []

    def _store(
        self, session: Session, appender: Appender, items: list[Item], origin: Origin
    ) -> list[tuple[Item, Outcome]]:
        subject = self._catalogue.subject_type
        patients = [
            (f"{item.type}/{item.id}", orjson.loads(item.body))
            for item in items
            if item.type == subject and item.body is not None
        ]
        own = {address for address, _ in patients}
        mentioned = {item.columns.subjects[0] for item in items if item.columns.subjects} - own
        found = self._identify(
            session,
            patients=patients,
            mentioned=sorted(mentioned),
            org=origin.org,
            county=origin.county,
            now=origin.now,
        )
        current = appender.current({(item.type, item.id) for item in items})
        drafts = [_draft(item, current.get((item.type, item.id)), found, origin) for item in items]
        return list(zip(items, appender.append(drafts), strict=True))

    # -- interactive

    def apply(
        self,
        session: Session,
        message: int,
        changes: Sequence[tuple[str, str, bytes | None, int | None]],
        origin: Origin,
    ) -> list[Outcome]:
        """Store changes given as (type, id, body, expected version), all or none.

        Raises `Invalid` with every problem, `Conflict` when a version is not the expected one.
        """
        problems: list[Problem] = []
        items: list[Item] = []
        for position, (type_, id_, body, if_version) in enumerate(changes):
            try:
                written_form = None if body is None else canonical(type_, id_, top_level(body))
            except Invalid as error:
                problems += error.as_problems()
                continue
            item = Item(message, position, type_, id_, written_form, if_version)
            item.digest = _digest(item, origin)
            problems += self._examine(item, origin)
            items.append(item)
        _refuse(problems)
        stored = self._store(session, Appender(session, origin.now), items, origin)
        _note_unknown(session, stored, origin)
        return [outcome for _, outcome in stored]

    def amend(
        self, session: Session, message: int, changes: Sequence[tuple[str, str, bytes, int]], origin: Origin
    ) -> list[Outcome]:
        """Put what is stored into another form, given as (type, id, body, version): a version more of the
        same content, so what was sent before still counts as stored when it comes again.

        Raises as `apply` does.
        """
        problems: list[Problem] = []
        items: list[Item] = []
        for position, (type_, id_, body, version) in enumerate(changes):
            item = Item(message, position, type_, id_, body, version, amends=True)
            problems += self._examine(item, origin)
            items.append(item)
        _refuse(problems)
        return [outcome for _, outcome in self._store(session, Appender(session, origin.now), items, origin)]


def _digest(item: Item, origin: Origin) -> bytes:
    return body_hash(b"" if item.body is None else origin.translate.sent(item.type, item.body))


def _note_unknown(session: Session, stored: list[tuple[Item, Outcome]], origin: Origin) -> None:
    """Put local codes that lead nowhere on the steward's list, counted once for every version stored.

    Last of a transaction, for it holds the rows of these codes until the end.
    """
    new = [seen for item, outcome in stored if outcome.done != "unchanged" for seen in item.unknown]
    local_codes.note(session, new, origin.now)


def _refuse(problems: list[Problem]) -> None:
    if has_error(problems):
        raise Invalid(
            "The resource breaks the rules of FHIR R4.",
            remedy="Mend what is listed.",
            problems=tuple(problems),
        )


def _draft(item: Item, current: Current | None, persons: Mapping[str, int], origin: Origin) -> Draft:
    """What is there keeps its institution, whoever corrects it, and its digest, if only its form changes."""
    subjects = item.columns.subjects
    person = persons.get(subjects[0]) if subjects else None
    return Draft(
        type=item.type,
        id=item.id,
        body=item.body or b"",
        columns=item.columns,
        person=current.person if person is None and current else person,
        org=current.org if current else origin.org,
        county=current.county if current else origin.county,
        message=item.message,
        deleted=item.body is None,
        if_version=item.if_version,
        digest=current.hash if item.amends and current else item.digest,
        amends=item.amends,
    )


def _held_back(items: list[Item], bad: list[Bad]) -> list[Bad]:
    """The sound entries of an atomic message that has unsound ones."""
    wrong = {position for position, _, _ in bad}
    problem = Problem(
        "error", "processing", "", "Held back: another entry of the same transaction has problems."
    )
    return [(item.position, item.type, [problem]) for item in items if item.position not in wrong]
