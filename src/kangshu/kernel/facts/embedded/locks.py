"""Who uses an embedded server, and who starts or stops it: locks on files beside its folder.

The system takes a lock away from a process however it ends, so nothing has to be cleared up after a kill.
"""

from __future__ import annotations

import atexit
import fcntl
import logging
import os
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from kangshu.kernel.base.errors import Unavailable

PATIENCE = 300.0
"""Seconds until a server must have recovered from a kill in the middle of a large load."""
SILENCE = 5.0
"""Seconds of waiting for another process before it is said what is waited for."""

_log = logging.getLogger(__name__)

_in_use: dict[Path, IO[bytes]] = {}
"""The lock by which this process says that it uses the server of a folder."""


def beside(folder: Path, what: str) -> Path:
    """A file of ours beside the folder of a server, in which PostgreSQL wants no other's."""
    return folder.with_name(f".{folder.name}.{what}")


@contextmanager
def alone(folder: Path) -> Generator[None]:
    """While no other process starts or stops the server of the folder.

    Whoever does has its number in the file. Raises `Unavailable` when it does for too long.
    """
    with beside(folder, "lock").open("a+") as lock:
        _lock(lock, folder)
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def _lock(lock: IO[str], folder: Path) -> None:
    begun = time.monotonic()
    told = False
    while True:
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        waited = time.monotonic() - begun
        if waited > SILENCE and not told:
            told = True
            _log.warning(
                "Waiting for process %s, which starts or stops the database in %s.", _holder(lock), folder
            )
        # A server that recovers takes its time, and the one who waits for it may do so all the while.
        if waited > 1.2 * PATIENCE:
            raise Unavailable(
                f"Process {_holder(lock)} has been starting or stopping the embedded PostgreSQL server for"
                f" {waited / 60:.0f} minutes.",
                remedy="If it hangs, end it, and try again: nothing that was stored is lost.",
            )
        time.sleep(0.05)


def _holder(lock: IO[str]) -> str:
    lock.seek(0)
    return lock.read().strip() or "unknown"


def use(folder: Path, stop: Callable[[Path], None]) -> None:
    """Say, until this process ends, that it uses the server; the last one that did stops it then."""
    if folder in _in_use:
        return
    users = beside(folder, "users").open("ab")
    fcntl.flock(users, fcntl.LOCK_SH)
    _in_use[folder] = users
    atexit.register(_leave, folder, stop)


def _leave(folder: Path, stop: Callable[[Path], None]) -> None:
    """Stop the server if no other process uses it."""
    users = _in_use.pop(folder, None)
    if users is None or not folder.parent.exists():
        return
    with users, alone(folder):
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        stop(folder)
