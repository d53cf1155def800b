"""Databases for tests: one server per test process, one migrated template, one copy per test."""

from __future__ import annotations

import itertools
import os
import shutil
from pathlib import Path

import psycopg
from psycopg import sql

from kangshu.kernel.facts.catalogue_tables import read_catalogue
from kangshu.kernel.facts.embedded import server as embedded
from kangshu.kernel.facts.migrate import migrate
from kangshu.kernel.packs.find import default_root, find_packs

MEMORY = Path("/dev/shm")
PLENTY = 4 << 30
"""Bytes of memory that must be free for files, or they are left to the disk."""


def quick_folder() -> Path | None:
    """Where files that nobody keeps are best made; None: where the system makes such files.

    A database is a thousand files, and a disk takes up to a second to make and remove them.
    """
    there = MEMORY.is_dir() and os.access(MEMORY, os.W_OK | os.X_OK)
    return MEMORY if there and shutil.disk_usage(MEMORY).free > PLENTY else None


class Databases:
    """An embedded server whose database `kangshu` is migrated and serves as template."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._template = embedded.start(folder)
        self._numbers = itertools.count(1)
        self._forget_safety()
        migrate(self._template, read_catalogue(find_packs(default_root())["fhir_r4"].folder))

    def _forget_safety(self) -> None:
        """What a test leaves need not survive a power cut; each database is a thousand files to be synced."""
        with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
            for name in ("fsync", "full_page_writes", "synchronous_commit"):
                connection.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(name)))
            connection.execute("ALTER SYSTEM SET max_wal_size = '256MB'")
            connection.execute("SELECT pg_reload_conf()")

    def new(self) -> str:
        """URL of a fresh, empty, migrated database."""
        name = f"test_{next(self._numbers)}"
        with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE kangshu STRATEGY FILE_COPY").format(sql.Identifier(name))
            )
        return self.url_of(name)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected to it."""
        name = url.partition("?")[0].rpartition("/")[2]
        with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def url_of(self, database: str) -> str:
        """The same server, another database."""
        address, _, options = self._template.partition("?")
        return f"{address.rpartition('/')[0]}/{database}?{options}"

    def stop(self) -> None:
        """Stop the server."""
        embedded.stop(self._folder)
