"""The same bundles over HTTP: into ourselves, and into a peer.

Each server is started on an empty database and first takes in a part of `synthea/small`, so that Java has
compiled what it needs; that, and the start, are not measured. Then the clock runs from the first
transaction to the answer of the last. Afterwards the server is asked how many patients and observations
it holds.
"""

from __future__ import annotations

import gzip
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

from bench.loading.table import Row, size_of
from bench.loading.watch import Watch
from bench.peers.hapi.server import NAME, missing, running
from bench.peers.post import count, post
from bench.search.dataset import DATA, say
from bench.search.server import Server, serving
from kangshu.kernel.facts.embedded import server as embedded

CLIENTS = (2, 4)
WARM_UP = 8
"""Bundles, about 3,000 resources."""

Running = AbstractContextManager[tuple[Server, Path]]
"""A server, and the folder of its PostgreSQL, until the block ends."""


def over_http(bundles: Sequence[Path], expected: Counter[str], temp: Path, cache: Path) -> list[Row]:
    """A row for each server and number of clients; a sentence instead where there is no peer."""
    rows = [_measure("Kangshu", _ours(temp / f"ours-{n}"), n, bundles, expected) for n in CLIENTS]
    why_not = missing()
    if why_not:
        say(why_not)
        return rows
    return rows + [_measure(NAME, _peer(cache, temp / f"peer-{n}"), n, bundles, expected) for n in CLIENTS]


@contextmanager
def _ours(home: Path) -> Iterator[tuple[Server, Path]]:
    try:
        with serving(home, scope="system/*.cruds") as server:
            yield server, home / "postgres"
    finally:
        embedded.stop(home / "postgres")


@contextmanager
def _peer(cache: Path, home: Path) -> Iterator[tuple[Server, Path]]:
    with running(cache, home) as peer:
        yield peer.server, peer.postgres


def _measure(
    name: str, starting: Running, clients: int, bundles: Sequence[Path], expected: Counter[str]
) -> Row:
    resources = sum(expected.values())
    name = f"{name}, HTTP, {clients} clients"
    with starting as (server, postgres):
        warm_up = sorted((DATA / "synthea" / "small").glob("*.json"))[:WARM_UP]
        post(server, [partial(_read, path) for path in warm_up], clients)
        before = {type: count(server, type) for type in ("Patient", "Observation")}
        watch = Watch(server.pid, postgres)
        program, database = watch.seconds()
        start = time.perf_counter()
        post(server, [partial(_read, path) for path in bundles], clients)
        seconds = time.perf_counter() - start
        program_after, database_after = watch.end()
        for type, number in before.items():
            found = count(server, type) - number
            if found != expected[type]:
                raise SystemExit(f"{name}: {found} {type} found instead of {expected[type]}.")
        size = size_of(postgres)
    say(f"{name}: {resources / seconds:,.0f} resources/s")
    return Row(name, resources, seconds, program_after - program, database_after - database, size)


def _read(path: Path) -> bytes:
    content = path.read_bytes()
    return gzip.decompress(content) if path.suffix == ".gz" else content
