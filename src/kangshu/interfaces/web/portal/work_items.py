"""The steward's work: registrations that contradict each other, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from kangshu.app.platform import Platform
from kangshu.domains.record.demographics import Demographics, read_demographics
from kangshu.domains.record.directory import read_directory
from kangshu.domains.record.life import parse_body
from kangshu.domains.record.moment import BEIJING
from kangshu.interfaces.web.portal.grants import grant_for
from kangshu.interfaces.web.portal.page import Call, Page
from kangshu.interfaces.web.portal.record import today
from kangshu.kernel.base.errors import NotFound
from kangshu.kernel.facts.work_items import WorkItem
from kangshu.kernel.policies.definition import Resource


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
    """items: oldest first."""

    template: ClassVar[str] = "work_items.html"
    title: ClassVar[str] = "work_items.title"
    section: ClassVar[str] = "work_items"

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class WorkItemPage(Page):
    """registrations: the people as registered; invisible: how many the reader may not see."""

    template: ClassVar[str] = "work_item.html"
    title: ClassVar[str] = "work_items.one"
    section: ClassVar[str] = "work_items"

    item: Item
    registrations: tuple[Demographics, ...]
    invisible: int


def work_items(platform: Platform, call: Call) -> WorkItemsPage:
    """Open work items of the steward. Raises `Refused`."""
    return WorkItemsPage(_items(platform, call))


def work_item(platform: Platform, call: Call) -> WorkItemPage:
    """One work item. Raises `NotFound`, `Refused`."""
    number = int(call.parts["item"])
    item = next((item for item in _items(platform, call) if item.id == number), None)
    if item is None:
        raise NotFound("There is no such work item, or it has been settled.")
    grant = grant_for(platform, call.principal, "read", Resource("fact", type="Patient"))
    pairs = [(kind, key) for kind, _, key in (address.partition("/") for address in item.facts)]
    facts = platform.reader(grant).read_many(pairs)
    directory = read_directory([], {each.code: each.name for each in platform.institutions})
    seen = tuple(
        read_demographics([(fact, parse_body(fact))], directory, today(call.now), BEIJING) for fact in facts
    )
    return WorkItemPage(item, seen, len(item.facts) - len(seen))


def _items(platform: Platform, call: Call) -> tuple[Item, ...]:
    grant = grant_for(platform, call.principal, "steward", Resource("work_item"))
    return tuple(_item(platform, each) for each in platform.work_items(grant))


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
