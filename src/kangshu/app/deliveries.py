"""Deliveries: messages that hold tables, by way of the journal into the lake."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from kangshu.app.institutions import Institutions
from kangshu.app.journal import FileContent, Journal
from kangshu.app.media import TABLE
from kangshu.app.tables import Tables
from kangshu.domains.intake.tables.land import Landing
from kangshu.domains.intake.tables.merging import Origin
from kangshu.domains.intake.tally import Tally, parse_tally
from kangshu.kernel.base.time import Clock
from kangshu.kernel.facts.database import Database
from kangshu.kernel.facts.exclusive import exclusive
from kangshu.kernel.facts.journal import Message


@dataclass(frozen=True, slots=True)
class Deliveries:
    """The way in for tables. Deliveries of one institution land one after the other."""

    database: Database
    clock: Clock
    journal: Journal
    institutions: Institutions
    tables: Tables

    def at(self, clock: Clock) -> Deliveries:
        """The same way in, at the time of another clock."""
        return replace(self, clock=clock, journal=replace(self.journal, clock=clock))

    def land(self, source: str, feed: str, path: Path) -> tuple[Landing, Tally]:
        """Journal a file of tables from an institution and land it in the lake; what became of it.

        Raises `NotFound` for a feed no place pack has. The same file again changes nothing.
        """
        name = self.tables.feeds.get(feed).name
        message = self.journal.keep([(source, FileContent(path), f"{TABLE}{name}")])[0]
        if message.counts is not None:
            return Landing(), parse_tally(message.counts).as_unchanged()
        return self.work_through(message)

    def work_through(self, message: Message) -> tuple[Landing, Tally]:
        """Land a journalled delivery; what became of it."""
        feed = self.tables.feeds.get(message.media.removeprefix(TABLE))
        county = self.institutions.get(message.source).county
        origin = Origin(message.source, county, message.id, message.received_at, self.clock())
        with self.database.statements() as session, exclusive(session, f"lake {message.source}"):
            landing, tally, bad = self.tables.land(feed, self.journal.content(message.id), origin)
            self.journal.finish(message.id, tally, bad)
        return landing, tally
