"""HAPI FHIR beside us: built from its libraries by Maven, on a PostgreSQL set up like our own.

The server is the small one in this folder: HAPI FHIR's JPA persistence for R4, its FHIR servlet, Jetty.
HAPI FHIR's settings are its own defaults; nothing validates what comes in but its parser and its check
that references lead somewhere, and there are no users and no access log. Its schema is made by its own
migrations. PostgreSQL is that of our embedded server, with the same settings, and as durable.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psycopg

from bench.search.server import Server
from kangshu.kernel.facts.embedded import server as embedded

NAME = "HAPI FHIR 8.8.0"
HEAP = "-Xmx4g"
HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Peer:
    """A running peer, the folder of its PostgreSQL, and how to connect to that."""

    server: Server
    postgres: Path
    database: str


def missing() -> str | None:
    """Why the peer cannot be had on this machine, or None."""
    absent = [program for program in ("java", "mvn") if not shutil.which(program)]
    if absent:
        return f"No peer: {NAME} needs {' and '.join(absent)}, which is not on the PATH."
    return None


@contextmanager
def running(cache: Path, home: Path) -> Iterator[Peer]:
    """The peer with its data in `home`, until the block ends; built in `cache` if it is not there yet."""
    classpath = _built(cache / "hapi")
    postgres = home / "postgres"
    with (
        _postgres(postgres) as address,
        (home / "hapi.log").open("w") as log,
        _java(classpath, address, log) as server,
    ):
        yield Peer(server, postgres, f"postgresql://postgres@{address}")


def _built(out: Path) -> str:
    """The class path; Maven runs only when the sources are others than those of the last build."""
    sources = sorted(path for path in [HERE / "pom.xml", *(HERE / "src").rglob("*")] if path.is_file())
    state = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    mark, list_ = out / "built", out / "classpath"
    if not mark.exists() or mark.read_text() != state:
        out.mkdir(parents=True, exist_ok=True)
        goals = ["package", "dependency:build-classpath", f"-Dmdep.outputFile={list_}"]
        run = subprocess.run(
            ["mvn", "-q", "-B", "-f", HERE / "pom.xml", f"-Dout={out}", *goals],
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        if run.returncode:
            raise SystemExit(f"Maven could not build {NAME}: {run.stdout[-1000:]}")
        mark.write_text(state)
    return f"{out / 'classes'}:{list_.read_text().strip()}"


@contextmanager
def _postgres(folder: Path) -> Iterator[str]:
    """Our embedded server listens on a socket file only, which Java does not know; so it is started anew."""
    embedded.start(folder)
    embedded.stop(folder)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (folder.parent / "postgres.log").open("w") as log:
        process = subprocess.Popen(
            [
                embedded.binary("postgres") or "postgres",
                "-D",
                folder,
                "-h",
                "127.0.0.1",
                "-p",
                str(port),
                "-k",
                "",
            ],
            user="embedded_postgres" if os.geteuid() == 0 else None,
            stdout=log,
            stderr=log,
        )
    try:
        address = f"127.0.0.1:{port}/{embedded.DATABASE}"
        _wait_for(f"postgresql://postgres@{address}", process)
        yield address
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"PostgreSQL ended before it was ready; {process.args} was its command.")


@contextmanager
def _java(classpath: str, address: str, log: IO[str]) -> Iterator[Server]:
    url = f"jdbc:postgresql://{address}?user=postgres&reWriteBatchedInserts=true"
    process = subprocess.Popen(
        ["java", HEAP, f"-Dbench.database={url}", "-cp", classpath, "bench.Peer"],
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("ready at"):
                break
        else:
            raise SystemExit(f"{NAME} ended before it was ready; {log.name} tells why.")
        yield Server("127.0.0.1", int(line.split()[-1]), {}, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
