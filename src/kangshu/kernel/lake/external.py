"""A query against somebody else's database, by a SQLAlchemy URL: its rows become a Parquet file."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from kangshu.kernel.base.errors import Invalid, TooCostly, Unavailable
from kangshu.kernel.lake.arrow import Arrow, pa, pq
from kangshu.kernel.lake.engine import BATCH

MOST_ROWS = 100_000_000


def query_to_file(url: str, statement: str, path: Path) -> int:
    """Run a query and write what it finds to a Parquet file, every value as text; how many rows.

    The same rows in the same order give the same file. Rows are fetched in batches and never all held.
    Raises `Unavailable` when the database does not answer or refuses the query. The URL, which may hold
    a password, is in no message.
    """
    try:
        database = create_engine(url)
    except (SQLAlchemyError, ImportError, ValueError):
        raise Invalid(
            "The database URL is not one, or there is no driver for it here.",
            remedy="Write dialect+driver://user@host/database; see the page `send-tables`.",
        ) from None
    try:
        with database.connect().execution_options(stream_results=True, yield_per=BATCH) as connection:
            result = connection.execute(text(statement))
            names = list(result.keys())
            schema = pa.schema([(name, pa.string()) for name in names])
            with pq.ParquetWriter(path, schema, compression="zstd") as writer:
                return _write_all(writer, schema, result.partitions(BATCH))
    except SQLAlchemyError as error:
        raise Unavailable(
            f"The institution's database did not answer the query ({type(error).__name__}).",
            remedy="Check that it can be reached, and the query of the feed.",
        ) from None
    finally:
        database.dispose()


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
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)
