"""Transaction bundles sent to a FHIR server by several clients at once, and what it holds afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import orjson

from bench.search.server import Server

Bundle = Callable[[], bytes]
"""Reads a bundle when its turn comes."""


def post(server: Server, bundles: Iterable[Bundle], clients: int) -> None:
    """Send all of them; each client keeps its connection and takes the next when it has its answer."""
    queue = _Queue(bundles)

    def client(_: int) -> None:
        connection = server.connect()
        headers = server.headers | {"Content-Type": "application/fhir+json", "Prefer": "return=minimal"}
        for bundle in queue.take():
            connection.request("POST", "/fhir", bundle(), headers)
            answer = connection.getresponse()
            content = answer.read()
            if answer.status != 200:
                raise SystemExit(f"A transaction was answered with {answer.status}: {content[:500]!r}")
        connection.close()

    with ThreadPoolExecutor(clients) as executor:
        list(executor.map(client, range(clients)))


def count(server: Server, type: str) -> int:
    """How many resources of a type a search finds."""
    connection = server.connect()
    # HAPI FHIR gives the answer of a minute ago otherwise.
    headers = server.headers | {"Cache-Control": "no-cache"}
    connection.request("GET", f"/fhir/{type}?_summary=count", headers=headers)
    answer = orjson.loads(connection.getresponse().read())
    connection.close()
    return answer["total"]


class _Queue:
    def __init__(self, bundles: Iterable[Bundle]) -> None:
        self._bundles = iter(bundles)
        self._lock = Lock()

    def take(self) -> Iterator[Bundle]:
        """Those that no one else has taken."""
        while True:
            with self._lock:
                bundle = next(self._bundles, None)
            if bundle is None:
                return
            yield bundle
