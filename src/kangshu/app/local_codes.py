"""Local codes led to standard ones: at intake, on the steward's list, and in what was stored before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial

import orjson

from kangshu.app.platform import Platform
from kangshu.domains.intake.work import Origin
from kangshu.domains.terminology.mapping import Leads, Translated, Unknown, leads_of, translate
from kangshu.domains.terminology.publishing import concept_map
from kangshu.domains.terminology.shelf import OWN
from kangshu.domains.terminology.suggestions import Index, Suggestion, index_of, suggest
from kangshu.domains.terminology.targets import Target
from kangshu.kernel.base.errors import Conflict, Invalid, NotFound
from kangshu.kernel.codes.code_system import CodeSystem
from kangshu.kernel.codes.ucum import UCUM, units_of
from kangshu.kernel.facts import feed, journal, local_codes
from kangshu.kernel.facts.database import Session
from kangshu.kernel.facts.local_codes import LocalCode, Old, Seen, State
from kangshu.kernel.facts.reader import Use
from kangshu.kernel.facts.search.request import parse_query
from kangshu.kernel.policies.definition import Grant

EQUIVALENCES = ("equivalent", "equal", "wider", "subsumes", "narrower", "specializes", "inexact", "relatedto")
"""How a standard code may stand to the local one: codes of concept-map-equivalence that mean a match."""

Progress = Callable[[int, int], None]
"""Told how much is done, and of how much."""

_PAGE = 200
_TRIES = 5


def _silent(done: int, of: int) -> None:
    """Progress that nobody looks at."""


# -- at intake


@dataclass(frozen=True, slots=True)
class Translator:
    """Translates what one institution sends, under the maps of a moment. Made once per message or unit."""

    platform: Platform
    org: str
    leads: Leads

    def translate(self, type_: str, body: bytes) -> Translated:
        """The resource with standard codings added; the very same bytes where there is nothing to add."""
        return translate(body, type_, self.org, self.leads, self.platform.targets)

    def note(self, session: Session, unknown: Iterable[tuple[str, Unknown]], now: datetime) -> None:
        """Put codes that lead nowhere on the work list; each comes with the address of its fact.

        One statement for all. It locks the rows of those codes until the transaction ends, so it is best
        called in a transaction of its own, after the facts are stored.
        """
        local_codes.note(session, [_seen(self.org, address, each) for address, each in unknown], now)


def translator(platform: Platform, org: str) -> Translator:
    """The translator of an institution, with the maps that are approved and good today."""
    return Translator(platform, org, _leads(platform))


def _leads(platform: Platform) -> Leads:
    return leads_of(platform.codes.approved_maps(), platform.clock().date())


def _seen(org: str, address: str, each: Unknown) -> Seen:
    return Seen(
        org, each.type, each.element, each.system, each.code, each.standard,
        each.display, each.unit, address,
    )  # fmt: skip


# -- the steward's list


def work_list(
    platform: Platform, grant: Grant, *, state: State = "open", after: int = 0, limit: int = 100
) -> list[LocalCode]:
    """Local codes in a state, the most frequent first; those of institutions the grant lets through."""
    orgs = _orgs(platform, grant)
    with platform.database.connection() as session:
        found = local_codes.listed(session, state=state, orgs=orgs, after=after, limit=limit)
    platform.note(grant, Use(None, (), (), len(found)))
    return found


def local_code(platform: Platform, grant: Grant, identifier: int) -> LocalCode:
    """One of them. Raises `NotFound`, also for one the grant does not let through."""
    with platform.database.connection() as session:
        found = local_codes.one(session, identifier)
    orgs = _orgs(platform, grant)
    if orgs is not None and found.org not in orgs:
        raise NotFound(f"There is no local code {identifier}.")
    platform.note(grant, Use(None, (), (), 1))
    return found


def _orgs(platform: Platform, grant: Grant) -> list[str] | None:
    """The institutions of the grant's scope, None for all."""
    scope = grant.scope
    if scope.everything:
        return None
    return sorted(scope.orgs | {each.code for each in platform.institutions if each.county in scope.counties})


def suggestions(platform: Platform, row: LocalCode) -> list[Suggestion]:
    """Standard codes the local one may mean, the likeliest first; none if the standard is not imported."""
    system = platform.codes.library().code_system(row.target)
    if system is None:
        return []
    with platform.database.connection() as session:
        others = local_codes.others(session, row)
    units = platform.codes.library().code_system(UCUM)
    return suggest(
        _index(_Same(system)),
        code=row.code,
        display=row.display,
        unit=row.unit,
        others=others,
        same_kind=units_of(units).is_same_kind if units else str.__eq__,
    )


class _Same:
    """A code system as a key: the same object is the same system."""

    __slots__ = ("system",)

    def __init__(self, system: CodeSystem) -> None:
        self.system = system

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.system is self.system

    def __hash__(self) -> int:
        return id(self.system)


@lru_cache(maxsize=8)
def _index(key: _Same) -> Index:
    return index_of(key.system)


# -- decisions


def approve(
    platform: Platform,
    grant: Grant,
    identifier: int,
    code: str,
    *,
    equivalence: str = "equivalent",
    note: str = "",
) -> LocalCode:
    """Decide where a local code leads, and publish the concept map; later messages are translated by it.

    Raises `Invalid` for a code that the standard does not have, `NotFound` for no such local code.
    """
    row = local_code(platform, grant, identifier)
    if equivalence not in EQUIVALENCES:
        raise Invalid("There is no such equivalence.", remedy=f"It is one of {', '.join(EQUIVALENCES)}.")
    system = platform.codes.library().code_system(row.target)
    if system is None:
        raise Invalid("The standard code system is not imported.", remedy="See `kangshu codes import`.")
    concept = system.find(code)
    if concept is None or system.is_abstract(concept):
        raise Invalid("The standard has no such code to choose.", remedy="Look it up first.", code="value")
    return _decide(platform, grant, row, "approved", (concept.code, concept.display), equivalence, note)


def reject(platform: Platform, grant: Grant, identifier: int, *, note: str = "") -> LocalCode:
    """Decide that a local code leads nowhere: it is not asked about again."""
    row = local_code(platform, grant, identifier)
    return _decide(platform, grant, row, "rejected", ("", ""), "", note)


def _decide(
    platform: Platform,
    grant: Grant,
    row: LocalCode,
    state: State,
    target: tuple[str, str],
    equivalence: str,
    note: str,
) -> LocalCode:
    decide = partial(
        local_codes.decide,
        identifier=row.id,
        state=state,
        by=grant.principal.id,
        now=platform.clock(),
        target=target,
        equivalence=equivalence,
        note=note,
    )
    decided = platform.database.transact(decide)
    if state == "approved" or row.state == "approved":
        publish(platform, grant, row.org, row.target)
    return decided


def publish(platform: Platform, grant: Grant, org: str, target: str) -> None:
    """Make the concept map of an institution and a standard from all that is approved, and store it.

    Made from the whole list each time: whoever publishes last has everything that was decided before.
    """
    with platform.database.connection() as session:
        rows = local_codes.mapped(session, org=org, target=target)
    platform.intake.receive(grant, OWN, [orjson.dumps(concept_map(org, target, rows))])


# -- what was stored before


@dataclass(frozen=True, slots=True)
class Retranslated:
    """How many decisions were taken to how many facts."""

    codes: int
    facts: int


def retranslate(platform: Platform, progress: Progress = _silent) -> Retranslated:
    """Take what was approved to facts stored before: a new version each, with the standard coding added.

    What has it already is left as it is, so this may be stopped and started again at any time.
    """
    with platform.database.connection() as session:
        rows = local_codes.unapplied(session)
    facts = 0
    for number, row in enumerate(rows):
        progress(number, len(rows))
        facts += _retranslate_one(platform, row)
        now = platform.clock()
        platform.database.transact(lambda session, row=row, now=now: local_codes.applied(session, row, now))
    progress(len(rows), len(rows))
    return Retranslated(len(rows), facts)


def _retranslate_one(platform: Platform, row: LocalCode) -> int:
    target = next((each for each in platform.targets.get(row.type, ()) if each.system == row.target), None)
    if target is None:
        return 0
    done, after = 0, 0
    while True:
        stored, last = _retranslate_page(platform, row, target, after)
        done += stored
        if last is None:
            return done
        after = last


def _retranslate_page(
    platform: Platform, row: LocalCode, target: Target, after: int
) -> tuple[int, int | None]:
    """(facts stored, the last line looked at or None at the end), trying again when others were first."""
    for _ in range(_TRIES):
        try:
            return platform.database.transact(
                lambda session: _translate_page(platform, session, row, target, after)
            )
        except Conflict:
            continue
    raise Conflict("Other writers kept changing the same records.", remedy="Try again in a moment.")


def _translate_page(
    platform: Platform, session: Session, row: LocalCode, target: Target, after: int
) -> tuple[int, int | None]:
    query = parse_query(
        platform.catalogue, row.type, [(target.search, f"{row.system}|{row.code}")], count=_PAGE, total="none"
    )
    found = local_codes.facts_with(session, query, row.org, after=after, limit=_PAGE)
    if not found:
        return 0, None
    changed = _changed(platform, row.org, found)
    if changed:
        _store(platform, session, row.org, changed)
    return len(changed), found[-1].line


def _changed(platform: Platform, org: str, found: Sequence[Old]) -> list[tuple[Old, bytes]]:
    leads = _leads(platform)
    bodies = [(each, translate(each.body, each.type, org, leads, platform.targets).body) for each in found]
    return [(each, body) for each, body in bodies if body is not each.body]


def _store(platform: Platform, session: Session, org: str, changed: Sequence[tuple[Old, bytes]]) -> None:
    now = platform.clock()
    told = orjson.dumps({"retranslated": [f"{each.type}/{each.id}" for each, _ in changed]})
    message = journal.keep(
        session, source=OWN, channel="api", media="application/json", parts=[told], now=now
    )
    for county in {each.county for each, _ in changed}:
        items = [(each.type, each.id, body, each.version) for each, body in changed if each.county == county]
        platform.pipeline.apply(session, message.id, items, Origin(org, county, now))
    journal.finish(session, message.id, {}, now)


def scan(platform: Platform, progress: Progress = _silent) -> int:
    """Go over everything stored and put local codes that lead nowhere on the list; how many facts were read.

    For what was stored before there was a list. Counts are made anew.
    """
    leads, now, read = _leads(platform), platform.clock(), 0
    for number, type_ in enumerate(platform.targets):
        progress(number, len(platform.targets))
        seen: dict[tuple[str, ...], Seen] = {}
        counts: dict[tuple[str, ...], int] = {}
        cursor: str | None = None
        while True:
            with platform.database.connection() as session:
                facts, cursor = feed.read(session, type_, cursor, _PAGE)
            for fact in facts:
                if fact.deleted or fact.superseded_at is not None:
                    continue
                read += 1
                for each in translate(fact.body, type_, fact.org, leads, platform.targets).unknown:
                    one = _seen(fact.org, f"{fact.type}/{fact.id}", each)
                    seen.setdefault(one.key, one)
                    counts[one.key] = counts.get(one.key, 0) + 1
            if len(facts) < _PAGE:
                break
        _note_all(platform, seen, counts, now)
    progress(len(platform.targets), len(platform.targets))
    return read


def _note_all(
    platform: Platform, seen: dict[tuple[str, ...], Seen], counts: dict[tuple[str, ...], int], now: datetime
) -> None:
    rows = [
        Seen(
            each.org, each.type, each.element, each.system, each.code, each.target,
            each.display, each.unit, each.example, counts[key],
        )
        for key, each in seen.items()
    ]  # fmt: skip
    platform.database.transact(lambda session: local_codes.note(session, rows, now, counting="all"))
