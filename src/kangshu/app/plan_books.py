"""What people write about plans: values and progress they enter, periods they publish.

Read by whoever may see indicators, written by the commission; each use is in the access log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from kangshu.domains.planning.ledger import Progress, ProjectStanding, parse_progress, project_standings
from kangshu.domains.planning.ledger_book import LedgerBook
from kangshu.domains.planning.plan import PlaceContent
from kangshu.kernel.base.errors import Refused
from kangshu.kernel.base.time import Clock
from kangshu.kernel.facts.database import Database
from kangshu.kernel.facts.exclusive import exclusive
from kangshu.kernel.facts.reader import Note, Use
from kangshu.kernel.indicators.entry import Entry, EntryBook, parse_entry
from kangshu.kernel.indicators.publication import PublicationBook, Published
from kangshu.kernel.lake.store import Lake
from kangshu.kernel.policies.decide import Policies
from kangshu.kernel.policies.definition import Grant, Resource

PUBLISHING = "publication of indicators"
"""One at a time: whether a period is published already is looked up before it is."""


@dataclass(frozen=True, slots=True)
class PlanBooks:
    """Entries, progress and publications of all places. Safe to share between threads."""

    lake: Lake
    database: Database
    policies: Policies
    note: Note
    clock: Clock

    def entries(self, grant: Grant, content: PlaceContent) -> tuple[Entry, ...]:
        """Every value entered for a place, in the order it was recorded, without those of its documents.

        `grant`: for reading indicators. Raises `Refused` for who may not see their history.
        """
        return EntryBook(self.lake, self._history(grant, content), self._note_rows).read(content.place)

    def enter(self, grant: Grant, content: PlaceContent, indicator: str, row: Mapping[str, str]) -> Entry:
        """Enter a value: period, value ("" takes back what was entered), source, evidence.

        Raises `Invalid` with every problem, `NotFound`, and `Refused` for a county the grant does not open.
        """
        chosen = content.indicators.get(indicator)
        entry = parse_entry(chosen, content.place, {**row, "who": grant.principal.id}, self.clock())
        EntryBook(self.lake, grant, self._note_rows).add(content.county, [entry])
        return entry

    def progress(self, grant: Grant, content: PlaceContent) -> tuple[Progress, ...]:
        """All that was entered about the projects of a place."""
        return LedgerBook(self.lake, self._history(grant, content), self._note_rows).read(content.place)

    def enter_progress(
        self, grant: Grant, content: PlaceContent, project: str, row: Mapping[str, str]
    ) -> Progress:
        """Enter how far a project has come: day, paid, work, source, evidence.

        Raises `Invalid` with every problem, `NotFound`, and `Refused` for a county the grant does not open.
        """
        chosen = content.project(project)
        entry = parse_progress(chosen, content.place, {**row, "who": grant.principal.id}, self.clock())
        LedgerBook(self.lake, grant, self._note_rows).add(content.county, [entry])
        return entry

    def projects(
        self, grant: Grant, content: PlaceContent, *, on: date, as_of: datetime | None = None
    ) -> tuple[ProjectStanding, ...]:
        """How every project of a place stands on a day."""
        if not content.projects:
            return ()
        return project_standings(
            content.projects,
            self.progress(grant, content),
            on=on,
            as_of=as_of,
            tolerance=content.number("project_tolerance", on),
            longest=int(content.number("project_silence", on)),
        )

    def published(self, grant: Grant, content: PlaceContent) -> tuple[Published, ...]:
        """All that a place has published."""
        return self._publications(self._history(grant, content)).read(content.place)

    def add_published(self, grant: Grant, content: PlaceContent, cells: tuple[Published, ...]) -> None:
        """Keep what is published. Raises `Conflict` where that period is published already."""
        with self.database.statements() as session, exclusive(session, PUBLISHING):
            self._publications(grant).add(content.county, cells)

    def _publications(self, grant: Grant) -> PublicationBook:
        return PublicationBook(self.lake, grant, self._note_rows)

    def _history(self, grant: Grant, content: PlaceContent) -> Grant:
        """The grant for the books: that for indicators opens no rows at all."""
        # Programs name what they take as FHIR does: reports of measures.
        resource = Resource("indicator", "MeasureReport", county=content.county or None)
        found = self.policies.decide(grant.principal, "history", resource, grant.purpose)
        # A policy for numbers alone opens no rows: a report without what was entered would look whole.
        if not (found.scope.everything or content.county in found.scope.counties):
            raise Refused(
                f"The role {grant.principal.role} may see numbers, not what was entered of {content.place}.",
                remedy="The access policies need one for the action history of indicators.",
            )
        return found

    def _note_rows(self, grant: Grant, table: str, count: int) -> None:
        self.note(grant, Use(table, (), (), count))
