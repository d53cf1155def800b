"""A resident's lifelong record on one page, from the facts of every institution."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from decimal import Decimal

from kangshu.domains.record.clusters import Cluster, newest_first
from kangshu.domains.record.datatypes import Json, table, tables, word
from kangshu.domains.record.demographics import Demographics, read_demographics
from kangshu.domains.record.directory import DIRECTORY_TYPES, Directory, read_directory, wanted_references
from kangshu.domains.record.entry import Entry, Source
from kangshu.domains.record.medicines import Medicine, read_medicines
from kangshu.domains.record.moment import BEIJING
from kangshu.domains.record.paper import related_compositions
from kangshu.domains.record.problems import Problem, read_allergies, read_problems, read_vaccines
from kangshu.domains.record.read import read_entry, source_of
from kangshu.domains.record.risks import Risks, read_risks
from kangshu.domains.record.timeline import Year, read_timeline
from kangshu.domains.record.trends import Trend, read_trends
from kangshu.kernel.facts.definition import Fact

_SYNTHETIC = ("HTEST", "synthetic", "synthea")
_NO_NAMES: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Feed:
    """What one institution contributed: number of facts, and when the newest arrived."""

    institution: str
    org: str
    county: str
    facts: int
    latest: Source


@dataclass(frozen=True, slots=True)
class Life:
    """Everything the platform knows about one person, as of one day.

    entries    every clinical fact, newest first; each also stands once in `years`
    vaccines   doses of one vaccine together
    others     facts that are no part of care: (type, sources) pairs, counted, not hidden
    synthetic  whether any fact is tagged as invented
    """

    on: date
    person: Demographics
    problems: tuple[Problem, ...]
    allergies: tuple[Problem, ...]
    medicines: tuple[Medicine, ...]
    vaccines: tuple[Cluster, ...]
    risks: Risks
    trends: tuple[Trend, ...]
    years: tuple[Year, ...]
    documents: tuple[Entry, ...]
    entries: tuple[Entry, ...]
    feeds: tuple[Feed, ...]
    others: tuple[tuple[str, tuple[Source, ...]], ...]
    synthetic: bool


def life(
    facts: Sequence[Fact],
    on: date,
    zone: tzinfo = BEIJING,
    institutions: Mapping[str, str] = _NO_NAMES,
) -> Life:
    """Put together a person's facts, with the directory facts (institutions, staff) they point to.

    `on` decides age and what counts as current; `institutions` names organisation codes. Deleted facts
    are left out; nothing else is dropped: each fact is a registration, a directory entry, an entry of
    the record, or counted in `others`.
    """
    pairs = [(fact, parse_body(fact)) for fact in facts if not fact.deleted]
    directory = read_directory([pair for pair in pairs if pair[0].type in DIRECTORY_TYPES], institutions)
    own = [pair for pair in pairs if pair[0].type not in DIRECTORY_TYPES]
    read = [(read_entry(f, b, directory, zone), b) for f, b in own if f.type != "Patient"]
    entries = tuple(newest_first(entry for entry, _ in read))
    care = tuple(e for e in entries if e.kind not in ("other", "bill"))
    problems = read_problems(care, on)
    trends = read_trends([pair for pair in read if pair[0].source.type == "Observation"])
    return Life(
        on=on,
        person=read_demographics([pair for pair in own if pair[0].type == "Patient"], directory, on, zone),
        problems=problems,
        allergies=read_allergies(care),
        medicines=read_medicines(care, on),
        vaccines=read_vaccines(care),
        risks=read_risks(care, problems, trends, on),
        trends=trends,
        years=read_timeline(care),
        documents=_documents(own, care),
        entries=care,
        feeds=_feeds(own, directory),
        others=_others([*(e.source for e in entries if e.kind in ("other", "bill"))]),
        synthetic=any(is_synthetic(body) for _, body in own),
    )


def references(facts: Sequence[Fact]) -> tuple[tuple[str, str], ...]:
    """(type, id) of the directory facts that `life` needs to write names instead of codes."""
    return wanted_references(facts)


def parse_body(fact: Fact) -> Json:
    """The resource with decimals kept exact; an unreadable body gives an empty one."""
    try:
        return table(json.loads(fact.body, parse_float=Decimal))
    except (ValueError, RecursionError):
        return {}


def is_synthetic(body: Json) -> bool:
    """Whether the source tagged it as invented (v3-ActReason HTEST, or a tag that says so)."""
    meta = table(body.get("meta"))
    tags = [*tables(meta.get("tag")), *tables(meta.get("security"))]
    return any(word(tag.get("code")).startswith(_SYNTHETIC) for tag in tags)


def _told_by_documents(own: Sequence[tuple[Fact, Json]]) -> set[str]:
    """Addresses of Compositions that say what is in a document which is there too: one paper, one entry."""
    documents = (body for fact, body in own if fact.type == "DocumentReference")
    return {f"Composition/{id_}" for body in documents for id_ in related_compositions(body)}


def _documents(own: Sequence[tuple[Fact, Json]], care: Sequence[Entry]) -> tuple[Entry, ...]:
    told = _told_by_documents(own)
    attached = {f"{fact.type}/{fact.id}" for fact, body in own if tables(body.get("presentedForm"))}
    return tuple(
        e
        for e in care
        if not e.withdrawn
        and (e.kind == "document" or e.source.address in attached)
        and e.source.address not in told
    )


def _feeds(own: Sequence[tuple[Fact, Json]], directory: Directory) -> tuple[Feed, ...]:
    grouped: dict[str, list[Fact]] = {}
    for fact, _ in own:
        grouped.setdefault(fact.org, []).append(fact)
    feeds = [_feed(facts, directory) for facts in grouped.values()]
    return tuple(sorted(feeds, key=lambda feed: (-feed.facts, feed.institution)))


def _feed(facts: Sequence[Fact], directory: Directory) -> Feed:
    latest = source_of(max(facts, key=lambda f: (f.recorded_at, f.seq)), directory)
    return Feed(latest.institution, latest.org, latest.county, len(facts), latest)


def _others(sources: Sequence[Source]) -> tuple[tuple[str, tuple[Source, ...]], ...]:
    grouped: dict[str, list[Source]] = {}
    for source in sources:
        grouped.setdefault(source.type, []).append(source)
    return tuple((type_, tuple(grouped[type_])) for type_ in sorted(grouped))
