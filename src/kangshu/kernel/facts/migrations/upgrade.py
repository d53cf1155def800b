"""Runs the migrations that a database has not seen yet."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from psycopg import Connection
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool


def upgrade(url: str) -> None:
    """Bring the schema at `url` to the newest revision. Raises errors of psycopg."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: Connection.connect(url), poolclass=NullPool
    )
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except DBAPIError as error:
        raise error.orig or error from None
    finally:
        engine.dispose()
