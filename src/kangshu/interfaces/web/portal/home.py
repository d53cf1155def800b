"""The first page: what each role comes here for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from kangshu.app.platform import Platform
from kangshu.domains.record.datatypes import address_of
from kangshu.domains.record.directory import read_directory, wanted_references
from kangshu.domains.record.entry import Entry
from kangshu.domains.record.life import is_synthetic, parse_body
from kangshu.domains.record.moment import BEIJING
from kangshu.domains.record.read import read_entry
from kangshu.interfaces.web.portal.grants import directory_grant, grant_for, may
from kangshu.interfaces.web.portal.institutions import Listed, institutions
from kangshu.interfaces.web.portal.page import Call, Page
from kangshu.interfaces.web.portal.residents import group
from kangshu.kernel.facts.search.request import parse_query
from kangshu.kernel.policies.definition import Resource

RECENT = 10

_TILES: Mapping[str, tuple[str, ...]] = {
    "steward": ("work_items", "local_codes", "institutions"),
    "operator": ("quarantine",),
    "overseer": ("access_log",),
}
_SIGNS: Mapping[str, tuple[str, str]] = {
    "institutions": ("/institutions", "building"),
    "work_items": ("/work-items", "id"),
    "local_codes": ("/local-codes", "source"),
    "quarantine": ("/quarantine", "box"),
    "access_log": ("/access-log", "eye"),
}
_SEARCHES = frozenset({"doctor", "family_doctor", "county_commission", "city_commission", "steward"})
_CARES = frozenset({"doctor", "family_doctor"})
_OVERSEES = frozenset({"county_commission", "city_commission"})
_COUNTED = ("Patient", "Encounter", "Observation", "MedicationRequest")


@dataclass(frozen=True, slots=True)
class Tile:
    """A way into a work place; `key` names its texts under `home.`; `count` what waits there, if known."""

    key: str
    href: str
    icon: str
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """A recent visit at the caller's institution, and whose it was."""

    person: int
    name: str
    sex: str
    age: int | None
    entry: Entry


@dataclass(frozen=True, slots=True)
class Figure:
    """How many facts of a type the caller may count; `about`: an estimate."""

    key: str
    count: int
    about: bool


@dataclass(frozen=True, slots=True)
class HomePage(Page):
    """may_search: shows the search field; may_open: those found can be opened; tiles: work places;
    recent: newest visits, where shows_recent; figures and listed: what the commission oversees."""

    template: ClassVar[str] = "home.html"
    title: ClassVar[str] = "nav.home"
    section: ClassVar[str] = "home"

    may_search: bool
    may_open: bool
    tiles: tuple[Tile, ...]
    shows_recent: bool
    recent: tuple[Visit, ...]
    figures: tuple[Figure, ...]
    listed: tuple[Listed, ...]
    synthetic: bool

    @property
    def is_synthetic(self) -> bool:
        """Whether a visit shown is invented."""
        return self.synthetic


def home(platform: Platform, call: Call) -> HomePage:
    """The first page of a role."""
    role = call.principal.role
    visits, synthetic = _recent(platform, call) if role in _CARES else ((), False)
    return HomePage(
        may_search=role in _SEARCHES,
        may_open=may(platform, call.principal, "view_record", Resource("fact")),
        tiles=tuple(_tile(platform, call, key) for key in _TILES.get(role, ())),
        shows_recent=role in _CARES,
        recent=visits,
        figures=_figures(platform, call),
        listed=institutions(platform, call).institutions if role in _OVERSEES else (),
        synthetic=synthetic,
    )


def _tile(platform: Platform, call: Call, key: str) -> Tile:
    href, icon = _SIGNS[key]
    count = None
    if key == "work_items":
        grant = grant_for(platform, call.principal, "steward", Resource("work_item"))
        count = len(platform.work_items(grant, limit=1000))
    return Tile(key, href, icon, count)


def _figures(platform: Platform, call: Call) -> tuple[Figure, ...]:
    if call.principal.role == "operator":
        grant_for(platform, call.principal, "operate", Resource("operations"))
        state = platform.operating_figures()
        return (
            Figure("facts", state.facts, about=True),
            Figure("unfinished", state.unfinished, about=False),
            Figure("quarantined", state.quarantined, about=False),
        )
    if call.principal.role not in _OVERSEES:
        return ()
    return tuple(_figure(platform, call, key) for key in _COUNTED)


def _figure(platform: Platform, call: Call, key: str) -> Figure:
    grant = grant_for(platform, call.principal, "search", Resource("fact", type=key))
    reader = platform.reader(grant)
    exact = reader.search(parse_query(platform.catalogue, key, [], count=1, total="auto"))
    if exact.total is not None:
        return Figure(key, exact.total, about=False)
    rough = reader.search(parse_query(platform.catalogue, key, [], count=1, total="estimate"))
    return Figure(key, rough.total or 0, about=True)


def _recent(platform: Platform, call: Call) -> tuple[tuple[Visit, ...], bool]:
    grant = grant_for(platform, call.principal, "search_residents", Resource("fact"))
    reader = platform.reader(grant)
    query = parse_query(platform.catalogue, "Encounter", [], sort="-date", count=RECENT, total="none")
    visits = reader.search(query).facts
    bodies = [parse_body(fact) for fact in visits]
    subjects = [address_of(body.get("subject")).partition("/") for body in bodies]
    patients = reader.read_many([(kind, key) for kind, _, key in subjects if kind == "Patient"])
    names = platform.reader(directory_grant(platform, call.principal))
    staff = [(fact, parse_body(fact)) for fact in names.read_many(wanted_references(visits))]
    directory = read_directory(staff, {each.code: each.name for each in platform.institutions})
    who = {found.person: found for found in group(platform, call, patients)}
    found = [
        Visit(
            fact.person,
            who[fact.person].name,
            who[fact.person].sex,
            who[fact.person].age,
            read_entry(fact, body, directory, BEIJING),
        )
        for fact, body in zip(visits, bodies, strict=True)
        if fact.person is not None and fact.person in who
    ]
    return tuple(found), any(is_synthetic(body) for body in bodies)
