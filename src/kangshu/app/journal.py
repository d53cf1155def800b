"""Messages of institutions in the journal: kept, read again, finished; each in a transaction of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kangshu.domains.intake.tally import Tally
from kangshu.domains.intake.work import Bad
from kangshu.kernel.base.time import Clock
from kangshu.kernel.facts import journal, quarantine
from kangshu.kernel.facts.database import Database, Session
from kangshu.kernel.facts.journal import Message


@dataclass(frozen=True, slots=True)
class Journal:
    """Safe to share between threads."""

    database: Database
    clock: Clock

    def keep(self, incoming: Sequence[tuple[str, Iterable[bytes], str]]) -> list[Message]:
        """Keep messages given as (source, bytes, media); durable when this returns.

        Bytes that can be gone over only once are held in memory meanwhile, for the transaction may have
        to be run again.
        """
        now = self.clock()
        held = [
            (source, list(parts) if isinstance(parts, Iterator) else parts, media)
            for source, parts, media in incoming
        ]
        return self.database.transact(
            lambda session: [
                journal.keep(session, source=source, channel="intake", media=media, parts=parts, now=now)
                for source, parts, media in held
            ]
        )

    def message(self, number: int) -> Message:
        """The message of that number. Raises `NotFound`."""
        with self.database.connection() as session:
            return journal.message(session, number)

    def content(self, message: int) -> Iterator[bytes]:
        """The bytes of a message.

        Each piece over a connection of its own: who works through a message must not hold one for long.
        """
        number = 0
        while (piece := self._piece(message, number)) is not None:
            yield piece
            number += 1

    def start(self, message: int) -> bytes:
        """The first bytes of a message; its media may not tell what it is packed in."""
        return self._piece(message, 0) or b""

    def _piece(self, message: int, number: int) -> bytes | None:
        with self.database.connection() as session:
            return journal.piece(session, message, number)

    def finish(self, message: int, tally: Tally, bad: Sequence[Bad]) -> None:
        """Note what became of a message: its counts, and what of it waits in quarantine now."""
        now = self.clock()

        def finish(session: Session) -> None:
            quarantine.resolve(session, message, [position for position, _, _ in bad], now)
            quarantine.set_aside(session, message, bad, now)
            journal.finish(session, message, tally.as_json(), now)

        self.database.transact(finish)

    def unfinished(self) -> list[Message]:
        """Messages that nobody has worked through to the end."""
        with self.database.connection() as session:
            return journal.unfinished(session)


@dataclass(frozen=True, slots=True)
class FileContent:
    """The bytes of a file, piece by piece, as often as they are asked for."""

    path: Path

    def __iter__(self) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            while piece := file.read(journal.PART):
                yield piece
