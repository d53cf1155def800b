"""Invented deliveries of tables: settlement lists with their fee lines, as an institution would send them.

The statements are in the place pack (`deliveries/*.sql`), run in the order of their names. A share of the
cases is faulty, each in one of eight ways; who is, and how, follows from the seed.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from kangshu.kernel.base.tsv import read_tsv
from kangshu.kernel.lake.arrow import pa
from kangshu.kernel.lake.engine import Engine, engine, literal, quoted

TABLES = ("setlinfo", "diseinfo", "oprninfo", "iteminfo", "payinfo", "feedetail")
_HELPERS = ("n", "nth")


@dataclass(frozen=True, slots=True)
class Order:
    """What to invent.

    first_case  number of the first case; the same number is the same patient in every delivery
    until       the last day somebody is discharged; `spread`: over how many days before
    delay       days from discharge to declaration; `sent`: the day the file is sent
    faults      share of faulty cases
    """

    seed: int
    org: str
    org_name: str
    division: str
    cases: int
    lines: int
    first_case: int
    until: date
    spread: int
    delay: int
    sent: date
    faults: float


def write_zip(order: Order, pack: Path, functions: str, path: Path, *, scratch: Path | None = None) -> None:
    """A ZIP of CSV files, as the feed `settlement_list` wants it."""
    with engine(scratch) as work:
        _make(work, order, pack, functions)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for table in TABLES:
                file = work.folder / f"{table}.csv"
                work.run(f"COPY ({_rows(work, table)}) TO {literal(str(file))} (HEADER)")
                archive.write(file, file.name)


def write_parquet(
    order: Order, pack: Path, functions: str, path: Path, *, scratch: Path | None = None
) -> None:
    """One Parquet file with nested lists, as the feed `settlement_list_parquet` wants it."""
    _write_nested(order, pack, functions, path, "FORMAT parquet, COMPRESSION zstd", scratch)


def write_json(order: Order, pack: Path, functions: str, path: Path, *, scratch: Path | None = None) -> None:
    """One JSON object per line, as the feed `settlement_list_json` wants it."""
    _write_nested(order, pack, functions, path, "FORMAT json", scratch)


def _write_nested(
    order: Order, pack: Path, functions: str, path: Path, form: str, scratch: Path | None
) -> None:
    with engine(scratch) as work:
        _make(work, order, pack, functions)
        joins, lists = "", ""
        for table in TABLES[1:]:
            names = [
                name for name in work.names(f"SELECT * FROM {table}") if name not in (*_HELPERS, "setl_id")
            ]
            struct = ", ".join(f"{literal(name)}: {quoted(name)}" for name in names)
            joins += (
                f" LEFT JOIN (SELECT setl_id, list({{{struct}}}) AS {table} FROM {table} GROUP BY setl_id)"
                f" AS of_{table} USING (setl_id)"
            )
            lists += f", {table}"
        work.run(
            f"COPY (SELECT s.*{lists} FROM setlinfo AS s{joins} ORDER BY CAST(setl_id[2:] AS BIGINT))"
            f" TO {literal(str(path))} ({form})"
        )


def _make(work: Engine, order: Order, pack: Path, functions: str) -> None:
    work.run(functions)
    work.offer("profiles", _profiles(pack / "deliveries" / "profiles.tsv"))
    variables: dict[str, Any] = {
        "seed": order.seed,
        "org": literal(order.org),
        "org_name": literal(order.org_name),
        "division": literal(order.division),
        "cases": order.cases,
        "lines": order.lines,
        "first_case": order.first_case,
        "until": f"DATE '{order.until}'",
        "spread": order.spread,
        "delay": order.delay,
        "sent": f"DATE '{order.sent}'",
        "faults": order.faults,
    }
    for name, value in variables.items():
        work.run(f"SET VARIABLE {name} = {value}")
    for path in sorted((pack / "deliveries").glob("*.sql")):
        work.run(path.read_text("utf-8"))


def _rows(work: Engine, table: str) -> str:
    there = [name for name in _HELPERS if name in work.names(f"SELECT * FROM {table}")]
    return f"SELECT * EXCLUDE ({', '.join(there)}) FROM {table}" if there else f"SELECT * FROM {table}"


def _profiles(path: Path) -> Any:
    rows = read_tsv(path)
    return pa.table({name: pa.array([row[name] or None for row in rows], pa.string()) for name in rows[0]})
