"""Find residents by name, id number, health card or phone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from kangshu.app.platform import Platform
from kangshu.domains.record.demographics import Demographics, read_demographics
from kangshu.domains.record.directory import read_directory
from kangshu.domains.record.life import is_synthetic, parse_body
from kangshu.domains.record.moment import BEIJING, Moment
from kangshu.interfaces.web.portal.grants import grant_for, may
from kangshu.interfaces.web.portal.page import Call, Page
from kangshu.interfaces.web.portal.record import today
from kangshu.kernel.facts.definition import Fact
from kangshu.kernel.facts.search.query import Query
from kangshu.kernel.facts.search.request import parse_query
from kangshu.kernel.policies.definition import Resource

MOST = 50
"""Residents shown of one search."""

_PHONE = re.compile(r"1\d{10}")
_NUMBER = re.compile(r"(?=.*\d)[A-Za-z0-9\-]{4,80}")
_HAN = re.compile(r"[\u3400-\u9fff]")
_YEAR = re.compile(r"(18|19|20)\d\d")


@dataclass(frozen=True, slots=True)
class Found:
    """A resident in a list: number of the person, who they are, id number masked."""

    person: int
    name: str
    sex: str
    age: int | None
    born: Moment | None
    id_number: str
    address: str
    institutions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ResidentsPage(Page):
    """text, born, sex: what was asked; problem: key of what is wrong with it; found: who matches;
    more: there are others; may_open: the caller may open records, not only find people."""

    template: ClassVar[str] = "residents.html"
    title: ClassVar[str] = "search.title"
    section: ClassVar[str] = "residents"

    text: str
    born: str
    sex: str
    searched: bool
    problem: str
    found: tuple[Found, ...]
    more: bool
    may_open: bool
    synthetic: bool

    @property
    def is_synthetic(self) -> bool:
        """Whether one of those found is invented."""
        return self.synthetic


def residents(platform: Platform, call: Call) -> ResidentsPage:
    """The form, and those whom it describes and the caller may see. Raises `Refused`."""
    grant = grant_for(platform, call.principal, "search_residents", Resource("fact", type="Patient"))
    empty = ResidentsPage(
        text="",
        born="",
        sex="",
        searched=False,
        problem="",
        found=(),
        more=False,
        may_open=may(platform, call.principal, "view_record", Resource("fact")),
        synthetic=False,
    )
    if not call.form:
        return empty
    asked = replace(
        empty,
        text=_legible(call.form.get("q", "")),
        born=call.form["born"] if _YEAR.fullmatch(call.form.get("born", "")) else "",
        sex=call.form["sex"] if call.form.get("sex") in ("male", "female") else "",
        searched=True,
    )
    if len(asked.text) < 3 and not _HAN.search(asked.text):
        return replace(asked, problem="search.too_short")
    page = platform.reader(grant).search(_query(platform, asked))
    found = group(platform, call, page.facts)
    return replace(
        asked,
        found=found[:MOST],
        more=bool(page.next) or len(found) > MOST,
        synthetic=any(is_synthetic(parse_body(fact)) for fact in page.facts),
    )


def _legible(text: str) -> str:
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(printable.split())[:80]


def _query(platform: Platform, asked: ResidentsPage) -> Query:
    pairs = [criterion(asked.text)]
    if asked.born:
        pairs.append(("birthdate", asked.born))
    if asked.sex:
        pairs.append(("gender", asked.sex))
    return parse_query(platform.catalogue, "Patient", pairs, count=MOST * 4, total="none")


def criterion(text: str) -> tuple[str, str]:
    """The search parameter a text stands for: a phone, an identifier, else a name."""
    escaped = text.replace("\\", "\\\\").replace(",", "\\,").replace("|", "\\|").replace("$", "\\$")
    if _PHONE.fullmatch(text):
        return "phone", escaped
    if _NUMBER.fullmatch(text):
        return "identifier", escaped.upper() if len(text) == 18 else escaped
    return "name", escaped.replace(" ", "") if _HAN.search(text) else escaped


def group(platform: Platform, call: Call, facts: Sequence[Fact]) -> tuple[Found, ...]:
    """One line per person, in the order their first registration was found."""
    persons: dict[int, list[Fact]] = {}
    for fact in facts:
        if fact.person is not None:
            persons.setdefault(fact.person, []).append(fact)
    names = {each.code: each.name for each in platform.institutions}
    directory = read_directory([], names)
    return tuple(
        _found(
            person,
            read_demographics([(f, parse_body(f)) for f in own], directory, today(call.now), BEIJING),
        )
        for person, own in persons.items()
    )


def _found(person: int, who: Demographics) -> Found:
    numbers = [number.masked for number in who.identifiers if number.label == "id_number"]
    return Found(
        person,
        who.name,
        who.sex,
        who.age,
        who.born,
        numbers[0] if numbers else "",
        who.address,
        tuple(dict.fromkeys(source.institution for source in who.registrations)),
    )
