"""Open a delivery: from the file of a message to the raw tables its feed speaks of."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kangshu.domains.intake.tables.archive import is_workbook, members
from kangshu.domains.intake.tables.columnar import nested_list, read_parquet
from kangshu.domains.intake.tables.dbase import MEMOS, read_dbf
from kangshu.domains.intake.tables.delimited import read_csv
from kangshu.domains.intake.tables.feed import Feed, FeedTable, columns_of, promised_columns
from kangshu.domains.intake.tables.nested import read_json
from kangshu.domains.intake.tables.raw import RawTable
from kangshu.domains.intake.tables.refusal import refusal
from kangshu.domains.intake.tables.workbook import read_sheet
from kangshu.kernel.lake.engine import Engine
from kangshu.kernel.lake.model import Models


@dataclass(frozen=True, slots=True)
class Opened:
    """A table of a feed and what stands in the file for it; None: a part that is not there."""

    table: FeedTable
    raw: RawTable | None


def open_delivery(engine: Engine, feed: Feed, models: Models, path: Path) -> list[Opened]:
    """Every table of the feed. Raises `Invalid` naming the place of what cannot be read."""
    if path.stat().st_size == 0:
        raise refusal("the file", "It is empty.", "Send a file with a heading.")
    if feed.kind in ("json", "parquet", "sql"):
        return _nested(engine, feed, models, path)
    found = None if feed.kind == "excel" and is_workbook(path) else members(path, path.parent)
    if found is not None and feed.kind == "excel":
        path, found = _only(found), None
    return [Opened(table, _flat(engine, feed, models, table, path, found)) for table in feed.tables]


def _flat(
    engine: Engine,
    feed: Feed,
    models: Models,
    table: FeedTable,
    path: Path,
    found: Mapping[str, Path] | None,
) -> RawTable | None:
    promised = file_names(table, models)
    if feed.kind == "excel":
        return read_sheet(
            engine, path, "the file", sheet=table.file, header_row=table.header_row, promised=promised
        )
    file, place = _member(table, path, found)
    if file is None:
        if table.part:
            return None
        raise refusal("the ZIP", f"It holds no file {table.file}".rstrip() + ".", "Add it.", code="not-found")
    if feed.kind == "dbf":
        return read_dbf(engine, file, place, encoding=feed.encoding, memo=_memo(place, found))
    return read_csv(
        engine,
        file,
        place,
        encoding=feed.encoding,
        delimiter=feed.delimiter,
        header_row=table.header_row,
        promised=promised,
    )


def _only(found: Mapping[str, Path]) -> Path:
    """The workbook in a ZIP: `file` of a feed names its sheets."""
    if len(found) != 1:
        raise refusal("the ZIP", f"It holds {len(found)} files.", "Send one workbook at a time.")
    return next(iter(found.values()))


def _member(table: FeedTable, path: Path, found: Mapping[str, Path] | None) -> tuple[Path | None, str]:
    if found is None:
        return path, "the file"
    wanted = (table.file or "*").lower()
    names = sorted(
        name for name in found if fnmatch.fnmatch(name.lower(), wanted) and not name.lower().endswith(MEMOS)
    )
    if len(names) > 1:
        raise refusal(
            "the ZIP", f"Several files fit {table.file or 'the table'}: {', '.join(names)}.", "Send one."
        )
    return (found[names[0]], names[0]) if names else (None, table.file)


def _memo(name: str, found: Mapping[str, Path] | None) -> Path | None:
    """The file of memos that lies beside a DBF file in a ZIP, with its ending in small letters."""
    stem = Path(name).stem.lower()
    for other, path in (found or {}).items():
        if Path(other).stem.lower() == stem and other.lower().endswith(MEMOS):
            return path.rename(path.with_suffix(Path(other).suffix.lower()))
    return None


def file_names(table: FeedTable, models: Models) -> tuple[str, ...]:
    """What the promised columns of a table are called in its file."""
    model = models.get(table.model)
    back = {target: name for name, target in table.columns.items()}
    return tuple(back.get(name, name) for name in promised_columns(table, model))


def _nested(engine: Engine, feed: Feed, models: Models, path: Path) -> list[Opened]:
    """One file whose lists hold the parts; or, of several models, one whose lists hold their rows too."""
    first = feed.tables[0]
    main = first.name(models.get(first.model))
    whole = _whole(engine, feed, models, path, main)
    opened = [Opened(first, whole)]
    for table in feed.tables[1:]:
        model = models.get(table.model)
        # Rows of another model say in their own columns what they belong to, or take it from there.
        inherited = () if table.part else tuple(column.name for column in model.columns)
        name = table.file or table.name(model)
        opened.append(Opened(table, nested_list(engine, whole, name, inherited)))
    return opened


def _whole(engine: Engine, feed: Feed, models: Models, path: Path, main: str) -> RawTable:
    tables = {
        main if number == 0 else table.file or table.name(models.get(table.model)): _all_names(table, models)
        for number, table in enumerate(feed.tables)
    }
    if feed.kind == "json":
        return read_json(engine, path, "the file", main=main, parts=tables)
    # What SQL of the feed looks at is not known.
    by_sql = any(table.sql for table in feed.tables)
    return read_parquet(engine, path, "the file", wanted=() if by_sql else (*tables[main], *tables))


def _all_names(table: FeedTable, models: Models) -> tuple[str, ...]:
    """All names the columns of a table may have."""
    known = [column.name for column in columns_of(table, models.get(table.model))]
    return tuple(dict.fromkeys([*table.columns, *known]))
