"""The record pages of one person: one life, six ways to read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Literal

from kangshu.app.platform import Platform
from kangshu.domains.record.entry import KINDS, Entry, Kind
from kangshu.domains.record.life import Life, life, references
from kangshu.domains.record.moment import BEIJING
from kangshu.domains.record.timeline import Node, Year
from kangshu.domains.record.trends import Trend
from kangshu.interfaces.web.portal.chart import Chart, chart
from kangshu.interfaces.web.portal.grants import NotInCare, directory_grant, may, record_grant
from kangshu.interfaces.web.portal.lifeline import Lifeline, lifeline
from kangshu.interfaces.web.portal.looks import Look, looks_at
from kangshu.interfaces.web.portal.page import Call, Page
from kangshu.interfaces.web.portal.sparkline import Sparkline, sparkline
from kangshu.kernel.base.errors import Refused
from kangshu.kernel.facts.definition import Fact
from kangshu.kernel.policies.definition import Grant, Resource

Tab = Literal["overview", "timeline", "trends", "documents", "sources", "accesses", ""]

_TABS: tuple[Tab, ...] = ("overview", "timeline", "trends", "documents", "sources")

SPARKS = 8
RECENT = 6
CHARTS = 6
NODES = 20
"""Visits a page of the timeline holds at least, if there are so many; older years are links then."""
ROWS = 40

MINE = "/me"


@dataclass(frozen=True, slots=True)
class Opened:
    """A record somebody may read: the life, the facts behind it, why, where its pages live, and which."""

    person: int
    life: Life
    facts: tuple[Fact, ...]
    grant: Grant
    base: str
    reason: str
    tabs: tuple[Tab, ...]


@dataclass(frozen=True, slots=True)
class RecordPage(Page):
    """What all pages of a record share.

    life    the person's life
    base    where the pages of this record live: `/residents/7`, or `/me` for one's own
    tab     the current section, of those in `tabs`
    reason  why the reader may see it, in words
    """

    section: ClassVar[str] = "residents"
    title: ClassVar[str] = "record.title"

    life: Life
    base: str
    tab: Tab
    reason: str
    tabs: tuple[Tab, ...]

    @property
    def is_synthetic(self) -> bool:
        """Whether the facts say of themselves that they are invented."""
        return self.life.synthetic


@dataclass(frozen=True, slots=True)
class OverviewPage(RecordPage):
    """strip: the years as columns; sparks: the most telling trends; recent: newest visits; looks: newest."""

    template: ClassVar[str] = "overview.html"

    strip: Lifeline
    sparks: tuple[tuple[Trend, Sparkline], ...]
    recent: tuple[Node, ...]
    looks: tuple[Look, ...]


@dataclass(frozen=True, slots=True)
class TimelinePage(RecordPage):
    """years: those shown; older: those behind links; kinds: entries by kind, of the chosen year or all."""

    template: ClassVar[str] = "timeline.html"

    strip: Lifeline
    years: tuple[Year, ...]
    older: tuple[Year, ...]
    kinds: tuple[tuple[Kind, int], ...]
    chosen_year: str
    chosen_kind: str


@dataclass(frozen=True, slots=True)
class TrendsPage(RecordPage):
    """charts: drawn in full; rows: every trend with a small drawing."""

    template: ClassVar[str] = "trends.html"

    charts: tuple[Chart, ...]
    rows: tuple[tuple[Trend, Sparkline], ...]


@dataclass(frozen=True, slots=True)
class DocumentsPage(RecordPage):
    """documents: newest first."""

    template: ClassVar[str] = "documents.html"

    documents: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class SourcesPage(RecordPage):
    """entries: those of page `page` of `pages`; total: of all pages."""

    template: ClassVar[str] = "sources.html"

    entries: tuple[Entry, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class AccessesPage(RecordPage):
    """looks: newest first; refused: the reader may not know who looked."""

    template: ClassVar[str] = "accesses.html"

    looks: tuple[Look, ...]
    refused: bool


def open_record(platform: Platform, call: Call) -> Opened:
    """Read the record the path names, or the caller's own. Raises `Refused`, `NotFound`."""
    mine = "person" not in call.parts
    person = call.principal.person if mine else int(call.parts["person"])
    if person is None:
        raise Refused("Only residents have a record of their own here.")
    grant = record_grant(platform, call.principal, person)
    facts = platform.reader(grant).of_person(person)
    if not facts:
        raise NotInCare("There is no record of this person here, or it is not for you to see.")
    directory = platform.reader(directory_grant(platform, call.principal))
    named = [*facts, *directory.read_many(references(facts))]
    names = {each.code: each.name for each in platform.institutions}
    tells = may(platform, call.principal, "see_access_log", Resource("access_log", person=person))
    return Opened(
        person,
        life(named, today(call.now), institutions=names),
        tuple(facts),
        grant,
        MINE if mine else f"/residents/{person}",
        platform.policies.reasons(grant.policy_ids, call.words.language),
        (*_TABS, "accesses") if tells else _TABS,
    )


def today(now: datetime) -> date:
    """The date on the wall."""
    return now.astimezone(BEIJING).date()


def overview(platform: Platform, call: Call) -> OverviewPage:
    """A life on one page."""
    opened = open_record(platform, call)
    page = opened.life
    nodes = [node for year in page.years if year.year for node in year.nodes]
    telling = [trend for trend in page.trends if len(trend.lines[0].points) > 1] or list(page.trends)
    return OverviewPage(
        page,
        opened.base,
        "overview",
        opened.reason,
        opened.tabs,
        lifeline(page),
        tuple((trend, sparkline(trend)) for trend in telling[:SPARKS]),
        tuple(nodes[:RECENT]),
        (looks_at(platform, call, opened.person, count=50) or ())[:5],
    )


def timeline(platform: Platform, call: Call) -> TimelinePage:
    """Year by year; `?year=2024`, `?kind=result` narrow it."""
    opened = open_record(platform, call)
    year, kind = call.query.get("year", ""), call.query.get("kind", "")
    of_year = [y for y in opened.life.years if year in ("", str(y.year), "unknown" if y.year is None else "")]
    narrowed = [found for y in of_year if (found := _of_kind(y, kind)).nodes]
    shown = narrowed if year else _first_years(narrowed)
    return TimelinePage(
        opened.life,
        opened.base,
        "timeline",
        opened.reason,
        opened.tabs,
        lifeline(opened.life),
        tuple(shown),
        tuple(narrowed[len(shown) :]),
        _kind_counts(of_year),
        year,
        kind,
    )


def trends(platform: Platform, call: Call) -> TrendsPage:
    """Measurements as charts; `?show=KEY` draws that one first."""
    opened = open_record(platform, call)
    wanted = call.query.get("show", "")
    every = opened.life.trends
    long = [trend for trend in every if len(trend.lines[0].points) > 1 and trend.key != wanted]
    chosen = [*(trend for trend in every if trend.key == wanted), *long][:CHARTS]
    return TrendsPage(
        opened.life,
        opened.base,
        "trends",
        opened.reason,
        opened.tabs,
        tuple(chart(trend, call.words) for trend in chosen),
        tuple((trend, sparkline(trend)) for trend in every),
    )


def documents(platform: Platform, call: Call) -> DocumentsPage:
    """Documents and reports with attachments."""
    opened = open_record(platform, call)
    return DocumentsPage(
        opened.life, opened.base, "documents", opened.reason, opened.tabs, opened.life.documents
    )


def sources(platform: Platform, call: Call) -> SourcesPage:
    """Where each entry came from."""
    opened = open_record(platform, call)
    entries = opened.life.entries
    pages = max(1, -(-len(entries) // ROWS))
    page = min(pages, max(1, call.number("page") or 1))
    return SourcesPage(
        opened.life,
        opened.base,
        "sources",
        opened.reason,
        opened.tabs,
        entries[(page - 1) * ROWS : page * ROWS],
        len(entries),
        page,
        pages,
    )


def accesses(platform: Platform, call: Call) -> AccessesPage:
    """Who has looked at the record."""
    opened = open_record(platform, call)
    looks = looks_at(platform, call, opened.person)
    return AccessesPage(
        opened.life, opened.base, "accesses", opened.reason, opened.tabs, looks or (), looks is None
    )


def _of_kind(year: Year, kind: str) -> Year:
    if not kind:
        return year
    nodes = tuple(found for node in year.nodes if (found := _pruned(node, kind)))
    return Year(year.year, nodes)


def _pruned(node: Node, kind: str) -> Node | None:
    """The node with only what is of a kind inside; None if nothing is."""
    inside = tuple(found for inner in node.inside if (found := _pruned(inner, kind)))
    return Node(node.entry, inside) if inside or node.entry.kind == kind else None


def _first_years(years: Sequence[Year]) -> list[Year]:
    shown: list[Year] = []
    for year in years:
        if shown and sum(len(each.nodes) for each in shown) + len(year.nodes) > NODES:
            break
        shown.append(year)
    return shown


def _kind_counts(years: Sequence[Year]) -> tuple[tuple[Kind, int], ...]:
    totals = dict.fromkeys(KINDS, 0)
    for year in years:
        for kind, count in year.counts:
            totals[kind] += count
    return tuple((kind, count) for kind, count in totals.items() if count)
