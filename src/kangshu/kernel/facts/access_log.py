"""The access log in PostgreSQL: written in groups, durable before the caller goes on."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence

from psycopg import Connection, Error, OperationalError
from psycopg.rows import TupleRow

from kangshu.kernel.base.errors import Refused
from kangshu.kernel.facts.connect import unavailable
from kangshu.kernel.facts.database import Database
from kangshu.kernel.policies.access_log import (
    FIRST_HASH,
    AccessEntry,
    Head,
    LoggedEntry,
    Verdict,
    canonical,
    parse_entry,
    verify,
)
from kangshu.kernel.policies.definition import Grant

_APPEND = "SELECT access_log_append(%s)"

_BATCH = 2_000
"""Rows fetched at a time when the whole log is read."""


class _Group:
    """Entries that are written together, and the outcome their callers wait for."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.done = threading.Event()
        self.is_durable = False
        self.error: Error | None = None


class AccessLog:
    """Append and read the access log. Thread-safe; any number of processes may write at once. Close it.

    Entries that arrive while a group is being written form the next one, and the caller who was
    first in it writes it. So nobody waits longer than two commits, and under load one commit
    serves many.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._next = _Group()
        # A connection of its own: callers may hold every connection of the pool while they wait for this.
        self._connection: Connection[TupleRow] | None = None

    def close(self) -> None:
        """Close the connection; a later `append` opens a new one."""
        with self._writing:
            self._disconnect()

    def append(self, entries: Sequence[AccessEntry]) -> None:
        """Write the entries; when this returns they are on disk. Raises `Unavailable` if not."""
        if not entries:
            return
        texts = [canonical(entry) for entry in entries]
        with self._lock:
            group = self._next
            is_first = not group.texts
            group.texts += texts
        if is_first:
            self._write_next()
        group.done.wait()
        if not group.is_durable:
            error = group.error
            raise unavailable(error if isinstance(error, OperationalError) else None) from error

    def _write_next(self) -> None:
        with self._writing:
            with self._lock:
                group, self._next = self._next, _Group()
            try:
                self._write(group.texts)
                group.is_durable = True
            except Error as error:
                group.error = error
            finally:
                group.done.set()

    def _write(self, texts: list[str]) -> None:
        try:
            self._connected().execute(_APPEND, (texts,))
        except OperationalError:
            # The server was restarted. Should the lost reply have said "written", entries stand there twice.
            self._disconnect()
            self._connected().execute(_APPEND, (texts,))

    def _connected(self) -> Connection[TupleRow]:
        if self._connection is None or self._connection.closed:
            self._connection = Connection.connect(self._database.url, autocommit=True)
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def seen(
        self, grant: Grant, *, before: int | None = None, count: int = 50
    ) -> list[tuple[int, AccessEntry]]:
        """The entries a grant to see the log lets through, newest first, with their numbers.

        `before`: only entries with a smaller number (the next page). A grant for persons shows the
        entries that touched one of them, without the other persons and facts those entries name.
        Raises `Refused` if the grant is for something else.
        """
        if grant.action != "see_access_log":
            raise Refused(f"A grant to {grant.action} does not open the access log.")
        if grant.scope.everything:
            return self._page("true", (), before, count)
        if not grant.scope.persons:
            return []
        persons = sorted(grant.scope.persons)
        condition = " OR ".join(["(entry::jsonb) -> 'persons' @> %s::jsonb"] * len(persons))
        rows = self._page(f"({condition})", tuple(str(person) for person in persons), before, count)
        return [(number, _only(entry, grant.scope.persons)) for number, entry in rows]

    def _page(
        self, condition: str, values: tuple[str, ...], before: int | None, count: int
    ) -> list[tuple[int, AccessEntry]]:
        below = "" if before is None else " AND number < %s"
        parameters = [*values, *([] if before is None else [before]), count]
        with self._database.connection() as connection:
            rows = connection.execute(
                (
                    f"SELECT number, entry FROM access_log WHERE {condition}{below}"
                    " ORDER BY number DESC LIMIT %s"
                ).encode(),
                parameters,
            ).fetchall()
        return [(number, parse_entry(text)) for number, text in rows]

    def head(self) -> Head:
        """The last entry there is; number 0 when there is none."""
        with self._database.connection() as connection:
            row = connection.execute(
                "SELECT number, hash FROM access_log ORDER BY number DESC LIMIT 1"
            ).fetchone()
        return Head(row[0], bytes(row[1])) if row else Head(0, FIRST_HASH)

    def verify(self, known: Iterable[Head] = ()) -> Verdict:
        """Check the whole chain, a few thousand entries in memory at a time. `known`: see `verify`."""
        with self._database.connection() as connection:
            return verify(_stream(connection), known)


def _stream(connection: Connection[TupleRow]) -> Iterator[LoggedEntry]:
    with connection.cursor("access_log") as cursor:
        cursor.itersize = _BATCH
        cursor.execute("SELECT number, entry, hash FROM access_log ORDER BY number")
        for number, text, digest in cursor:
            yield LoggedEntry(number, text, bytes(digest))


def _only(entry: AccessEntry, persons: frozenset[int]) -> AccessEntry:
    """The entry as one of its persons may see it."""
    if set(entry.persons) <= persons:
        return entry
    return AccessEntry(
        at=entry.at,
        principal=entry.principal,
        role=entry.role,
        org=entry.org,
        action=entry.action,
        purpose=entry.purpose,
        type=entry.type,
        facts=(),
        persons=tuple(person for person in entry.persons if person in persons),
        count=len([person for person in entry.persons if person in persons]),
        reason=entry.reason,
        policies=entry.policies,
    )
