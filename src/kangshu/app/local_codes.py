"""The steward's list: local codes that lead nowhere, what they may mean, and what was decided."""

from __future__ import annotations

from functools import lru_cache, partial

import orjson

from kangshu.app.platform import Platform
from kangshu.domains.terminology.publishing import concept_map
from kangshu.domains.terminology.shelf import OWN
from kangshu.domains.terminology.suggestions import Index, Suggestion, index_of, suggest
from kangshu.kernel.base.errors import Invalid, NotFound
from kangshu.kernel.codes.code_system import CodeSystem
from kangshu.kernel.codes.ucum import UCUM, units_of
from kangshu.kernel.facts import local_codes
from kangshu.kernel.facts.local_codes import LocalCode, State
from kangshu.kernel.facts.reader import Use
from kangshu.kernel.policies.definition import Grant

EQUIVALENCES = ("equivalent", "equal", "wider", "subsumes", "narrower", "specializes", "inexact", "relatedto")
"""How a standard code may stand to the local one: codes of concept-map-equivalence that mean a match."""


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
