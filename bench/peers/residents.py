"""A peer that holds the same invented residents as a dataset of ours, under the same ids."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import orjson
import psycopg

from bench.peers.hapi.server import NAME, running
from bench.peers.post import Bundle, post
from bench.search.dataset import SEED, UNTIL, say
from bench.search.server import Server
from kangshu.domains.synthetic.bulk import residents
from kangshu.domains.synthetic.load import load_county
from kangshu.kernel.packs.find import default_root

CLIENTS = 4


@contextmanager
def serving_peer(cache: Path, size: int) -> Iterator[tuple[Server, int]]:
    """The running peer and how many resources it holds; they are sent over HTTP if they are not there yet.

    What was loaded half way is sent again, which makes second versions but no second resources.
    """
    home = cache / f"peer-{size}"
    mark = home / "loaded.json"
    home.mkdir(parents=True, exist_ok=True)
    with running(cache, home) as peer:
        if not mark.exists():
            say(f"{NAME}: {size} residents: loading")
            mark.write_text(json.dumps(_load(peer.server, size)))
            with psycopg.connect(peer.database, autocommit=True) as connection:
                connection.execute("VACUUM ANALYZE")
        yield peer.server, json.loads(mark.read_text())["resources"]


def _load(server: Server, size: int) -> dict[str, float]:
    county = load_county(default_root() / "places" / "demo_county")
    chunks = residents(county, size, SEED, until=UNTIL)
    directory = next(chunks)
    start = time.perf_counter()
    post(server, [partial(_transaction, directory)], 1)
    numbers = [directory.count(b"\n")]

    def rest() -> Iterator[Bundle]:
        for chunk in chunks:
            numbers.append(chunk.count(b"\n"))
            yield partial(_transaction, chunk)

    post(server, rest(), CLIENTS)
    seconds = time.perf_counter() - start
    number = sum(numbers)
    say(f"{NAME}: {number / seconds:,.0f} resources/s")
    return {"resources": number, "seconds": round(seconds, 1)}


def _transaction(lines: bytes) -> bytes:
    """Updates with the ids that the resources have, so that the same addresses lead to the same."""
    entries = [_entry(line) for line in lines.splitlines()]
    return orjson.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries})


def _entry(line: bytes) -> dict[str, object]:
    resource = orjson.loads(line)
    address = f"{resource['resourceType']}/{resource['id']}"
    return {"fullUrl": address, "resource": resource, "request": {"method": "PUT", "url": address}}
