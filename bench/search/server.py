"""A running `kangshu serve` on a dataset, and a token for it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from bench.search.dataset import KANGSHU, environment


@dataclass(frozen=True, slots=True)
class Server:
    """Where it listens, the headers of a client that may do what is measured, and its process."""

    host: str
    port: int
    headers: dict[str, str]
    pid: int

    def connect(self) -> HTTPConnection:
        """A connection of its own; it is kept open between requests."""
        return HTTPConnection(self.host, self.port, timeout=300)


@contextmanager
def serving(home: Path, *, org: str | None = None, scope: str = "system/*.rs") -> Iterator[Server]:
    """A server on a free port until the block ends. With `org`, the client sees that institution only,
    and so behind row-level security."""
    variables = environment(home)
    command = [str(KANGSHU), "token", "--client", "bench", "--scope", scope, *(["--org", org] if org else [])]
    token = subprocess.run(
        command, env=variables, stdout=subprocess.PIPE, text=True, check=True
    ).stdout.split()[-1]
    process = subprocess.Popen(
        [KANGSHU, "serve", "--port", "0"], env=variables, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if "ready at" in line:
                where = urlsplit(line.split()[-1])
                break
        else:
            raise SystemExit("The server ended before it was ready.")
        yield Server(where.hostname or "", where.port or 0, {"Authorization": f"Bearer {token}"}, process.pid)
    finally:
        process.terminate()
        process.wait(60)
