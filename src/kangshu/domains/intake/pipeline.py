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

from kangshu.domains.intake.canonical import canonical, head_of, is_id, stored_form, top_level
from kangshu.domains.intake.checking import Checker, has_error
from kangshu.domains.intake.reading import Entry, Unit
from kangshu.domains.intake.references import Address, local_address, rewrite
from kangshu.kernel.base.errors import Invalid, Problem
from kangshu.kernel.base.ids import derived_id
from kangshu.kernel.facts import claims
from kangshu.kernel.facts.columns import NO_COLUMNS, columns_of
from kangshu.kernel.facts.condition import name_of_text
from kangshu.kernel.facts.database import Session
from kangshu.kernel.facts.definition import Columns, Draft, Outcome
from kangshu.kernel.facts.exclusive import exclusive_until_commit
from kangshu.kernel.facts.extract import Extractor
from kangshu.kernel.facts.parameters import Catalogue
from kangshu.kernel.facts.rows import body_hash
from kangshu.kernel.facts.store import Appender, Current

Find = Callable[[Session, str, str], list[tuple[str, str]]]
"""(id, institution) of current facts that a search (`identifier=…`) finds: (session, type, search)."""


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
    """Where messages are from: the institution, its county, and when they are worked through.

    last  nothing more is on its way: what a conditional reference does not find now is missing
    """

    org: str
    county: str
    now: datetime
    last: bool = True


class TooEarly(Exception):
    """A message refers, by a condition, to what another one on its way may bring."""


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

    message: int
    position: int
    type: str
    id: str
    body: bytes | None
    if_version: int | None = None
    digest: bytes = b""
    columns: Columns = NO_COLUMNS


@dataclass(slots=True)
class _Work:
    """One unit of a message on its way: what is still sound, what is not, and where its references lead.

    targets  what entries are called in the message -> the address they were sent under
    found    conditional references and creations -> the address here of what they found
    """

    message: int
    unit: Unit
    items: list[_Item] = field(default_factory=list[_Item])
    bad: list[Bad] = field(default_factory=list[Bad])
    targets: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])
    found: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])
    tally: Tally = field(default_factory=Tally)

    def set_aside(self, item: _Item, problems: list[Problem]) -> None:
        """Note problems of an entry, together with those noted before."""
        for position, _, noted in self.bad:
            if position == item.position:
                noted.extend(problems)
                return
        self.bad.append((item.position, item.type, problems))

    def drop_bad(self) -> None:
        wrong = {position for position, _, _ in self.bad}
        self.items = [item for item in self.items if item.position not in wrong]


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one unit."""

    message: int
    tally: Tally
    bad: list[Bad]


class Pipeline:
    """The steps, with what they need. Stateless between calls; one per process will do."""

    def __init__(
        self, catalogue: Catalogue, checker: Checker, extractor: Extractor, identify: Identify, find: Find
    ) -> None:
        self._catalogue = catalogue
        self._checker = checker
        self._extractor = extractor
        self._identify = identify
        self._find = find

    # -- bulk

    def take(self, session: Session, units: Sequence[tuple[int, Unit]], origin: Origin) -> list[Taken]:
        """Store what can be stored of units given with the number of their message.

        All of them in the caller's one transaction, in sets. In an atomic unit one bad entry holds back
        the others; no unit spoils another.
        """
        works = [self._read(session, message, unit, origin) for message, unit in units]
        appender = Appender(session, origin.now)
        self._resolve(session, appender, works, origin)
        fresh, same = self._changed(appender, [item for work in works for item in work.items])
        self._check(fresh, works)
        held = {work.message for work in works if work.unit.atomic and work.bad}
        for work in works:
            if work.message in held:
                work.bad += _held_back(work.items, work.bad)
            work.drop_bad()
        sound = {id(item) for work in works for item in work.items}
        stored = self._store(session, appender, [item for item in fresh if id(item) in sound], origin)
        self._count(works, stored, [item for item in same if id(item) in sound])
        return [Taken(work.message, work.tally, work.bad) for work in works]

    def _count(self, works: list[_Work], stored: list[tuple[_Item, Outcome]], same: list[_Item]) -> None:
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

    def _read(self, session: Session, message: int, unit: Unit, origin: Origin) -> _Work:
        work = _Work(message, unit, bad=[(position, "?", [problem]) for position, problem in unit.bad])
        for entry in unit.entries:
            try:
                item = self._read_entry(session, work, entry, origin)
            except Invalid as error:
                work.bad.append((entry.position, self._type_of(entry.raw), list(error.problems)))
                continue
            if item is not None:
                work.items.append(item)
        return work

    def _read_entry(self, session: Session, work: _Work, entry: Entry, origin: Origin) -> _Item | None:
        """Address and properties of an entry; its full URL becomes a target for the references of others."""
        if entry.method == "DELETE":
            address = local_address(entry.url)
            if address is None or address[0] not in self._catalogue.types:
                raise _invalid("value", "request.url", "A deletion names Type/id.")
            return _Item(work.message, entry.position, *address, body=None)
        head = head_of(entry.raw)
        type_ = head.resource_type
        if type_ is None or type_ not in self._catalogue.types:
            raise _invalid("structure", "resourceType", "This is not a resource type of FHIR R4.")
        if entry.if_none_exist:
            found = _preferred(self._find_alone(session, type_, entry.if_none_exist), origin.org)
            if len(found) > 1:
                raise _invalid("multiple-matches", "request.ifNoneExist", "More than one resource matches.")
            if found:
                _name(work.found, entry.full_url, type_, found[0])
                if head.id:
                    _name(work.found, f"{type_}/{head.id}", type_, found[0])
                work.tally.unchanged[type_] += 1
                return None
        id_ = self._id(session, work.message, entry, type_, head.id, origin)
        _name(work.targets, entry.full_url, type_, id_)
        return _Item(work.message, entry.position, type_, id_, stored_form(type_, id_, entry.raw, head.meta))

    def _find_alone(self, session: Session, type_: str, search: str) -> list[tuple[str, str]]:
        """What the condition of a creation finds; if nothing, who asks the same waits for this one."""
        found = self._find(session, type_, search)
        if found:
            return found
        exclusive_until_commit(session, name_of_text(type_, search))
        return self._find(session, type_, search)

    def _id(
        self, session: Session, message: int, entry: Entry, type_: str, own: str | None, origin: Origin
    ) -> str:
        """That of what a conditional update finds, else the resource's own, else that of its URL, else one
        derived from what identifies the entry."""
        if own is not None and not is_id(own):
            raise _invalid("value", f"{type_}.id", "An id has 1 to 64 letters, digits, - and . only.")
        path, _, search = entry.url.partition("?")
        if entry.method == "PUT" and search:
            found = [id_ for id_, org in self._find_alone(session, type_, search) if org == origin.org]
            if len(found) > 1:
                raise _invalid("multiple-matches", "request.url", "More than one resource matches.")
            return found[0] if found else own or derived_id(origin.org, type_, search)
        if own is not None:
            return own
        if entry.method == "PUT" and (address := local_address(path)):
            return address[1]
        if match := _UUID.fullmatch(entry.full_url):
            return match[1]
        if entry.if_none_exist:
            # Two processes that create the same thing at once get in each other's way, and one finds it then.
            return derived_id(origin.org, type_, entry.if_none_exist)
        return derived_id(origin.org, str(message), str(entry.position))

    def _type_of(self, raw: bytes) -> str:
        """The type an unreadable resource seems to be of, if the standard knows it."""
        match = _TYPE.search(raw)
        type_ = match[1].decode() if match else "?"
        return type_ if type_ in self._catalogue.types else "?"

    def _resolve(self, session: Session, appender: Appender, works: list[_Work], origin: Origin) -> None:
        """Give every item and every reference the address it has here.

        Institutions number on their own, so two of them may mean different things by `Patient/1`.
        Whoever first spoke of it has the plain id; for anyone else the id is derived from the
        institution's code and theirs.
        """
        mentioned: dict[bytes, Address] = {}
        for work in works:
            mentioned |= self._mentioned(session, work, origin)
            work.drop_bad()
        defined = {(item.type, item.id) for work in works for item in work.items}
        addresses = defined | set(mentioned.values())
        known = appender.current(addresses)
        foreign = claims.foreign(session, known, addresses, origin.org)
        claims.claim(session, _to_claim(addresses - known.keys() - foreign, defined), origin.org)
        aliases = {
            reference: reference.replace(
                f"{type_}/{id_}".encode(), f"{type_}/{derived_id(origin.org, type_, id_)}".encode(), 1
            )
            for reference, (type_, id_) in mentioned.items()
            if (type_, id_) in foreign
        }
        for work in works:
            leads = aliases | work.found
            for item in work.items if foreign or leads else ():
                _rename(item, foreign, leads, origin.org)

    def _mentioned(self, session: Session, work: _Work, origin: Origin) -> dict[bytes, Address]:
        """Addresses the items refer to, once references within the message lead to addresses.

        Conditional references (`Patient?identifier=…`) are looked up on the way.
        """
        all_seen: set[bytes] = set()
        for item in work.items:
            if item.body is None:
                continue
            seen: set[bytes] = set()
            item.body = rewrite(item.body, work.targets, seen)
            for reference in seen:
                if b"?" in reference and reference not in work.found:
                    self._look_up(session, work, item, reference, origin)
            all_seen |= seen
        found = {
            reference: local_address(reference.decode("utf-8", "replace"))
            for reference in all_seen
            if reference not in work.found
        }
        return {
            reference: address
            for reference, address in found.items()
            if address is not None and address[0] in self._catalogue.types
        }

    def _look_up(self, session: Session, work: _Work, item: _Item, reference: bytes, origin: Origin) -> None:
        type_, _, search = reference.decode("utf-8", "replace").partition("?")
        if type_ not in self._catalogue.types:
            return
        try:
            found = _preferred(self._find(session, type_, search), origin.org)
        except Invalid as error:
            work.set_aside(item, list(error.problems))
            return
        if not found and not origin.last:
            raise TooEarly
        if len(found) != 1:
            what = "No resource matches" if not found else "More than one resource matches"
            problem = Problem("error", "not-found", "reference", f"{what} a conditional reference.")
            work.set_aside(item, [problem])
            return
        work.found[reference] = f"{type_}/{found[0]}".encode()

    def _changed(self, appender: Appender, items: list[_Item]) -> tuple[list[_Item], list[_Item]]:
        """(what is new or different, what is stored already): only the first is looked at closer."""
        current = appender.current({(item.type, item.id) for item in items})
        fresh: list[_Item] = []
        same: list[_Item] = []
        seen: dict[Address, bytes] = {}
        for item in items:
            address = (item.type, item.id)
            known = current.get(address)
            item.digest = body_hash(item.body or b"")
            before = seen.get(address) or (known.hash if known and not known.deleted else None)
            gone = item.body is None and (known is None or known.deleted) and address not in seen
            (same if gone or before == item.digest else fresh).append(item)
            seen[address] = item.digest
        return fresh, same

    def _check(self, items: list[_Item], works: list[_Work]) -> None:
        """Validate what is new and work out its columns; what is wrong goes to its work's bad entries."""
        by_message = {work.message: work for work in works}
        for item in items:
            problems = self._examine(item)
            if problems:
                by_message[item.message].set_aside(item, problems)

    def _examine(self, item: _Item) -> list[Problem]:
        """The problems of one item; if there are none its columns are known afterwards."""
        if item.body is None:
            return []
        problems, resource = self._checker.check(item.body)
        if resource is None:
            return problems
        item.columns = columns_of(self._extractor.extract(item.type, resource))
        return []

    def _store(
        self, session: Session, appender: Appender, items: list[_Item], origin: Origin
    ) -> list[tuple[_Item, Outcome]]:
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
        items: list[_Item] = []
        for position, (type_, id_, body, if_version) in enumerate(changes):
            try:
                written_form = None if body is None else canonical(type_, id_, top_level(body))
            except Invalid as error:
                problems += error.problems
                continue
            item = _Item(message, position, type_, id_, written_form, if_version)
            problems += self._examine(item)
            items.append(item)
        if has_error(problems):
            raise Invalid(
                "The resource breaks the rules of FHIR R4.",
                remedy="Mend what is listed.",
                problems=tuple(problems),
            )
        return [outcome for _, outcome in self._store(session, Appender(session, origin.now), items, origin)]


def _rename(item: _Item, foreign: set[Address], aliases: Mapping[bytes, bytes], org: str) -> None:
    if (item.type, item.id) in foreign:
        item.id = derived_id(org, item.type, item.id)
        if item.body is not None:
            item.body = canonical(item.type, item.id, top_level(item.body))
    if item.body is not None:
        item.body = rewrite(item.body, aliases)


def _draft(item: _Item, current: Current | None, persons: Mapping[str, int], origin: Origin) -> Draft:
    """What is already there keeps its institution, whoever corrects it."""
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
        digest=item.digest or body_hash(item.body or b""),
    )


_IS_UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
_UUID = re.compile(r"urn:uuid:([0-9a-fA-F-]{36})")
_TYPE = re.compile(rb'"resourceType"\s*:\s*"([A-Za-z]{1,64})"')


def _invalid(code: str, path: str, message: str) -> Invalid:
    return Invalid(message, problems=(Problem("error", code, path, message),))


def _preferred(found: Sequence[tuple[str, str]], org: str) -> list[str]:
    """What the institution has itself, else what others have."""
    own = [id_ for id_, owner in found if owner == org]
    return own or [id_ for id_, _ in found]


def _to_claim(unknown: set[Address], defined: set[Address]) -> set[Address]:
    """What may turn out to be another's too: what is only referred to, and what has a number that many give.

    A UUID that is stored right now needs no claim: the fact itself will say whose it is.
    """
    return {address for address in unknown if address not in defined or not _IS_UUID.fullmatch(address[1])}


def _name(targets: dict[bytes, bytes], full_url: str, type_: str, id_: str) -> None:
    if full_url:
        targets[full_url.encode()] = f"{type_}/{id_}".encode()


def _held_back(items: list[_Item], bad: list[Bad]) -> list[Bad]:
    """The sound entries of an atomic message that has unsound ones."""
    wrong = {position for position, _, _ in bad}
    problem = Problem(
        "error", "processing", "", "Held back: another entry of the same transaction has problems."
    )
    return [(item.position, item.type, [problem]) for item in items if item.position not in wrong]
