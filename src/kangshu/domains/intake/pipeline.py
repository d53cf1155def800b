"""From the entries of a message to facts: check, resolve references, identify, store.

One call works through one unit within one transaction. What is wrong is returned with its
problems, for the quarantine; the rest is stored. Nothing here decides by itself what is medicine:
types and terms come from the catalogue, persons from the identity domain by the function handed in.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import orjson

from kangshu.domains.intake.canonical import canonical, is_id, text_of, top_level
from kangshu.domains.intake.reading import Entry, Unit
from kangshu.domains.intake.references import Address, local_address, rewrite, written
from kangshu.domains.intake.validation import problems_of
from kangshu.kernel.base.errors import Invalid, Problem
from kangshu.kernel.base.ids import derived_id
from kangshu.kernel.facts import claims
from kangshu.kernel.facts.database import Session
from kangshu.kernel.facts.definition import Draft, Outcome, Terms
from kangshu.kernel.facts.extract import Extractor
from kangshu.kernel.facts.parameters import Catalogue
from kangshu.kernel.facts.rows import body_hash
from kangshu.kernel.facts.store import Appender

Find = Callable[[Session, str, str], list[str]]
"""Ids of the current facts of a type that a search (`identifier=…`) finds: (session, type, search)."""


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


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a message is from. `message` is its number in the journal."""

    org: str
    county: str
    message: int
    received: datetime


@dataclass(slots=True)
class Tally:
    """Counts by type of what became of the entries of a message."""

    received: Counter[str] = field(default_factory=Counter[str])
    stored: Counter[str] = field(default_factory=Counter[str])
    unchanged: Counter[str] = field(default_factory=Counter[str])
    quarantined: Counter[str] = field(default_factory=Counter[str])

    def add(self, other: Tally) -> None:
        self.received += other.received
        self.stored += other.stored
        self.unchanged += other.unchanged
        self.quarantined += other.quarantined

    def as_json(self) -> dict[str, dict[str, int]]:
        return {
            name: dict(sorted(getattr(self, name).items()))
            for name in ("received", "stored", "unchanged", "quarantined")
        }


def parse_tally(data: Mapping[str, Mapping[str, int]]) -> Tally:
    """A tally from its JSON form."""
    return Tally(**{name: Counter(dict(data.get(name, {}))) for name in Tally.__slots__})


Bad = tuple[int, str, list[Problem]]
"""(position, type, problems)"""


@dataclass(slots=True)
class _Item:
    """One entry on its way. `body` None: delete."""

    position: int
    type: str
    id: str
    body: bytes | None
    if_version: int | None = None
    terms: Terms | None = None


class Pipeline:
    """The steps, with what they need. Stateless between calls; one per process will do."""

    def __init__(self, catalogue: Catalogue, extractor: Extractor, identify: Identify, find: Find) -> None:
        self._catalogue = catalogue
        self._extractor = extractor
        self._identify = identify
        self._find = find

    # -- bulk

    def take(self, session: Session, unit: Unit, origin: Origin) -> tuple[Tally, list[Bad]]:
        """Store what can be stored of a unit. With `atomic`, one bad entry holds back all of them."""
        tally = Tally()
        bad: list[Bad] = [(position, "?", [problem]) for position, problem in unit.bad]
        items: list[_Item] = []
        targets: dict[bytes, bytes] = {}
        for entry in unit.entries:
            try:
                item = self._read(session, entry, origin, targets)
            except Invalid as error:
                bad.append((entry.position, _type_of(entry.raw), list(error.problems)))
                continue
            if item is not None:
                items.append(item)
        appender = Appender(session, origin.received)
        items = self._resolve(session, appender, items, targets, origin, bad)
        fresh, same = self._changed(appender, items)
        fresh = self._check(fresh, bad)
        sound = {item.position for item in items}
        tally.received.update(item.type for item in items)
        tally.received.update(type_ for position, type_, _ in bad if position not in sound)
        if unit.atomic and bad:
            bad += _held_back(items, bad)
            tally.quarantined.update(type_ for _, type_, _ in bad)
            return tally, bad
        outcomes = self._store(session, appender, fresh, origin)
        done = Counter(o.type for o in outcomes if o.done == "unchanged")
        tally.stored.update(o.type for o in outcomes if o.done != "unchanged")
        tally.unchanged.update(item.type for item in same)
        tally.unchanged.update(done)
        tally.quarantined.update(type_ for _, type_, _ in bad)
        return tally, bad

    def _read(self, session: Session, entry: Entry, origin: Origin, targets: dict[bytes, bytes]) -> _Item | None:
        """Address and properties of an entry; its full URL becomes a target for the references of others."""
        if entry.method == "DELETE":
            address = local_address(entry.url)
            if address is None:
                raise _invalid("value", "request.url", "A deletion names Type/id.")
            return _Item(entry.position, *address, body=None)
        properties = top_level(entry.raw)
        type_ = text_of(properties.get("resourceType"))
        if type_ is None or type_ not in self._catalogue.types:
            raise _invalid("structure", "resourceType", "This is not a resource type of FHIR R4.")
        if entry.if_none_exist:
            found = self._find(session, type_, entry.if_none_exist)
            if len(found) > 1:
                raise _invalid("multiple-matches", "request.ifNoneExist", "More than one resource matches.")
            if found:
                _name(targets, entry.full_url, type_, found[0])
                return None
        id_ = self._id(session, entry, type_, text_of(properties.get("id")), "id" in properties, origin)
        _name(targets, entry.full_url, type_, id_)
        return _Item(entry.position, type_, id_, canonical(type_, id_, properties))

    def _id(self, session: Session, entry: Entry, type_: str, own: str | None, given: bool, origin: Origin) -> str:
        """The resource's own id; else the one its URL names; else one derived from what identifies the entry."""
        if given:
            if own is None or not is_id(own):
                raise _invalid("value", f"{type_}.id", "An id has 1 to 64 letters, digits, - and . only.")
            return own
        path, _, search = entry.url.partition("?")
        if entry.method == "PUT" and search:
            found = self._find(session, type_, search)
            if len(found) > 1:
                raise _invalid("multiple-matches", "request.url", "More than one resource matches.")
            return found[0] if found else derived_id(origin.org, type_, search)
        if entry.method == "PUT" and (address := local_address(path)):
            return address[1]
        if match := _UUID.fullmatch(entry.full_url):
            return match[1]
        return derived_id(origin.org, str(origin.message), str(entry.position))

    def _resolve(
        self,
        session: Session,
        appender: Appender,
        items: list[_Item],
        targets: dict[bytes, bytes],
        origin: Origin,
        bad: list[Bad],
    ) -> list[_Item]:
        """Give every item and every reference the address it has here.

        Institutions number on their own, so two of them may mean different things by `Patient/1`.
        Whoever first spoke of it has the plain id; for anyone else the id is derived from the
        institution's code and theirs.
        """
        mentioned = self._mentioned(session, items, targets, bad)
        unresolved = {position for position, _, _ in bad}
        items = [item for item in items if item.position not in unresolved]
        defined = {(item.type, item.id) for item in items}
        foreign = claims.foreign(session, appender.current(defined | mentioned), defined | mentioned, origin.org)
        claims.claim(session, mentioned - defined - appender.current(mentioned).keys(), origin.org)
        for type_, id_ in foreign:
            alias = derived_id(origin.org, type_, id_)
            targets[f"{type_}/{id_}".encode()] = f"{type_}/{alias}".encode()
        for full_url, target in list(targets.items()):
            targets[full_url] = targets.get(target, target)
        for item in items:
            self._rename(item, foreign, targets, origin)
        return items

    def _mentioned(
        self, session: Session, items: list[_Item], targets: dict[bytes, bytes], bad: list[Bad]
    ) -> set[Address]:
        """Addresses the items refer to. Conditional references (`Patient?identifier=…`) are looked up on the way."""
        mentioned: set[Address] = set()
        for item in items:
            for reference in written(item.body or b""):
                target = targets.get(reference, reference)
                if b"?" in target and target is reference:
                    target = self._look_up(session, item, reference, targets, bad)
                address = local_address(target.decode("utf-8", "replace"))
                if address is not None and address[0] in self._catalogue.types:
                    mentioned.add(address)
        return mentioned

    def _look_up(
        self, session: Session, item: _Item, reference: bytes, targets: dict[bytes, bytes], bad: list[Bad]
    ) -> bytes:
        type_, _, search = reference.decode("utf-8", "replace").partition("?")
        if type_ not in self._catalogue.types:
            return reference
        found = self._find(session, type_, search)
        if len(found) != 1:
            what = "No resource matches" if not found else "More than one resource matches"
            bad.append((item.position, item.type, [Problem("error", "not-found", "reference", f"{what} a conditional reference.")]))
            return reference
        targets[reference] = f"{type_}/{found[0]}".encode()
        return targets[reference]

    def _rename(
        self, item: _Item, foreign: set[Address], targets: Mapping[bytes, bytes], origin: Origin
    ) -> None:
        if (item.type, item.id) in foreign:
            alias = derived_id(origin.org, item.type, item.id)
            if item.body is not None:
                item.body = canonical(item.type, alias, top_level(item.body))
            item.id = alias
        if targets and item.body is not None:
            item.body = rewrite(item.body, targets)

    def _changed(self, appender: Appender, items: list[_Item]) -> tuple[list[_Item], list[_Item]]:
        """(what is new or different, what is stored already). Only the first kind need be looked at closer."""
        current = appender.current({(item.type, item.id) for item in items})
        fresh: list[_Item] = []
        same: list[_Item] = []
        seen: dict[Address, bytes] = {}
        for item in items:
            address = (item.type, item.id)
            known = current.get(address)
            digest = body_hash(item.body or b"")
            before = seen.get(address) or (known.hash if known and not known.deleted else None)
            gone = item.body is None and (known is None or known.deleted) and address not in seen
            (same if gone or before == digest else fresh).append(item)
            seen[address] = digest
        return fresh, same

    def _check(self, items: list[_Item], bad: list[Bad]) -> list[_Item]:
        """Validate, and work out the terms, of what is new."""
        good: list[_Item] = []
        for item in items:
            if item.body is None:
                item.terms = Terms()
                good.append(item)
                continue
            problems = problems_of(item.body)
            if any(problem.severity == "error" for problem in problems):
                bad.append((item.position, item.type, problems))
                continue
            item.terms = self._extractor.extract(item.type, orjson.loads(item.body))
            good.append(item)
        return good

    def _store(
        self, session: Session, appender: Appender, items: list[_Item], origin: Origin
    ) -> list[Outcome]:
        subject = self._catalogue.subject_type
        patients = [
            (f"{item.type}/{item.id}", orjson.loads(item.body))
            for item in items
            if item.type == subject and item.body is not None
        ]
        own = {address for address, _ in patients}
        mentioned = {item.terms.subjects[0] for item in items if item.terms and item.terms.subjects} - own
        found = self._identify(
            session, patients=patients, mentioned=sorted(mentioned), org=origin.org, county=origin.county, now=origin.received
        )
        current = appender.current({(item.type, item.id) for item in items})
        drafts = [self._draft(item, current.get((item.type, item.id)), found, origin) for item in items]
        return appender.append(drafts)

    def _draft(self, item: _Item, current: Any, found: Mapping[str, int], origin: Origin) -> Draft:
        """What is already there keeps its institution, whoever corrects it."""
        terms = item.terms or Terms()
        return Draft(
            type=item.type,
            id=item.id,
            body=item.body or b"",
            terms=terms,
            person=found.get(terms.subjects[0]) if terms.subjects else (current.person if current else None),
            org=current.org if current else origin.org,
            county=current.county if current else origin.county,
            message=origin.message,
            deleted=item.body is None,
            if_version=item.if_version,
        )

    # -- interactive

    def apply(
        self, session: Session, items: Sequence[tuple[str, str, bytes | None, int | None]], origin: Origin
    ) -> list[Outcome]:
        """Store changes given as (type, id, body, expected version), all or none.

        Raises `Invalid` with every problem (paths prefixed by the position when there are several),
        `Conflict` when a version is not the expected one.
        """
        problems: list[Problem] = []
        work: list[_Item] = []
        for position, (type_, id_, body, if_version) in enumerate(items):
            try:
                written_form = None if body is None else canonical(type_, id_, top_level(body))
            except Invalid as error:
                problems += error.problems
                continue
            work.append(_Item(position, type_, id_, written_form, if_version))
        bad: list[Bad] = []
        work = self._check(work, bad)
        problems += [problem for _, _, found in bad for problem in found]
        if problems:
            raise Invalid("The resource breaks the rules of FHIR R4.", remedy="Mend what is listed.", problems=tuple(problems))
        return self._store(session, Appender(session, origin.received), work, origin)


_UUID = re.compile(r"urn:uuid:([0-9a-fA-F-]{36})")
_TYPE = re.compile(rb'"resourceType"\s*:\s*"([A-Za-z]{1,64})"')


def _invalid(code: str, path: str, message: str) -> Invalid:
    return Invalid(message, problems=(Problem("error", code, path, message),))


def _type_of(raw: bytes) -> str:
    match = _TYPE.search(raw)
    return match[1].decode() if match else "?"


def _name(targets: dict[bytes, bytes], full_url: str, type_: str, id_: str) -> None:
    if full_url:
        targets[full_url.encode()] = f"{type_}/{id_}".encode()


def _held_back(items: list[_Item], bad: list[Bad]) -> list[Bad]:
    """The sound entries of an atomic message that has unsound ones."""
    wrong = {position for position, _, _ in bad}
    problem = Problem("error", "processing", "", "Held back: another entry of the same transaction has problems.")
    return [(item.position, item.type, [problem]) for item in items if item.position not in wrong]
