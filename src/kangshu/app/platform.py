"""The platform: one facade over the domains, used by the command line, the web and programs."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from kangshu.app.counted_plans import CountedPlans
from kangshu.app.fact_quality import FactQuality
from kangshu.app.institutions import Institutions
from kangshu.app.intake import Intake
from kangshu.app.log_heads import write_head, written_heads
from kangshu.app.maps import Maps
from kangshu.app.measures import Measures
from kangshu.app.pack_facts import PackFacts
from kangshu.app.planning import Planning
from kangshu.app.senders import Senders
from kangshu.app.settings import Settings
from kangshu.app.tables import Tables
from kangshu.app.translation import Translators
from kangshu.app.view_catalogue import ViewCatalogue
from kangshu.app.view_lineage import ViewLineage
from kangshu.app.views import Views
from kangshu.app.writer import Writer
from kangshu.domains.intake.checking import Checker
from kangshu.domains.intake.pipeline import Pipeline
from kangshu.domains.intake.tally import Tally
from kangshu.domains.quality.read import QualityReader, RememberedScores
from kangshu.domains.terminology.shelf import Shelf
from kangshu.domains.terminology.targets import Targets
from kangshu.kernel.base.errors import NotFound
from kangshu.kernel.base.time import Clock
from kangshu.kernel.facts import inventory, persons, quarantine, work_items
from kangshu.kernel.facts.access_log import AccessLog
from kangshu.kernel.facts.database import Database
from kangshu.kernel.facts.exclusive import Turns
from kangshu.kernel.facts.extract import Extractor
from kangshu.kernel.facts.inventory import Figures, Inventory
from kangshu.kernel.facts.lookup import subject_of, subjects_of
from kangshu.kernel.facts.parameters import Catalogue
from kangshu.kernel.facts.quarantine import Quarantined
from kangshu.kernel.facts.reader import Note, Reader, Use
from kangshu.kernel.facts.work_items import WorkItem
from kangshu.kernel.lake.reader import LakeReader
from kangshu.kernel.policies.access_log import AccessEntry, Head, Verdict
from kangshu.kernel.policies.decide import Policies
from kangshu.kernel.policies.definition import Grant


@dataclass(frozen=True, slots=True)
class Platform:
    """Everything wired together. Made by `wiring.build`; safe to share between threads; `close` it."""

    settings: Settings
    clock: Clock
    catalogue: Catalogue
    extractor: Extractor
    policies: Policies
    institutions: Institutions
    database: Database
    checker: Checker
    pipeline: Pipeline
    intake: Intake
    senders: Senders
    access_log: AccessLog
    note: Note
    turns: Turns
    codes: Shelf
    targets: Targets
    translators: Translators
    tables: Tables
    views: Views
    planning: Planning
    measures: Measures
    view_catalogue: ViewCatalogue
    pack_facts: PackFacts
    counted_plans: CountedPlans
    maps: Maps
    view_lineage: ViewLineage
    fact_quality: FactQuality
    remembered_scores: RememberedScores = field(default_factory=RememberedScores)

    def close(self) -> None:
        """Give back the connections."""
        self.counted_plans.close()
        self.turns.close()
        self.access_log.close()
        self.database.close()

    # -- operating

    def is_ready(self) -> bool:
        """Whether the database answers."""
        return self.database.answers()

    def operating_figures(self) -> Figures:
        """What an operator watches; numbers only."""
        with self.database.connection() as session:
            return inventory.figures(session)

    def verify_access_log(self, *known: Head) -> Verdict:
        """Check the access log, also against the heads that were written down; write down its head if it
        is sound."""
        verdict = self.access_log.verify([*written_heads(self.settings.home), *known])
        if not verdict.problems:
            write_head(self.settings.home, verdict.head, self.clock())
        return verdict

    def write_head(self) -> Head:
        """Write down the head of the access log outside the database."""
        head = self.access_log.head()
        write_head(self.settings.home, head, self.clock())
        return head

    def inventory(self) -> Inventory:
        """Exact counts of everything stored; takes as long as reading it."""
        with self.database.connection() as session:
            return inventory.inventory(session)

    # -- reading and writing

    def reader(self, grant: Grant) -> Reader:
        """The door to the rows of a grant."""
        return Reader(self.database, grant, self.note)

    def writer(self, grant: Grant) -> Writer:
        """The door for single changes, as the API makes them."""
        return Writer(
            self.database,
            self.checker,
            self.pipeline,
            self.institutions,
            self.clock,
            grant,
            self.note,
            self.codes.changed,
            self.translators,
            self.pack_facts,
        )

    def accesses(
        self, grant: Grant, *, before: int | None = None, count: int = 50
    ) -> list[tuple[int, AccessEntry]]:
        """What the access log has for the grant, newest first (`AccessLog.seen`); looking is an access."""
        found = self.access_log.seen(grant, before=before, count=count)
        self.note(grant, Use(None, (), (), len(found)))
        return found

    # -- quarantine

    def quarantine(
        self, grant: Grant, *, source: str | None = None, after: int = 0, limit: int = 100
    ) -> list[Quarantined]:
        """What waits in quarantine: places and problems, no content."""
        with self.database.connection() as session:
            found = quarantine.waiting(session, source=source, after=after, limit=limit)
        self.note(grant, Use(None, (), (), len(found)))
        return found

    def quarantined(self, grant: Grant, identifier: int) -> Quarantined:
        """One entry of the quarantine."""
        with self.database.connection() as session:
            found = quarantine.entry(session, identifier)
        self.note(grant, Use(None, (), (), 1))
        return found

    def replay(self, grant: Grant, identifier: int) -> Tally:
        """Work through the message of a quarantine entry once more, after something was mended."""
        entry = self.quarantined(grant, identifier)
        return self.intake.work_through(self.intake.messages.message(entry.message), again=True)

    # -- quality

    def quality(self, grant: Grant) -> QualityReader:
        """The door to scores and findings of a grant."""
        return QualityReader(
            self.tables.lake, self.tables.scoring, grant, self._note_rows, self.remembered_scores
        )

    def rows_of_lake(self, grant: Grant) -> LakeReader:
        """The door to rows of the lake of a grant."""
        return LakeReader(self.tables.lake, grant, self._note_rows)

    def _note_rows(self, grant: Grant, table: str, count: int) -> None:
        self.note(grant, Use(table, (), (), count))

    # -- persons

    def person_of(self, type: str, id: str) -> int | None:
        """The person a source record belongs to."""
        with self.database.connection() as session:
            key = (persons.ADDRESS, f"{type}/{id}")
            return persons.find(session, [key]).get(key)

    def person_of_fact(self, type: str, id: str) -> int | None:
        """The person a stored fact is about; for a decision who may see it, and nothing else."""
        with self.database.connection() as session:
            return subject_of(session, type, id)

    def persons_of_facts(self, type: str, ids: Sequence[str]) -> dict[str, int]:
        """The same for many facts of a type, by id."""
        with self.database.connection() as session:
            return subjects_of(session, type, ids)

    def patients_of(self, person: int) -> list[str]:
        """Addresses of the source records of a person."""
        with self.database.connection() as session:
            return [value for system, value in persons.keys_of(session, person) if system == persons.ADDRESS]

    def care_orgs(self, person: int) -> frozenset[str]:
        """The institutions that hold facts about a person: those that have them in their care."""
        with self.database.connection() as session:
            return persons.orgs_of(session, person)

    def work_items(self, grant: Grant, *, after: int = 0, limit: int = 100) -> list[WorkItem]:
        """Open work items that the grant lets through."""
        seen: list[WorkItem] = []
        with self.database.connection() as session:
            while len(seen) < limit and (found := work_items.waiting(session, after=after, limit=limit)):
                seen += [item for item in found if _in_scope(item, grant)]
                after = found[-1].id
        self.note(grant, Use(None, (), (), len(seen[:limit])))
        return seen[:limit]

    def keep_apart(self, grant: Grant, identifier: int) -> None:
        """Settle a work item: the registrations stay with the persons they are with, for good.

        Settled once is settled. Raises `NotFound` for an item the grant does not let through.
        """
        with self.database.connection() as session:
            item = work_items.one(session, identifier)
            if not _in_scope(item, grant):
                raise NotFound(f"There is no work item {identifier}.")
            work_items.close(session, identifier, grant.principal.id, self.clock())
        self.note(grant, Use(None, (), (), 1))

    @contextmanager
    def closing(self) -> Generator[Platform]:
        """Close the platform when the block ends."""
        try:
            yield self
        finally:
            self.close()


def _in_scope(item: WorkItem, grant: Grant) -> bool:
    scope = grant.scope
    return scope.everything or item.org in scope.orgs or item.county in scope.counties
