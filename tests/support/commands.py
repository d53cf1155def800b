"""Kangshu as anybody runs it: commands and servers in processes of their own, and commands by a call."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from typer.testing import CliRunner

from kangshu.interfaces.cli.main import app
from kangshu.kernel.facts.embedded import server as embedded
from tests.support.databases import quick_folder

SERVER = "server.url"
"""File of a home whose database is on another server than the embedded one: its URL."""

COMMAND = [sys.executable, "-m", "kangshu.interfaces.cli.main"]


def environment(home: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KANGSHU_")}
    server = home / SERVER
    there = {"KANGSHU_DATABASE_URL": server.read_text("utf-8")} if server.exists() else {}
    return {**kept, "KANGSHU_HOME": str(home), "COLUMNS": "200", **there, **more}


def kangshu(home: Path, *arguments: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        env=environment(home, **more),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def call(home: Path, *arguments: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
    """The same in this process: what the command does and says, without the start of a program.

    Standard output and standard error are apart, and an error that is not caught ends with 1 and a traceback.
    """
    given = environment(home, **more)
    absent = dict.fromkeys(os.environ.keys() - given.keys())
    words = [*map(str, arguments)]
    done = CliRunner().invoke(app, words, prog_name="kangshu", env={**given, **absent})
    errors = done.stderr
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        errors += "".join(traceback.format_exception(done.exception))
    return subprocess.CompletedProcess(words, done.exit_code, done.stdout, errors)


@contextmanager
def open_home() -> Iterator[Path]:
    """A KANGSHU_HOME that the database server's own user can reach, whatever pytest does; stopped after."""
    made = tempfile.TemporaryDirectory(prefix="kangshu-home-", dir=quick_folder(), ignore_cleanup_errors=True)
    with made as folder:
        home = Path(folder) / "home"
        try:
            yield home
        finally:
            embedded.stop(home / "postgres")


@dataclass(frozen=True)
class Serving:
    """A server that answers."""

    address: str
    process: subprocess.Popen[str]
    log: Path


def start_server(home: Path, *, port: int = 0, **more: str) -> Serving:
    """Start a server; returns when it is ready."""
    home.mkdir(parents=True, exist_ok=True)
    log = home / "serve.log"
    with log.open("ab") as errors:
        process = subprocess.Popen(
            [*COMMAND, "serve", "--port", str(port)],
            env=environment(home, **more),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    assert process.stdout is not None
    with process.stdout:
        line = process.stdout.readline()
    assert "ready at" in line, log.read_text()
    return Serving(line.split()[-1], process, log)


def end(process: subprocess.Popen[str], number: signal.Signals = signal.SIGTERM) -> int:
    """Send a signal and wait until the process is gone; its exit code."""
    process.send_signal(number)
    return process.wait(60)


@contextmanager
def serving(home: Path, **more: str) -> Iterator[Serving]:
    """A server while the block runs."""
    server = start_server(home, port=0, **more)
    try:
        yield server
    finally:
        end(server.process)


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    return done.stdout.strip().splitlines()[-1]
