"""The schema of the database, brought up to date."""

from __future__ import annotations

import re
from pathlib import Path

from psycopg import Connection, OperationalError, errors
from psycopg.rows import TupleRow

from kangshu.kernel.base.errors import Conflict, Invalid
from kangshu.kernel.facts import partitions
from kangshu.kernel.facts.connect import connect, unavailable
from kangshu.kernel.facts.parameters import Catalogue

_LOCK = 0x6B616E67
_ROOM = Path(__file__).parent
_HARMLESS = _ROOM / "schema" / "harmless_operators.sql"
_REVISION = re.compile(r'^revision = "(.+)"$', re.MULTILINE)


def migrate(url: str, catalogue: Catalogue) -> None:
    """Bring the schema of the database at `url` up to date. Safe when several processes start at once.

    Raises what `connect` raises, `Conflict` when the schema is of a newer version of Kangshu, `Invalid`
    when the user may not change it, `Unavailable` when there is no room.
    """
    try:
        _migrate(url, catalogue)
    except errors.InsufficientPrivilege:
        raise Invalid(
            "The database user may not make the tables, or the role, that Kangshu needs.",
            remedy="Let it own the database and create roles: ALTER ROLE … CREATEROLE.",
        ) from None
    except OperationalError as error:
        raise unavailable(error) from None


def _migrate(url: str, catalogue: Catalogue) -> None:
    with connect(url) as guard:
        guard.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        there = _revision(guard)
        if there is not None and there not in _known():
            raise Conflict(
                f"The database is of a newer version of Kangshu: its schema is {there}.",
                remedy="Use that version. Nothing was changed.",
            )
        if there != _newest():
            # Alembic takes a second to import, and nearly every start finds the schema as it should be.
            from kangshu.kernel.facts.migrations.upgrade import upgrade  # noqa: PLC0415

            upgrade(url)
        with Connection.connect(url) as connection:
            partitions.install(connection, catalogue)
            connection.execute(_HARMLESS.read_text("utf-8").encode())


def _revision(connection: Connection[TupleRow]) -> str | None:
    found = connection.execute("SELECT to_regclass('alembic_version')").fetchone()
    if found is None or found[0] is None:
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


def _known() -> list[str]:
    """The revisions there are scripts for, oldest first."""
    scripts = sorted((_ROOM / "migrations" / "versions").glob("[0-9]*.py"))
    return [found[1] for script in scripts if (found := _REVISION.search(script.read_text("utf-8")))]


def _newest() -> str:
    return _known()[-1]
