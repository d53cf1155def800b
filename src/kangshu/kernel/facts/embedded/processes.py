"""The processes of an embedded server, as the system tells of them."""

from __future__ import annotations

import os
import signal
import socket
import time
from contextlib import suppress
from pathlib import Path


def listens(folder: Path, port: str) -> bool:
    """Whether a server answers at the socket of that folder and port."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(folder / f".s.PGSQL.{port}"))
        except OSError:
            return False
    return True


def is_living(folder: Path) -> bool:
    """Whether any process of a server of that folder lives: each has the folder as its working directory."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            # A zombie has no working directory any more.
            if (process / "cwd").readlink() == folder:
                return True
    return False


def end_makers(folder: Path) -> None:
    """End an `initdb` whose parent was killed: it would go on writing into the folder."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (process / "cmdline").read_bytes().split(b"\0")
            if Path(os.fsdecode(words[0])).name == "initdb" and os.fsencode(folder) in words:
                os.kill(int(process.name), signal.SIGKILL)
    deadline = time.monotonic() + 10
    while is_living(folder) and not (folder / "postmaster.pid").exists() and time.monotonic() < deadline:
        # What `initdb` had started ends with it.
        time.sleep(0.05)
