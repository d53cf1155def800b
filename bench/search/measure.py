"""Latency of one request after the other, and throughput of many clients at once."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from urllib.parse import quote

from bench.search.dataset import say
from bench.search.samples import Samples
from bench.search.server import Server
from bench.search.shapes import Shape

WARM_UP = 10
LIMIT = 5.0
"""Seconds after which a shape is measured with as many requests as there were."""

FEWEST = 20


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds; `bytes` is the mean size of an answer, `entries` are those of the first answers."""

    p50: float
    p95: float
    requests: int
    bytes: int
    entries: tuple[int, ...]


class Refused(SystemExit):
    """A request was not answered with 200."""


def latency(server: Server, shape: Shape, samples: Samples, requests: int) -> Latency:
    """One client, one request after the other over one connection, each with values of its own."""
    connection = server.connect()
    try:
        entries = tuple(
            _get(server, connection, shape.draw(samples)).count(b'"fullUrl"') for _ in range(WARM_UP)
        )
        times: list[float] = []
        sizes = 0
        began = time.perf_counter()
        while len(times) < requests and (len(times) < FEWEST or time.perf_counter() - began < LIMIT):
            path = shape.draw(samples)
            start = time.perf_counter()
            sizes += len(_get(server, connection, path))
            times.append((time.perf_counter() - start) * 1000)
    finally:
        connection.close()
    return Latency(percentile(times, 50), percentile(times, 95), len(times), sizes // len(times), entries)


def answers(server: Server, shape: Shape, samples: Samples) -> bool:
    """Whether the server can be asked such things at all."""
    connection = server.connect()
    try:
        _get(server, connection, shape.draw(samples))
    except Refused as refused:
        say(f"{shape.name}: {str(refused)[:300]}")
        return False
    finally:
        connection.close()
    return True


@dataclass(frozen=True, slots=True)
class Throughput:
    """Of all clients together: requests per second, milliseconds."""

    rate: float
    p50: float
    p95: float


def throughput(
    server: Server, shapes: Sequence[Shape], samples: Samples, *, clients: int, seconds: float
) -> Throughput:
    """A mix of the shapes by their weights, as fast as so many clients can ask."""
    pool = samples.dice.choices(shapes, [shape.weight for shape in shapes], k=4_000)
    paths = [shape.draw(samples) for shape in pool]
    until = time.perf_counter() + seconds

    def client(number: int) -> list[float]:
        connection = server.connect()
        times: list[float] = []
        at = number * len(paths) // clients
        while time.perf_counter() < until:
            start = time.perf_counter()
            _get(server, connection, paths[at % len(paths)])
            times.append((time.perf_counter() - start) * 1000)
            at += 1
        connection.close()
        return times

    with ThreadPoolExecutor(clients) as executor:
        times = [each for found in executor.map(client, range(clients)) for each in found]
    return Throughput(len(times) / seconds, percentile(times, 50), percentile(times, 95))


def _get(server: Server, connection: HTTPConnection, path: str) -> bytes:
    connection.request("GET", quote(f"/fhir/{path}", safe="/?&=%:,|$*.+-_~"), headers=server.headers)
    response = connection.getresponse()
    content = response.read()
    if response.status != 200:
        raise Refused(f"{response.status} for {path}: {content[:500]!r}")
    return content


def percentile(values: Sequence[float], share: int) -> float:
    """The smallest value that so many of a hundred do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * share // 100) - 1)]
