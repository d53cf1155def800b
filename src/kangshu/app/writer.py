"""The door for single changes, as the API makes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from kangshu.app.institutions import Institutions
from kangshu.app.pack_facts import PackFacts
from kangshu.app.translation import Translators
from kangshu.domains.intake.canonical import head_of
from kangshu.domains.intake.change import Change
from kangshu.domains.intake.checking import Checker
from kangshu.domains.intake.pipeline import Pipeline
from kangshu.domains.intake.work import Origin
from kangshu.kernel.base.errors import Problem, Refused
from kangshu.kernel.base.ids import new_id
from kangshu.kernel.base.time import Clock
from kangshu.kernel.facts import journal
from kangshu.kernel.facts.database import Database, Session
from kangshu.kernel.facts.definition import Outcome
from kangshu.kernel.facts.reader import Use
from kangshu.kernel.facts.store import Appender
from kangshu.kernel.policies.definition import Grant


class Writer:
    """Single changes through the API: journalled, checked, identified and stored in one transaction."""

    def __init__(
        self,
        database: Database,
        checker: Checker,
        pipeline: Pipeline,
        institutions: Institutions,
        clock: Clock,
        grant: Grant,
        note: Callable[[Grant, Use], None],
        changed: Callable[[Iterable[str]], None],
        translators: Translators,
        packs: PackFacts,
    ) -> None:
        self._database = database
        self._checker = checker
        self._pipeline = pipeline
        self._institutions = institutions
        self._clock = clock
        self._grant = grant
        self._note = note
        self._changed = changed
        self._translators = translators
        self._packs = packs

    def new_id(self) -> str:
        """An id for something about to be created."""
        return new_id()

    def validate(self, body: bytes, type: str | None) -> list[Problem]:
        """Every problem of a resource; `type`, if given, must be its type."""
        problems, _ = self._checker.check(body)
        if type is not None and not problems and head_of(body).resource_type != type:
            problems.append(Problem("error", "structure", "resourceType", f"The resource is not a {type}."))
        return problems

    def apply(
        self, changes: Sequence[Change], *, raw: bytes, media: str = "application/fhir+json"
    ) -> list[Outcome]:
        """Store the changes, all or none; durable when this returns. References must be resolved already.

        Raises `Refused` where something is there that the grant does not let through, `Invalid` with every
        problem, `Conflict` where a version is not the expected one or a pack says what is there.
        """
        for change in changes:
            self._packs.refuse_writing(change.type, change.id)
        principal = self._grant.principal
        org = principal.org or ""
        now = self._clock()
        county = principal.county or self._institutions.get(org).county
        origin = Origin(org, county, now, self._translators.of(org))
        items = [(c.type, c.id or new_id(), c.body, c.if_version) for c in changes]

        def work(session: Session) -> tuple[list[Outcome], tuple[int, ...]]:
            self._refuse_others(session, [(type_, id_) for type_, id_, _, _ in items], now)
            message = journal.keep(session, source=org, channel="api", media=media, parts=[raw], now=now)
            outcomes = self._pipeline.apply(session, message.id, items, origin)
            journal.finish(session, message.id, {}, now)
            stored = Appender(session, now).current({(o.type, o.id) for o in outcomes}).values()
            return outcomes, tuple({fact.person for fact in stored if fact.person is not None})

        outcomes, touched = self._database.transact(work)
        self._changed(outcome.type for outcome in outcomes)
        addresses = tuple(f"{outcome.type}/{outcome.id}" for outcome in outcomes)
        self._note(self._grant, Use(None, addresses, touched, len(outcomes)))
        return outcomes

    def _refuse_others(self, session: Session, addresses: Sequence[tuple[str, str]], now: datetime) -> None:
        """What is there already, deleted or not, can only be changed within the scope of the grant."""
        scope = self._grant.scope
        for (type_, _), current in Appender(session, now).current(addresses).items():
            if not scope.lets_through(type_, current.org, current.county, current.person):
                raise Refused(
                    f"A {type_} of this id is there, and not yours to change.", remedy="Use another id."
                )
