"""Backup and restore of the whole database with PostgreSQL's own tools."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import psycopg

from kangshu.kernel.base.errors import Conflict, KangshuError, NotFound
from kangshu.kernel.facts.connect import connect
from kangshu.kernel.facts.embedded.server import binary


def dump(url: str, target: Path) -> None:
    """Write the database to `target` (PostgreSQL's custom format). Consistent, while others write.

    Written beside and moved into place, so that a file with that name is always whole.
    """
    partial = target.with_name(target.name + ".partial")
    _run("pg_dump", "--format=custom", "--compress=6", "--no-owner", f"--file={partial}", url)
    partial.replace(target)


def restore(url: str, source: Path) -> None:
    """Fill an empty database from `source`. Raises `Conflict` if there is anything in it."""
    if not source.is_file():
        raise NotFound(f"There is no backup {source}.", remedy="Check the path.")
    with connect(url) as connection:
        if _is_used(connection):
            raise Conflict(
                "The database already holds facts.", remedy="Restore into an empty KANGSHU_HOME or database."
            )
        # A migrated but empty schema is in the way of the one in the backup.
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
        connection.execute(_ROLE)
    _run(
        "pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", f"--dbname={url}", str(source)
    )
    with psycopg.connect(url) as connection:
        # Another server counts transactions anew; readers of the change feed have to start over.
        connection.execute("UPDATE feed_epoch SET epoch = epoch + 1")
        connection.execute("UPDATE fact SET tx = 0 WHERE tx >= pg_current_xact_id()::text::bigint")
        connection.execute(
            "UPDATE message SET finished_tx = 0 WHERE finished_tx >= pg_current_xact_id()::text::bigint"
        )
        connection.commit()
        connection.autocommit = True
        connection.execute("ANALYZE")


_ROLE = """
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kangshu_reader') THEN
    CREATE ROLE kangshu_reader NOLOGIN NOBYPASSRLS;
  END IF;
END $$
"""


def _is_used(connection: psycopg.Connection[tuple[object, ...]]) -> bool:
    exists = connection.execute("SELECT to_regclass('message') IS NOT NULL").fetchone()
    if exists is None or not exists[0]:
        return False
    row = connection.execute("SELECT EXISTS (SELECT FROM message) OR EXISTS (SELECT FROM fact)").fetchone()
    return bool(row and row[0])


def _run(program: str, *arguments: str) -> None:
    path = binary(program) or shutil.which(program)
    if path is None:
        raise NotFound(f"{program} is not installed.", remedy="Install PostgreSQL's client programs.")
    done = subprocess.run([path, *arguments], capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        # Only the first line: it names tables and files; a later one could quote a row.
        first = done.stderr.strip().splitlines()[:1]
        raise KangshuError(
            f"{program} failed: {' '.join(first)}", remedy="Nothing was changed.", code="failed"
        )
