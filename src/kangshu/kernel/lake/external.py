"""A query against somebody else's database, by a SQLAlchemy URL: its rows become a Parquet file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy import Engine as Database
from sqlalchemy.exc import SQLAlchemyError

from kangshu.kernel.base.errors import Invalid, TooCostly, Unavailable
from kangshu.kernel.lake.arrow import Arrow, pa, pq
from kangshu.kernel.lake.engine import BATCH

_PATIENCE: Mapping[str, Mapping[str, int]] = {
    "postgresql": {"connect_timeout": 10},
    "mysql": {"connect_timeout": 10},
    "mariadb": {"connect_timeout": 10},
}
"""How long a database may take to take a connection, as its driver calls it."""

_EXACT = 10**15
"""From here on a double no longer holds every integer."""
MOST_ROWS = 100_000_000


def query_to_file(url: str, statement: str, path: Path) -> int:
    """Run a query and write what it finds to a Parquet file, every value as text; how many rows.

    The same rows in the same order give the same file. Rows are fetched in batches and never all held.
    Raises `Unavailable` when the database does not answer or refuses the query. The URL, which may hold
    a password, is in no message.
    """
    database = _engine(url)
    try:
        with _connected(database) as connection:
            result = connection.execution_options(stream_results=True, yield_per=BATCH).execute(
                text(statement)
            )
            names = list(result.keys())
            schema = pa.schema([(name, pa.string()) for name in names])
            with pq.ParquetWriter(path, schema, compression="zstd") as writer:
                return _write_all(writer, schema, result.partitions(BATCH))
    except SQLAlchemyError as error:
        raise Unavailable(
            f"The institution's database refuses the query of the feed ({type(error).__name__}).",
            remedy="Check the tables and columns it names, and what the login may read.",
        ) from None
    finally:
        database.dispose()


def _engine(url: str) -> Database:
    try:
        parsed = make_url(url)
        return create_engine(parsed, connect_args=_PATIENCE.get(parsed.get_backend_name(), {}))
    except (SQLAlchemyError, ImportError, ValueError, TypeError):
        raise Invalid(
            "The database URL is not one, or there is no driver for it here.",
            remedy="Write dialect+driver://user@host/database; see the page `send-tables`.",
        ) from None


def _connected(database: Database) -> Connection:
    """A connection, which nothing is ever committed on. Raises `Unavailable`."""
    try:
        return database.connect()
    except SQLAlchemyError as error:
        raise Unavailable(
            f"The institution's database cannot be reached, or refuses the login ({type(error).__name__}).",
            remedy="Check that it runs, the name of its host, and user and password.",
        ) from None


def _write_all(writer: Arrow, schema: Arrow, batches: Iterable[Any]) -> int:
    count = 0
    for batch in batches:
        count += len(batch)
        if count > MOST_ROWS:
            raise TooCostly(f"The query brings more than {MOST_ROWS} rows.", remedy="Narrow it by date.")
        columns = zip(*batch, strict=True)
        arrays = [pa.array([_text(value) for value in column], pa.string()) for column in columns]
        writer.write_batch(pa.record_batch(arrays, schema=schema))
    return count


def _text(value: Any) -> str | None:
    """As a CSV file of the same table would have it."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float | Decimal) and abs(value) < _EXACT and value == int(value):
        return str(int(value))
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)
