"""The steward's work: registrations that contradict each other, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from kangshu.app.platform import Platform
from kangshu.domains.identity.resident_id import parse_resident_id
from kangshu.domains.record.datatypes import tables, word
from kangshu.domains.record.demographics import Demographics, read_demographics
from kangshu.domains.record.directory import Directory, read_directory
from kangshu.domains.record.life import parse_body
from kangshu.domains.record.moment import BEIJING, Moment
from kangshu.interfaces.web.portal.grants import grant_for
from kangshu.interfaces.web.portal.page import Call, Page
from kangshu.interfaces.web.portal.record import today
from kangshu.kernel.base.errors import Invalid, NotFound
from kangshu.kernel.facts.definition import Fact
from kangshu.kernel.facts.work_items import WorkItem
from kangshu.kernel.policies.definition import Resource

MOST = 100
"""Work items on the list; settling those brings up the next."""


@dataclass(frozen=True, slots=True)
class Item:
    """A work item in a list; `why` is a key of the strings, `facts` are addresses of registrations."""

    id: int
    kind: str
    why: str
    institution: str
    created: datetime
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WorkItemsPage(Page):
    """items: oldest first; more: there are others."""

    template: ClassVar[str] = "work_items.html"
    title: ClassVar[str] = "work_items.title"
    section: ClassVar[str] = "work_items"

    items: tuple[Item, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class Registered:
    """A person as one institution registered them, and what their identity number says of them."""

    who: Demographics
    born_by_number: str
    sex_by_number: str


@dataclass(frozen=True, slots=True)
class WorkItemPage(Page):
    """registrations: the people as registered; differing: keys of the rows in which they contradict each
    other, or themselves; invisible: how many the reader may not see."""

    template: ClassVar[str] = "work_item.html"
    title: ClassVar[str] = "work_items.one"
    section: ClassVar[str] = "work_items"

    item: Item
    registrations: tuple[Registered, ...]
    differing: frozenset[str]
    invisible: int


def work_items(platform: Platform, call: Call) -> WorkItemsPage:
    """Open work items of the steward. Raises `Refused`."""
    found = _items(platform, call, limit=MOST + 1)
    return WorkItemsPage(found[:MOST], len(found) > MOST)


def work_item(platform: Platform, call: Call) -> WorkItemPage:
    """One work item. Raises `NotFound`, `Refused`."""
    number = int(call.parts["item"])
    item = next((item for item in _items(platform, call, limit=10_000) if item.id == number), None)
    if item is None:
        raise NotFound("There is no such work item, or it has been settled.")
    grant = grant_for(platform, call.principal, "read", Resource("fact", type="Patient"))
    pairs = [(kind, key) for kind, _, key in (address.partition("/") for address in item.facts)]
    facts = platform.reader(grant).read_many(pairs)
    directory = read_directory([], {each.code: each.name for each in platform.institutions})
    seen = tuple(_registered(fact, directory, today(call.now)) for fact in facts)
    return WorkItemPage(item, seen, _differing(seen), len(item.facts) - len(seen))


def settle(platform: Platform, call: Call, form: Mapping[str, str]) -> None:
    """Take down that the registrations stay apart. Raises `Invalid`, `NotFound`, `Refused`."""
    if form.get("decision") != "apart":
        raise Invalid("Nothing was decided.", remedy="Choose what is to be done.")
    grant = grant_for(platform, call.principal, "steward", Resource("work_item"))
    platform.keep_apart(grant, int(call.parts["item"]))


def _registered(fact: Fact, directory: Directory, on: date) -> Registered:
    body = parse_body(fact)
    values = [word(each.get("value")) for each in tables(body.get("identifier"))]
    number = next((found for value in values if (found := parse_resident_id(value, on=on))), None)
    return Registered(
        read_demographics([(fact, body)], directory, on, BEIJING),
        number.birth.isoformat() if number else "",
        number.sex if number else "",
    )


def _differing(seen: Sequence[Registered]) -> frozenset[str]:
    rows = {
        "name": {each.who.name for each in seen},
        "sex": {sex for each in seen for sex in (each.who.sex, each.sex_by_number)},
        "born": {day for each in seen for day in (_day(each.who.born), each.born_by_number)},
    }
    return frozenset(name for name, values in rows.items() if len(values - {""}) > 1)


def _day(moment: Moment | None) -> str:
    return moment.date.isoformat() if moment else ""


def _items(platform: Platform, call: Call, *, limit: int) -> tuple[Item, ...]:
    grant = grant_for(platform, call.principal, "steward", Resource("work_item"))
    return tuple(_item(platform, each) for each in platform.work_items(grant, limit=limit))


def _item(platform: Platform, item: WorkItem) -> Item:
    persons = [item.details.get("person"), *item.details.get("candidates", ())]
    addresses = [
        str(item.details.get("address", "")),
        *(a for person in persons if isinstance(person, int) for a in platform.patients_of(person)),
    ]
    return Item(
        item.id,
        item.kind,
        str(item.details.get("why", "")),
        platform.institutions.get(item.org).name,
        item.created_at,
        tuple(dict.fromkeys(address for address in addresses if address.startswith("Patient/"))),
    )
