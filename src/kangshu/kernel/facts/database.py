"""The connection to PostgreSQL: pool, and transactions, tried again when others were first."""

from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from psycopg import Connection, DataError, Error, OperationalError, errors
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool, PoolTimeout

from kangshu.kernel.base.errors import Conflict, Invalid
from kangshu.kernel.facts import partitions
from kangshu.kernel.facts.common_tokens import CommonTokens
from kangshu.kernel.facts.connect import unavailable

T = TypeVar("T")

Session = Connection[TupleRow]
"""A connection in a transaction, as the rooms above pass it on without touching the driver."""

_ATTEMPTS = 20
_BY_KEY = b"SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"
"""Writers look things up by their keys. A plan made while a table was small, and kept, would read all of it
again and again while a load makes it large."""
_SETTLING = 2
"""Tables of which statistics are taken at once."""


class Again(Exception):
    """Another writer changed what this transaction read; it is to be run again from the start."""


class Database:
    """A pool of connections to one PostgreSQL database. Thread-safe. Close it when done."""

    def __init__(self, url: str, *, max_connections: int = 20) -> None:
        self.url = url
        self._common = CommonTokens()
        self._pool: ConnectionPool[Connection[TupleRow]] = ConnectionPool(
            url,
            min_size=1,
            max_size=max_connections,
            open=True,
            kwargs={"prepare_threshold": 5},
            configure=_configure,
            timeout=60,
        )

    def common_tokens(self) -> CommonTokens:
        """What the statistics say of tokens; not always of this moment."""
        if self._common.is_due():
            with self.connection() as connection:
                self._common.refresh(connection)
        return self._common

    def close(self) -> None:
        self._pool.close()

    @contextmanager
    def connection(self) -> Generator[Connection[TupleRow]]:
        """A connection; committed when the block ends, rolled back when it raises.

        Raises `Unavailable` when the database does not answer, `Invalid` for a value it has no form for.
        """
        try:
            with self._pool.connection() as connection:
                yield connection
        except (errors.DeadlockDetected, errors.SerializationFailure):
            raise
        except PoolTimeout:
            raise unavailable() from None
        except OperationalError as error:
            raise unavailable(error) from None
        except DataError:
            raise Invalid("It holds a value that cannot be stored.", code="value") from None

    @contextmanager
    def statements(self) -> Generator[Connection[TupleRow]]:
        """A connection on which every statement stands for itself: no BEGIN and COMMIT to wait for."""
        with self._pool.connection() as connection:
            connection.autocommit = True
            try:
                yield connection
            finally:
                if not connection.closed:
                    connection.autocommit = False

    def answers(self) -> bool:
        """Whether a statement gets through within a second or so."""
        try:
            with self._pool.connection(timeout=2) as connection:
                connection.execute("SELECT 1")
        except (Error, PoolTimeout):
            return False
        return True

    def settle(self) -> None:
        """Make what was just loaded as quick to search as what has long been there."""
        with self.statements() as connection:
            # What other sessions counted is visible to the statistics only after they have reported it.
            connection.execute("SELECT pg_stat_clear_snapshot()")
            tables = partitions.unsettled(connection)
        with ThreadPoolExecutor(_SETTLING) as threads:
            for _ in threads.map(self._settle, tables):
                pass
        with self.statements() as connection:
            partitions.clean_pending(connection)

    def _settle(self, table: str) -> None:
        with self.statements() as connection:
            partitions.settle(connection, table)

    def transact(self, work: Callable[[Connection[TupleRow]], T]) -> T:
        """Run `work` in a transaction, and again when writers got in each other's way.

        Raises `Conflict` after twenty tries. `work` must have no effect outside the transaction.
        """
        for _ in range(_ATTEMPTS):
            try:
                with self.connection() as connection:
                    connection.execute(_BY_KEY)
                    return work(connection)
            except (Again, errors.UniqueViolation, errors.DeadlockDetected, errors.SerializationFailure):
                continue
        raise Conflict("Other writers kept changing the same records.", remedy="Try again in a moment.")


def _configure(connection: Connection[TupleRow]) -> None:
    """Every core has a request to answer; starting workers for one takes longer than most statements."""
    connection.execute("SET max_parallel_workers_per_gather = 0")
    connection.commit()
