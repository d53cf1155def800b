"""DuckDB for one piece of work: tables in memory, spilling into a folder of its own that goes with it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.lake.arrow import Arrow

BATCH = 100_000
"""Rows handed over at a time."""


LONGEST = 1 << 26
"""Bytes of a row of text."""


class Engine:
    """One connection. For one thread, for the time of one piece of work."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self._connection = connection
        self.folder = folder

    def run(self, statement: str, parameters: object = None) -> None:
        """Run a statement for its effect."""
        self._connection.execute(statement, parameters)

    def read(self, statement: str, parameters: object = None) -> None:
        """Run a statement on what somebody sent. Raises `Unreadable` where that is not what it should be."""
        try:
            self._connection.execute(statement, parameters)
        except duckdb.Error as error:
            raise Unreadable(str(error)) from None

    def rows(self, query: str, parameters: object = None) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return self._connection.execute(query, parameters).fetchall()

    def take_copied(self, name: str, columns: Mapping[str, str], path: Path) -> None:
        """Make a table of what COPY of PostgreSQL wrote as CSV (column to type), and delete the file."""
        if not path.exists() or path.stat().st_size == 0:
            empty = ", ".join(f"{quoted(column)} {type_}" for column, type_ in columns.items())
            self.run(f"CREATE TABLE {quoted(name)} ({empty})")
            return
        heads = ", ".join(f"{literal(column)}: {literal(type_)}" for column, type_ in columns.items())
        self.run(
            f"CREATE TABLE {quoted(name)} AS SELECT * FROM read_csv({literal(str(path))}, header = false,"
            f" columns = {{{heads}}}, quote = '\"', escape = '\"', delim = ',', nullstr = '',"
            f" allow_quoted_nulls = false, auto_detect = false, max_line_size = {LONGEST})"
        )
        path.unlink()

    def rows_read(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query on what somebody sent. Raises `Unreadable`."""
        try:
            return self.rows(query)
        except duckdb.Error as error:
            raise Unreadable(str(error)) from None

    def one(self, query: str, parameters: object = None) -> Any:
        """The first value of the first row."""
        found = self.rows(query, parameters)
        return found[0][0] if found else None

    def names(self, query: str) -> list[str]:
        """The columns of a query."""
        return [row[0] for row in self.rows(f"DESCRIBE {query}")]

    def names_read(self, query: str) -> list[str]:
        """The columns of a query on what somebody sent. Raises `Unreadable`."""
        try:
            return self.names(query)
        except duckdb.Error as error:
            raise Unreadable(str(error)) from None

    def can_read(self, query: str) -> bool:
        """Whether everything a query names is there."""
        try:
            self.names(query)
        except duckdb.BinderException:
            return False
        return True

    def types(self, query: str) -> dict[str, str]:
        """The columns of a query with their types."""
        return {row[0]: row[1] for row in self.rows(f"DESCRIBE {query}")}

    def arrow(self, query: str) -> Arrow:
        """The rows of a query, batch by batch."""
        return self._connection.sql(query).to_arrow_reader(BATCH)

    def table(self, query: str) -> Arrow:
        """The rows of a query, all of them, for another engine to read."""
        return self._connection.sql(query).to_arrow_table()

    def offer(self, name: str, data: Arrow) -> None:
        """Let statements read an Arrow table or dataset under a name."""
        self._connection.execute(f"DROP VIEW IF EXISTS {quoted(name)}")
        self._connection.register(name, data)


_OF_CONTENT = (
    duckdb.BinderException,
    duckdb.ConversionException,
    duckdb.InvalidInputException,
    duckdb.OutOfRangeException,
    duckdb.ParserException,
)
"""What DuckDB raises over what it is given, not over the machine it runs on."""


@contextmanager
def reading() -> Generator[None]:
    """While the block works on what somebody sent: whatever in it DuckDB cannot take raises `Unreadable`."""
    try:
        yield
    except _OF_CONTENT as error:
        raise Unreadable(str(error)) from None


class Unreadable(Invalid):
    """DuckDB cannot read a file. Its words may repeat what stands in the file: not for people to see."""

    code = "structure"


@contextmanager
def engine(folder: Path | None = None) -> Generator[Engine]:
    """An engine while the block runs; what it wrote below `folder` (default: the system's) goes with it."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix="kangshu-lake-", dir=folder))
    connection = duckdb.connect(":memory:")
    try:
        connection.execute(f"SET temp_directory = {literal(str(scratch / 'spill'))}")
        connection.execute("SET TimeZone = 'UTC'")
        # A statement from a pack reads what it was given, and nothing else on the network.
        connection.execute("SET autoinstall_known_extensions = false")
        connection.execute("SET autoload_known_extensions = false")
        yield Engine(connection, scratch)
    finally:
        connection.close()
        shutil.rmtree(scratch, ignore_errors=True)


def literal(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def quoted(name: str) -> str:
    """The name of a column or table as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def listed(names: Sequence[str]) -> str:
    """Names with commas between them."""
    return ", ".join(quoted(name) for name in names)
