"""Work that only one process may do at a time."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from psycopg import Connection
from psycopg.rows import TupleRow


@contextmanager
def exclusive(connection: Connection[TupleRow], name: str) -> Generator[None]:
    """Wait until no other process does the work of that name, then keep others from it.

    The lock goes with the connection, also when the process is killed.
    """
    key = f"SELECT {{}}(hashtextextended({'%s'}, 0))"
    connection.execute(key.format("pg_advisory_lock").encode(), (name,))
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute(key.format("pg_advisory_unlock").encode(), (name,))
