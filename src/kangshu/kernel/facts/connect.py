"""Reaching a PostgreSQL server, and what it means when that fails, in words of ours.

Those of the driver and the server may repeat the URL, which may hold a password.
"""

from __future__ import annotations

from psycopg import Connection, OperationalError, ProgrammingError, errors
from psycopg.rows import TupleRow

from kangshu.kernel.base.errors import Invalid, KangshuError, Unavailable

OLDEST = 16
"""Major version of PostgreSQL that is needed at least."""

_SECONDS = 15
"""Until a server that does not answer at all is given up."""

_URL = "Check KANGSHU_DATABASE_URL: postgresql://user:password@host:port/database."

_WRONG = (
    ("password", "The database server does not take the user and password."),
    ("no pg_hba.conf entry", "The database server lets nobody in from here with these credentials."),
    ("role", "The database server knows no such user."),
    ("database", "The database server has no such database."),
    ("resolve", "There is no host of the name that the database is said to be on."),
    ("translate host", "There is no host of the name that the database is said to be on."),
    ("Name or service", "There is no host of the name that the database is said to be on."),
)
"""What is in a message of the server or of libpq -> what is wrong with the address. The first that fits."""


def connect(url: str) -> Connection[TupleRow]:
    """A connection in autocommit.

    Raises `Invalid` when the URL is none, or leads to no database that lets us in, `Unavailable` when
    nothing answers there.
    """
    try:
        connection = Connection.connect(url, autocommit=True, connect_timeout=_SECONDS)
    except OperationalError as error:
        raise _told(error) from None
    except ProgrammingError:
        raise Invalid(
            "The database URL is not one.", remedy="Write postgresql://user@host/database."
        ) from None
    if connection.info.server_version < OLDEST * 10_000:
        connection.close()
        raise Invalid(f"The database server is too old: PostgreSQL {OLDEST} or newer is needed.")
    return connection


def unavailable(error: OperationalError | None = None) -> Unavailable:
    """What it means that a statement failed, for no fault of its own."""
    if isinstance(error, errors.DiskFull):
        return Unavailable(
            "The disk of the database is full.",
            remedy="Make room on it, and try again: nothing that was stored is lost.",
        )
    if isinstance(error, errors.TooManyConnections):
        return Unavailable("The database server has no connection left.", remedy="Try again in a moment.")
    return Unavailable("The database does not answer.", remedy="Is it running? Try again in a moment.")


def _told(error: OperationalError) -> KangshuError:
    told = str(error)
    if "too many" in told or "starting up" in told or "shutting down" in told:
        return unavailable()
    if "refused" in told or "No such file" in told or "timeout" in told:
        return Unavailable("No database server answers at the address.", remedy=f"Is it running? {_URL}")
    for words, message in _WRONG:
        if words in told.partition("FATAL:")[2] or (words in told and "FATAL:" not in told):
            return Invalid(message, remedy=_URL)
    return unavailable()
