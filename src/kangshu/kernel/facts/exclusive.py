"""Work that only one process may do at a time, told by its name."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterable
from contextlib import ExitStack, closing, contextmanager, suppress

from psycopg import Connection, OperationalError, errors
from psycopg.rows import TupleRow

from kangshu.kernel.base.errors import Conflict, Unavailable
from kangshu.kernel.facts.connect import unavailable
from kangshu.kernel.facts.database import Again, Database

_STRIPES = 64
_PATIENCE = 60.0
"""Seconds to wait for a turn."""
_SHORTEST, _LONGEST = 0.002, 0.05
"""Seconds between two looks whether it is ours."""


@contextmanager
def exclusive(connection: Connection[TupleRow], name: str) -> Generator[None]:
    """Wait until no other process does the work of that name, then keep others from it.

    The lock goes with the connection, also when the process is killed.
    """
    connection.execute(_statement("pg_advisory_lock"), (name,))
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute(_statement("pg_advisory_unlock"), (name,))


@contextmanager
def exclusive_if_free(connection: Connection[TupleRow], name: str) -> Generator[bool]:
    """Like `exclusive` without waiting: False, and no lock, where another process does the work."""
    row = connection.execute(_statement("pg_try_advisory_lock"), (name,)).fetchone()
    taken = bool(row and row[0])
    try:
        yield taken
    finally:
        if taken and not connection.closed:
            connection.execute(_statement("pg_advisory_unlock"), (name,))


def exclusive_until_commit(connection: Connection[TupleRow], name: str) -> None:
    """Like `exclusive`, until the transaction ends. Raises `Again` after two seconds.

    Whoever has the turn (`Turns`) may be waiting for a row of this transaction, by another connection:
    PostgreSQL does not see that these two wait for each other.
    """
    connection.execute("SET LOCAL lock_timeout = '2s'")
    try:
        connection.execute(_statement("pg_advisory_xact_lock"), (name,))
    except errors.LockNotAvailable:
        raise Again from None
    connection.execute("SET LOCAL lock_timeout = 0")


@contextmanager
def alone(database: Database, name: str) -> Generator[bool]:
    """Whether this process alone does the work of that name, and keeps others from it meanwhile.

    Never waits. Takes a connection of its own, and the lock goes with it, also when the process is killed.
    Raises `Unavailable`.
    """
    try:
        connection = Connection.connect(database.url, autocommit=True)
    except OperationalError as error:
        raise unavailable(error) from None
    with closing(connection):
        row = connection.execute(_statement("pg_try_advisory_lock"), (name,)).fetchone()
        yield bool(row and row[0])


class Turns:
    """Exclusive work that spans several transactions. Thread-safe; one per process. Close it.

    All threads share one connection of its own: those that wait for a turn must hold none of the pool,
    for who has the turn needs them. So it asks again and again and never waits in the database. Should
    the connection break, whoever works on has lost the turn.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._here = tuple(threading.Lock() for _ in range(_STRIPES))
        self._connecting = threading.Lock()
        self._connection: Connection[TupleRow] | None = None

    def close(self) -> None:
        """Close the connection; the next turn opens a new one."""
        with self._connecting:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @contextmanager
    def held(self, names: Iterable[str]) -> Generator[None]:
        """Have the turns of all names, taken in one order so that nobody waits in a circle.

        Raises `Conflict` when others have one for a minute, `Unavailable` when the database is gone.
        """
        wanted = sorted(set(names))
        with ExitStack() as stack:
            for number in sorted({hash(name) % _STRIPES for name in wanted}):
                stack.enter_context(self._here[number])
            for name in wanted:
                stack.enter_context(self._turn(name))
            yield

    @contextmanager
    def _turn(self, name: str) -> Generator[None]:
        deadline = time.monotonic() + _PATIENCE
        pause = _SHORTEST
        while not self._asked("pg_try_advisory_lock", name):
            if time.monotonic() > deadline:
                raise Conflict("Others kept doing the same.", remedy="Try again in a moment.")
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST)
        try:
            yield
        finally:
            # Gone with the connection, if that is gone.
            with suppress(Unavailable):
                self._asked("pg_advisory_unlock", name)

    def _asked(self, function: str, name: str) -> bool:
        try:
            row = self._connected().execute(_statement(function), (name,)).fetchone()
        except OperationalError as error:
            self.close()
            raise unavailable(error) from None
        return bool(row and row[0])

    def _connected(self) -> Connection[TupleRow]:
        with self._connecting:
            if self._connection is None or self._connection.closed:
                self._connection = Connection.connect(self._database.url, autocommit=True)
            return self._connection


def _statement(function: str) -> bytes:
    return f"SELECT {function}(hashtextextended(%s, 0))".encode()
