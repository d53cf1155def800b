"""The store of the lake: Delta tables in a folder or an object store, one folder each, split by institution.

Tables of models are only ever appended to: a correction is a newer row of the same key, and what was known
at an earlier time is what had been recorded until then. Whoever appends has first left out what is there
already (`domains/intake/tables/merging`), so landing the same thing twice adds nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import DeltaError, TableNotFoundError

from kangshu.kernel.base.errors import Unavailable
from kangshu.kernel.lake.arrow import Arrow, pa
from kangshu.kernel.lake.engine import Engine, Unreadable, literal
from kangshu.kernel.lake.folders import delete_table, tables_below
from kangshu.kernel.lake.held import MADE, Held, stamp

SOURCE, COUNTY, MESSAGE, ROW, RECORDED, HASH, REPLACES = (
    "_source",
    "_county",
    "_message",
    "_row",
    "_recorded_at",
    "_hash",
    "_replaces",
)
"""Beside the columns of its model every row has: who sent it, of which county, in which message and row of
it, when that was recorded, a hash of the content, and whether a row of the same key was there before."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the lake as an operator sees it."""

    name: str
    files: int
    bytes: int
    rows: int
    version: int


class Lake:
    """Where the tables are. Holds nothing open; safe to share between threads.

    root     a folder, or a URL that `deltalake` knows (`s3://bucket/path`)
    scratch  a folder of this machine for work that does not fit into memory
    """

    def __init__(self, root: str, scratch: Path) -> None:
        self.root = root.rstrip("/")
        self.scratch = scratch

    def url(self, table: str) -> str:
        """Where a table is."""
        return f"{self.root}/{table}"

    def append(self, table: str, rows: Arrow) -> None:
        """Add rows in one commit: all of them or, killed half way, none. Makes the table if there is none."""
        self._write(table, rows, "append", None)

    def append_whole(self, table: str, rows: Arrow) -> None:
        """Like `append`, to a table that is not split by institution: for small commits of many at once."""
        self._write(table, rows, "append", None, split=False)

    def replace_whole(self, table: str, rows: Arrow, condition: str) -> None:
        """Put rows in the place of those that meet a condition, in one commit, in a table that is not split.

        The new rows must meet it too.
        """
        self._write(table, rows, "overwrite", condition, split=False)

    def replace_from(self, table: str, rows: Arrow, column: str, low: int) -> None:
        """Put rows in the place of those whose number in `column` is `low` or more, in one commit.

        For who follows something numbered and may have to do the last part again. Only that column is kept
        count of in the log.
        """
        counted: Mapping[str, str | None] = {"delta.dataSkippingStatsColumns": column}
        self._write(table, rows, "overwrite", f"{column} >= {low}", split=False, configuration=counted)

    def keep(
        self,
        table: str,
        rows: Arrow,
        done: Mapping[str, int],
        *,
        condition: str | None = None,
        by: str | None = None,
    ) -> None:
        """Put rows in the place of all, or of those that meet a condition, and note how far they are made.

        In one commit: `Held.done` tells what was noted (name -> number; all names begin alike). `by`: the
        column whose values have folders of their own, for a table that is made.
        """
        self._write(table, rows, "overwrite", condition, split=by or False, done=done)

    def add(self, table: str, rows: Arrow, done: Mapping[str, int], *, by: str | None = None) -> None:
        """Add rows to a table that is kept, and note how far it is made, in one commit."""
        self._write(table, rows, "append", None, split=by or False, done=done)

    def replace_message(self, table: str, rows: Arrow, source: str, message: int) -> None:
        """Put rows in the place of all that a message of a source brought, in one commit."""
        self._write(table, rows, "overwrite", f"{SOURCE} = {literal(source)} AND {MESSAGE} = {message}")

    def _write(
        self,
        table: str,
        rows: Arrow,
        mode: Any,
        predicate: str | None,
        *,
        split: str | Literal[False] = SOURCE,
        configuration: Mapping[str, str | None] | None = None,
        done: Mapping[str, int] | None = None,
    ) -> None:
        known = self._open(table)
        if known is None:
            mode, predicate = "append", None
        try:
            write_deltalake(
                known or self._path(table),
                rows,
                mode=mode,
                predicate=predicate,
                partition_by=[split] if split else None,
                schema_mode=_SCHEMA_MODES.get((mode, predicate is not None)),
                configuration=configuration,
                commit_properties=_properties(done),
            )
        except DeltaError as error:
            _, query_failed, told = str(error).rpartition("C Data interface error: IOError: ")
            if query_failed:
                raise Unreadable(told) from None
            raise Unavailable(
                f"The lake cannot write its table {table} ({type(error).__name__}).",
                remedy="Is there space, and may Kangshu write there? Nothing was added; try again.",
            ) from error

    def held(self, table: str, version: int | None = None) -> Held | None:
        """A table as of now or of a version that is still there; None if there is no such table yet."""
        try:
            found = DeltaTable(self.url(table), None if version is None else version - 1)
        except TableNotFoundError:
            return None
        return Held(found, near="://" not in self.root)

    def offer(self, engine: Engine, name: str, table: str) -> bool:
        """Let an engine read a table of this moment under a name; False if there is no such table yet."""
        found = self.held(table)
        if found is not None:
            found.offer(engine, name)
        return found is not None

    def tables(self) -> list[Table]:
        """All tables that are there, with their sizes."""
        return [self._table(name) for name in tables_below(self.root)]

    def _table(self, name: str) -> Table:
        found = DeltaTable(self.url(name))
        actions: Any = pa.table(found.get_add_actions(flatten=True))
        sizes: list[int] = actions.column("size_bytes").to_pylist()
        rows: list[int | None] = actions.column("num_records").to_pylist()
        return Table(name, len(sizes), sum(sizes), sum(row or 0 for row in rows), found.version())

    def forget(self, table: str) -> None:
        """Delete a table with all it holds."""
        delete_table(self.root, table)

    def tidy(self, table: str, *, keep: timedelta = timedelta(days=7)) -> int:
        """Join small files and delete files that no version younger than `keep` needs; how many were deleted.

        Rows stay, all versions of them: only how they are laid out changes.
        """
        found = self._open(table)
        if found is None:
            return 0
        found.optimize.compact()
        found.create_checkpoint()
        hours = int(keep / timedelta(hours=1))
        gone = found.vacuum(hours, dry_run=False, enforce_retention_duration=False)
        return len(gone)

    def _open(self, table: str) -> DeltaTable | None:
        try:
            return DeltaTable(self.url(table))
        except TableNotFoundError:
            return None

    def _path(self, table: str) -> str:
        if "://" not in self.root:
            Path(self.root).mkdir(parents=True, exist_ok=True)
        return self.url(table)


_SCHEMA_MODES: Mapping[tuple[str, bool], Literal["merge", "overwrite"]] = {
    ("append", False): "merge",
    ("overwrite", False): "overwrite",
}
"""By mode and whether a condition says what is replaced: new columns may come, or others altogether."""


def _properties(done: Mapping[str, int] | None) -> CommitProperties | None:
    if done is None:
        return None
    notes = [Transaction(name, number) for name, number in done.items()]
    notes += [Transaction(MADE, stamp(name)) for name in [*done][:1]]
    return CommitProperties(app_transactions=notes)
