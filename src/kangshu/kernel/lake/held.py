"""A table of the lake as of one version: read again and again it stays the same, whatever others commit.

What was made from a version can be made up to date by what changed since: the rows of files that came, and
of those that went. Joining small files moves rows from one to the other and changes none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, cast

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from kangshu.kernel.lake.engine import Engine, listed, quoted
from kangshu.kernel.lake.files import local, select_from

LOG = "_delta_log"
"""The folder of a table that says which files it has."""

MADE = "made"
"""The application transaction that holds the stamp of the text by which a table was last made."""

NOWHERE = 0
"""The version of a table that is not there yet; those of tables count from 1."""


@dataclass(frozen=True, slots=True)
class Changed:
    """The files that came since an earlier version, and those that went and are still to be read."""

    came: tuple[str, ...]
    went: tuple[str, ...]


def stamp(application: str) -> int:
    """A number for the text by which something is made."""
    return int.from_bytes(sha256(application.partition("/")[0].encode()).digest()[:7])


class Held:
    """A table at a version. Safe to share between threads: nothing of it changes."""

    def __init__(self, table: DeltaTable, *, near: bool) -> None:
        self._table = table
        self._near = near
        self.columns: tuple[str, ...] = tuple(field.name for field in table.schema().fields)
        self.uris: tuple[str, ...] = tuple(sorted(table.file_uris()))

    @property
    def version(self) -> int:
        """Counts from 1."""
        return self._table.version() + 1

    def done(self, application: str) -> int | None:
        """How far the table is made under a name; None: it is not, or was made anew under others since.

        Names are `HOW/OF`, `HOW` a hash of the text it is made by. Delta keeps all names for ever.
        """
        if self._table.transaction_version(MADE) != stamp(application):
            return None
        return self._table.transaction_version(application)

    def query(self, engine: Engine) -> str | None:
        """A query for its rows; None where DuckDB cannot read its files by itself."""
        if not (self.uris and self._near):
            return None
        query = select_from(self.uris, self.columns)
        # A column that was added and is in no file any more is unknown to the files.
        return query if engine.can_read(query) else None

    def offer(self, engine: Engine, name: str) -> None:
        """Let an engine read it under a name."""
        query = self.query(engine)
        if query is None:
            engine.offer(name, cast(Any, self._table).to_pyarrow_dataset())
        else:
            engine.run(f"CREATE OR REPLACE TEMP VIEW {quoted(name)} AS {query}")

    def changed_since(self, version: int) -> Changed | None:
        """What changed since a version; None where that cannot be told any more: everything may have."""
        if version == self.version:
            return Changed((), ())
        if version == NOWHERE or not self._near:
            return None
        try:
            before = set(DeltaTable(self._table.table_uri, version=version - 1).file_uris())
        except DeltaError:
            return None
        went = before - set(self.uris)
        if not all(local(uri).exists() for uri in went):
            return None
        return Changed(tuple(sorted(set(self.uris) - before)), tuple(sorted(went)))

    def offer_changed(self, engine: Engine, name: str, changed: Changed, key: Sequence[str]) -> None:
        """Make a table of the rows that came or went, and did not just move to another file.

        `key`: columns that tell a row from all others.
        """
        came, went = (self._rows(engine, uris) for uris in (changed.came, changed.went))
        if not changed.went:
            engine.run(f"CREATE OR REPLACE TABLE {quoted(name)} AS {came}")
            return
        parts = [
            f"SELECT * FROM ({one}) ANTI JOIN (SELECT {listed(key)} FROM ({other})) USING ({listed(key)})"
            for one, other in ((came, went), (went, came))
        ]
        engine.run(f"CREATE OR REPLACE TABLE {quoted(name)} AS {' UNION ALL BY NAME '.join(parts)}")

    def _rows(self, engine: Engine, uris: Sequence[str]) -> str:
        everything = select_from(self.uris, self.columns)
        if not uris:
            return f"SELECT * FROM ({everything}) LIMIT 0"
        query = select_from(uris, self.columns)
        if engine.can_read(query):
            return query
        # Files of before a column was added.
        return f"SELECT * FROM ({everything}) LIMIT 0 UNION ALL BY NAME SELECT * FROM ({select_from(uris)})"
