"""Intake: messages into the journal first, and from there into facts, the lake or quarantine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from kangshu.app.deliveries import Deliveries
from kangshu.app.institutions import Institutions
from kangshu.app.journal import FileContent, Journal
from kangshu.app.media import HL7V2, TABLE, media_of
from kangshu.app.translation import Translators
from kangshu.domains.intake import reading
from kangshu.domains.intake.cda.reading import CdaReader, recognised
from kangshu.domains.intake.hl7v2.reader import Hl7Reader
from kangshu.domains.intake.merging import merged
from kangshu.domains.intake.pipeline import Pipeline
from kangshu.domains.intake.reading import Media
from kangshu.domains.intake.tally import Tally, parse_tally
from kangshu.domains.intake.unit import Unit
from kangshu.domains.intake.unpacking import unpacked
from kangshu.domains.intake.work import Bad, Origin, Taken, TooEarly
from kangshu.domains.terminology.shelf import Shelf
from kangshu.kernel.base.errors import Conflict, Invalid, KangshuError, TooCostly, Unavailable
from kangshu.kernel.base.time import Clock
from kangshu.kernel.facts import journal
from kangshu.kernel.facts.bodies import current_bodies
from kangshu.kernel.facts.database import Database, Session
from kangshu.kernel.facts.exclusive import alone
from kangshu.kernel.facts.journal import Message
from kangshu.kernel.facts.reader import Note, Use
from kangshu.kernel.policies.definition import Grant

STREAM = "stream of messages"
"""What the process does that listens for them: it alone takes up those that were left."""

LARGE = 4 << 20
"""Bytes of a message above which a process works on one such at a time, unit by unit: parsed and indexed, a
resource takes up to eighty times its size."""
PACKED = 64 << 10
"""The same for a message in gzip."""

_ONE_LARGE = Lock()


@dataclass(frozen=True, slots=True)
class Intake:
    """The way in for messages of institutions. Safe to share between threads."""

    database: Database
    clock: Clock
    messages: Journal
    deliveries: Deliveries
    institutions: Institutions
    pipeline: Pipeline
    cda: CdaReader
    hl7: Hl7Reader
    codes: Shelf
    translators: Translators
    note: Note

    def receive(
        self, grant: Grant, source: str, parts: Iterable[bytes], *, media: Media | None = None
    ) -> Tally:
        """Journal one message from an institution and work through it; what became of it, by type.

        Once this returns, the message is in the journal for good. A message that was received before
        is not worked through again: everything in it counts as unchanged.
        """
        tally = self.work_through(self.journal([(source, parts, media or "")])[0])
        self.note(grant, Use(None, (), (), sum(tally.received.values())))
        return tally

    def receive_files(self, source: str, paths: Sequence[Path]) -> tuple[Tally, list[int]]:
        """Journal and work through files as messages of one institution.

        One transaction each for all of them; file by file where one is too large for that or is wrong.
        Returns the tally, and the numbers of messages that came before what they refer to: they stay
        journalled, for `take_up` once the others are through.
        """
        messages = self.journal([(source, FileContent(path), media_of(path)) for path in paths])
        fresh = [message for message in messages if message.counts is None]
        tally = Tally()
        for message in messages:
            if message.counts is not None:
                tally.add(parse_tally(message.counts).as_unchanged())
        together = self._together(source, fresh) if len(fresh) > 1 else None
        if together is not None:
            tally.add(together)
            return tally, []
        early: list[int] = []
        for message in fresh:
            try:
                tally.add(self.work_through(message, last=False))
            except TooEarly:
                early.append(message.id)
        return tally, early

    def take_up(self, messages: Iterable[int]) -> Tally:
        """Work through messages that are in the journal, in order."""
        tally = Tally()
        for number in messages:
            tally.add(self.work_through(self.messages.message(number)))
        return tally

    def journal(self, incoming: Sequence[tuple[str, Iterable[bytes], str]]) -> list[Message]:
        """Keep messages given as (source, bytes, media); durable when this returns."""
        return self.messages.keep(incoming)

    def _together(self, source: str, messages: Sequence[Message]) -> Tally | None:
        """Work through small messages in one transaction; None, and nothing done, if that cannot be."""
        try:
            units = [(message.id, unit) for message in messages for unit in self._units(message)]
        except KangshuError:
            return None
        if len(units) != len(messages):
            return None
        origin = self.origin(source, last=False)

        def work(session: Session) -> Tally:
            tally = Tally()
            results = self.pipeline.take(session, whole(session, units, source), origin)
            if any(taken.bad for taken in results):
                # What one message lacks another of the same group may bring: one after the other, then.
                raise _Apart
            for taken in results:
                journal.finish(session, taken.message, taken.tally.as_json(), origin.now)
                tally.add(taken.tally)
            return tally

        try:
            tally = self.database.transact(work)
        except (_Apart, TooEarly, Invalid):
            return None
        self.codes.changed(tally.stored)
        return tally

    def work_through(self, message: Message, *, again: bool = False, last: bool = True) -> Tally:
        """Turn a journalled message into facts and quarantine entries. A second time changes nothing.

        `again` works through a finished message once more (replay). Unless it is the `last` try, a message
        that came before what it refers to raises `TooEarly` and stays unfinished.
        """
        if message.counts is not None and not again:
            return parse_tally(message.counts).as_unchanged()
        if message.media.startswith(TABLE):
            return self.deliveries.work_through(message)[1]
        origin = self.origin(message.source, last=last)
        tally = Tally()
        bad: list[Bad] = []
        try:
            for taken in self._all_taken(message, origin):
                tally.add(taken.tally)
                bad += taken.bad
        except (Invalid, TooCostly) as error:
            # The fault is the message's. Any other error leaves it unfinished, to be taken up again.
            bad.append((-1, "?", list(error.as_problems())))
            tally.quarantined["?"] += 1
            tally.received["?"] += 1
        self.messages.finish(message.id, tally, bad)
        self.codes.changed(tally.stored)
        return tally

    def origin(self, source: str, *, last: bool = True) -> Origin:
        """An institution and its maps as of now. Looks into the database: not for within a transaction."""
        county = self.institutions.get(source).county
        return Origin(source, county, self.clock(), self.translators.of(source), last)

    def _units(self, message: Message) -> Iterator[Unit]:
        content = self.messages.content(message.id)
        if message.media == HL7V2:
            return self.hl7.units(content, message.source)
        is_cda, parts = recognised(message.media, unpacked(content))
        if is_cda:
            return self.cda.units(parts, source=message.source)
        media: Any = message.media if message.media in ("json", "ndjson") else None
        return reading.units(parts, media=media)

    def _all_taken(self, message: Message, origin: Origin) -> Iterator[Taken]:
        """What became of each unit. Those of large messages are read and stored one at a time, by turns."""
        turn = _ONE_LARGE if self._is_large(message) else nullcontext()
        units = self._units(message)
        while True:
            with turn:
                unit = next(units, None)
                if unit is None:
                    return
                taken = self._take(message.id, unit, origin)
            yield from taken

    def _is_large(self, message: Message) -> bool:
        if message.size > LARGE:
            return True
        return message.size > PACKED and self.messages.start(message.id).startswith(b"\x1f\x8b")

    def _take(self, message: int, unit: Unit, origin: Origin) -> list[Taken]:
        return self.database.transact(
            lambda session: self.pipeline.take(session, whole(session, [(message, unit)], origin.org), origin)
        )

    def resume(self) -> int:
        """Work through what was journalled but not finished when a process ended; how many messages.

        Not those of a stream that runs: it takes them up itself, in their order (`stream.Stream.start`).
        """
        done = 0
        with alone(self.database, STREAM) as no_stream:
            for message in self.messages.unfinished():
                if message.media == HL7V2 and not no_stream:
                    continue
                # One that others are in the way of keeps its place for the next time.
                with suppress(Conflict, Unavailable):
                    self.work_through(message)
                    done += 1
        return done


class _Apart(Exception):
    """Messages that were tried together have to be worked through one by one."""


def whole(session: Session, units: Sequence[tuple[int, Unit]], org: str) -> list[tuple[int, Unit]]:
    """The units with what is stored already in those entries that add to it."""
    return merged(units, lambda addresses: current_bodies(session, org, addresses))
