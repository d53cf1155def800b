"""How long requests of every kind take, with more and more residents.

    python -m bench.search                                    1,000 and 10,000 residents
    python -m bench.search --sizes 1000,10000,100000          loading 100,000 takes a quarter of an hour
    python -m bench.search --sizes 1000 --peer                and another FHIR server with the same residents
    python -m bench.search --save figures.json --only identifier

The residents are invented (`domains/synthetic/bulk`), loaded through the intake and kept in a cache, so
that a second run only measures. Every size is a platform of its own, served by `kangshu serve` and asked
over HTTP by one client that keeps its connection, one shape at all sizes before the next; then many clients
ask a mix of everything at once, one size after the other.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

from rich.console import Console
from rich.table import Table

from bench.peers.hapi.server import NAME, missing
from bench.peers.residents import serving_peer
from bench.search.dataset import CACHE, prepare, say
from bench.search.measure import Latency, Throughput, answers, latency, throughput
from bench.search.samples import Samples, draw
from bench.search.server import Server, serving
from bench.search.shapes import SHAPES, Shape
from kangshu.app.wiring import database_url


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured with one dataset on one server."""

    server: str
    residents: int
    resources: int
    latencies: Mapping[str, Latency]
    mixed: Throughput


@dataclass(frozen=True, slots=True)
class Asked:
    """A running server with a dataset, the shapes it can be asked, and values to ask for."""

    name: str
    residents: int
    resources: int
    server: Server
    shapes: Sequence[Shape]
    samples: Samples


def main() -> None:
    """Measure every size, then print one table."""
    arguments = _arguments()
    shapes = [shape for shape in SHAPES if arguments.only in shape.name]
    why_not = missing() if arguments.peer else None
    ours: list[Asked] = []
    peers: list[Asked] = []
    with ExitStack() as running:
        for size in [int(size) for size in arguments.sizes.split(",")]:
            dataset = prepare(arguments.cache, size)
            server = running.enter_context(serving(dataset.settings.home, org=arguments.org))
            samples = draw(database_url(dataset.settings), Random(arguments.seed))
            ours.append(Asked("Kangshu", size, dataset.resources, server, shapes, samples))
            if arguments.peer and not why_not:
                server, resources = running.enter_context(serving_peer(arguments.cache, size))
                known = [shape for shape in shapes if answers(server, shape, samples)]
                peers.append(Asked(NAME, size, resources, server, known, samples))
        figures = measure([*ours, *peers], shapes, arguments)
    _print(shapes, figures[: len(ours)], figures[len(ours) :])
    if why_not:
        say(why_not)
    if arguments.save:
        told = {"at": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "sizes": [asdict(each) for each in figures]}
        arguments.save.write_text(json.dumps(told, indent=1, ensure_ascii=False))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.search", description="Latency of searches.")
    parser.add_argument("--sizes", default="1000,10000", help="residents, separated by commas")
    parser.add_argument("--requests", type=int, default=200, help="of each shape, fewer where it is slow")
    parser.add_argument("--only", default="", help="only shapes with this in their name")
    parser.add_argument("--org", help="see this institution's facts only (LOCAL has them all)")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=15, help="of the mix of reads")
    parser.add_argument("--peer", action="store_true", help="ask a peer the same, where it can be asked")
    parser.add_argument(
        "--seed",
        type=int,
        default=Random().getrandbits(32),
        help="draw the same values as another run with it",
    )
    parser.add_argument("--cache", type=Path, default=CACHE, help="where the datasets are kept")
    parser.add_argument("--save", type=Path, help="a file for the figures, as JSON")
    return parser.parse_args()


def measure(
    all_asked: Sequence[Asked], shapes: Sequence[Shape], arguments: argparse.Namespace
) -> list[Figures]:
    """Every shape, then all at once. Every server is asked for the same values.

    One shape is asked of all servers before the next: a machine is not equally fast all the time, and what is
    compared should be measured within seconds.
    """
    latencies: list[dict[str, Latency]] = [{} for _ in all_asked]
    for shape in shapes:
        for asked, found in zip(all_asked, latencies, strict=True):
            if shape in asked.shapes:
                samples = asked.samples.again(f"{arguments.seed} {shape.name}")
                found[shape.name] = told = latency(asked.server, shape, samples, arguments.requests)
                where = f"{asked.name}, {asked.residents}: {shape.name}"
                say(f"{where}: p50 {told.p50:.1f} ms, p95 {told.p95:.1f} ms")
    figures: list[Figures] = []
    for asked, found in zip(all_asked, latencies, strict=True):
        mix = asked.samples.again(f"{arguments.seed}")
        mixed = throughput(
            asked.server, asked.shapes, mix, clients=arguments.clients, seconds=arguments.seconds
        )
        say(f"{asked.name}, {asked.residents}: mixed: {mixed.rate:.0f}/s, p95 {mixed.p95:.1f} ms")
        figures.append(Figures(asked.name, asked.residents, asked.resources, found, mixed))
    return figures


def _print(shapes: Sequence[Shape], ours: Sequence[Figures], peers: Sequence[Figures]) -> None:
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    table = Table(
        title="p50 | p95 in milliseconds, by residents",
        caption=f"load average after 1, 5, 15 minutes: {load}",
        caption_justify="left",
    )
    table.add_column("shape", no_wrap=True)
    for each in ours:
        table.add_column(f"{each.residents:,}", justify="right", no_wrap=True)
    table.add_column("p50, last ÷ first", justify="right")
    for each in peers:
        table.add_column(f"{each.server}\n{each.residents:,}", justify="right", no_wrap=True)
        table.add_column("as many found", justify="right")
    for shape in shapes:
        found = [each.latencies[shape.name] for each in ours]
        cells = [f"{one.p50:.1f} | {one.p95:.1f}" for one in found]
        beside = [cell for pair in zip(peers, found, strict=False) for cell in _beside(shape, *pair)]
        table.add_row(shape.name, *cells, f"{found[-1].p50 / found[0].p50:.2f}", *beside)
    table.add_section()
    for name, cell in (
        ("mixed reads, p50 | p95", lambda one: f"{one.mixed.p50:.1f} | {one.mixed.p95:.1f}"),
        ("mixed reads, requests/s", lambda one: f"{one.mixed.rate:,.0f}"),
        ("resources stored", lambda one: f"{one.resources:,}"),
    ):
        beside = [text for each in peers for text in (cell(each), "")]
        table.add_row(name, *(cell(each) for each in ours), "", *beside)
    Console(width=150).print(table)


def _beside(shape: Shape, peer: Figures, ours: Latency) -> tuple[str, str]:
    """The peer's latency, and in how many of the first answers it found as many as we did."""
    told = peer.latencies.get(shape.name)
    if told is None:
        return "not supported", ""
    alike = sum(one == other for one, other in zip(told.entries, ours.entries, strict=True))
    return f"{told.p50:.1f} | {told.p95:.1f}", f"{alike} of {len(ours.entries)}"


if __name__ == "__main__":
    main()
