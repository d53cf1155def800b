"""The schema of the database, brought up to date."""

from __future__ import annotations

import re
from pathlib import Path

from psycopg import Connection, OperationalError, ProgrammingError
from psycopg.rows import TupleRow

from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.facts import partitions
from kangshu.kernel.facts.database import unavailable
from kangshu.kernel.facts.parameters import Catalogue

_LOCK = 0x6B616E67
_ROOM = Path(__file__).parent
_HARMLESS = _ROOM / "schema" / "harmless_operators.sql"
_REVISION = re.compile(r'^revision = "(.+)"$', re.MULTILINE)


def migrate(url: str, catalogue: Catalogue) -> None:
    """Bring the schema of the database at `url` up to date. Safe when several processes start at once.

    Raises `Unavailable` when there is no database, `Invalid` when the URL is not one.
    """
    try:
        guard = Connection.connect(url, autocommit=True)
    except OperationalError:
        raise unavailable() from None
    except ProgrammingError:
        # The driver's words repeat the URL, which may hold a password.
        raise Invalid(
            "The database URL is not one.", remedy="Write postgresql://user@host/database."
        ) from None
    with guard:
        guard.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        if _revision(guard) != _newest():
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


def _newest() -> str | None:
    script = max((_ROOM / "migrations" / "versions").glob("[0-9]*.py"))
    found = _REVISION.search(script.read_text("utf-8"))
    return found[1] if found else None
