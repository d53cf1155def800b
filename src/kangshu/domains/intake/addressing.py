"""Under which address each entry of a message is stored here, and where its references lead."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from kangshu.domains.intake.canonical import canonical, head_of, is_id, stored_form, top_level
from kangshu.domains.intake.references import Address, local_address, rewrite
from kangshu.domains.intake.unit import Entry, Unit
from kangshu.domains.intake.work import Item, Origin, TooEarly, Work
from kangshu.kernel.base.errors import Invalid, Problem
from kangshu.kernel.base.ids import derived_id
from kangshu.kernel.facts import claims
from kangshu.kernel.facts.condition import name_of_text
from kangshu.kernel.facts.database import Session
from kangshu.kernel.facts.exclusive import exclusive_until_commit
from kangshu.kernel.facts.parameters import Catalogue
from kangshu.kernel.facts.store import Appender

Find = Callable[[Session, str, str], list[tuple[str, str]]]
"""(id, institution) of current facts that a search (`identifier=…`) finds: (session, type, search)."""


class Addressing:
    """Gives entries and references their addresses. Stateless between calls."""

    def __init__(self, catalogue: Catalogue, find: Find) -> None:
        self._catalogue = catalogue
        self._find = find

    def read(self, session: Session, message: int, unit: Unit, origin: Origin) -> Work:
        work = Work(message, unit, bad=[(position, "?", [problem]) for position, problem in unit.bad])
        for entry in unit.entries:
            try:
                item = self._read_entry(session, work, entry, origin)
            except Invalid as error:
                work.bad.append((entry.position, self._type_of(entry.raw), list(error.as_problems())))
                continue
            if item is not None:
                work.items.append(item)
        return work

    def _read_entry(self, session: Session, work: Work, entry: Entry, origin: Origin) -> Item | None:
        """Address and properties of an entry; its full URL becomes a target for the references of others."""
        if entry.method == "DELETE":
            address = local_address(entry.url)
            if address is None or address[0] not in self._catalogue.types:
                raise _invalid("value", "request.url", "A deletion names Type/id.")
            return Item(work.message, entry.position, *address, body=None)
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
        return Item(work.message, entry.position, type_, id_, stored_form(type_, id_, entry.raw, head.meta))

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

    def resolve(self, session: Session, appender: Appender, works: list[Work], origin: Origin) -> None:
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

    def _mentioned(self, session: Session, work: Work, origin: Origin) -> dict[bytes, Address]:
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

    def _look_up(self, session: Session, work: Work, item: Item, reference: bytes, origin: Origin) -> None:
        type_, _, search = reference.decode("utf-8", "replace").partition("?")
        if type_ not in self._catalogue.types:
            return
        try:
            found = _preferred(self._find(session, type_, search), origin.org)
        except Invalid as error:
            work.set_aside(item, list(error.as_problems()))
            return
        if not found and not origin.last:
            raise TooEarly
        if len(found) != 1:
            what = "No resource matches" if not found else "More than one resource matches"
            problem = Problem("error", "not-found", "reference", f"{what} a conditional reference.")
            work.set_aside(item, [problem])
            return
        work.found[reference] = f"{type_}/{found[0]}".encode()


def _rename(item: Item, foreign: set[Address], aliases: Mapping[bytes, bytes], org: str) -> None:
    if (item.type, item.id) in foreign:
        item.id = derived_id(org, item.type, item.id)
        if item.body is not None:
            item.body = canonical(item.type, item.id, top_level(item.body))
    if item.body is not None:
        item.body = rewrite(item.body, aliases)


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
