"""How long requests of every kind take, with more and more residents.

    python -m bench.search                                    1,000 and 10,000 residents
    python -m bench.search --sizes 1000,10000,100000          loading 100,000 takes a quarter of an hour
    python -m bench.search --save figures.json --only identifier

The residents are invented (`domains/synthetic/bulk`), loaded through the intake and kept in a cache, so
that a second run only measures. Every size is a platform of its own, served by `kangshu serve` and asked
over HTTP by one client that keeps its connection; then many clients ask a mix of everything at once.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

from rich.console import Console
from rich.table import Table

from bench.search.dataset import CACHE, Dataset, prepare, say
from bench.search.measure import Latency, Throughput, latency, throughput
from bench.search.samples import draw
from bench.search.server import serving
from bench.search.shapes import SHAPES, Shape
from kangshu.app.wiring import database_url


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured with one dataset."""

    residents: int
    resources: int
    latencies: Mapping[str, Latency]
    mixed: Throughput


def main() -> None:
    """Measure every size, then print one table."""
    arguments = _arguments()
    sizes = [int(size) for size in arguments.sizes.split(",")]
    shapes = [shape for shape in SHAPES if arguments.only in shape.name]
    measured = [measure(prepare(arguments.cache, size), shapes, arguments) for size in sizes]
    _print(shapes, measured)
    if arguments.save:
        told = {"at": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "sizes": [asdict(each) for each in measured]}
        arguments.save.write_text(json.dumps(told, indent=1, ensure_ascii=False))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.search", description="Latency of searches.")
    parser.add_argument("--sizes", default="1000,10000", help="residents, separated by commas")
    parser.add_argument("--requests", type=int, default=200, help="of each shape, fewer where it is slow")
    parser.add_argument("--only", default="", help="only shapes with this in their name")
    parser.add_argument("--org", help="see this institution's facts only (LOCAL has them all)")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=15, help="of the mix of reads")
    parser.add_argument("--seed", type=int, help="draw the same values as another run with it")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where the datasets are kept")
    parser.add_argument("--save", type=Path, help="a file for the figures, as JSON")
    return parser.parse_args()


def measure(dataset: Dataset, shapes: Sequence[Shape], arguments: argparse.Namespace) -> Figures:
    """Every shape, then all at once, on one dataset."""
    with serving(dataset.settings.home, org=arguments.org) as server:
        samples = draw(database_url(dataset.settings), Random(arguments.seed))
        latencies: dict[str, Latency] = {}
        for shape in shapes:
            latencies[shape.name] = latency(server, shape, samples, arguments.requests)
            told = latencies[shape.name]
            say(f"{dataset.residents}: {shape.name}: p50 {told.p50:.1f} ms, p95 {told.p95:.1f} ms")
        mixed = throughput(server, shapes, samples, clients=arguments.clients, seconds=arguments.seconds)
        say(f"{dataset.residents}: mixed: {mixed.rate:.0f}/s, p95 {mixed.p95:.1f} ms")
    return Figures(dataset.residents, dataset.resources, latencies, mixed)


def _print(shapes: Sequence[Shape], measured: Sequence[Figures]) -> None:
    table = Table(title="p50 | p95 in milliseconds, by residents", caption_justify="left")
    table.add_column("shape", no_wrap=True)
    for each in measured:
        table.add_column(f"{each.residents:,}", justify="right", no_wrap=True)
    table.add_column("p50, last ÷ first", justify="right")
    for shape in shapes:
        found = [each.latencies[shape.name] for each in measured]
        cells = [f"{one.p50:.1f} | {one.p95:.1f}" for one in found]
        table.add_row(shape.name, *cells, f"{found[-1].p50 / found[0].p50:.2f}")
    table.add_section()
    table.add_row(
        "mixed reads, p50 | p95", *(f"{one.mixed.p50:.1f} | {one.mixed.p95:.1f}" for one in measured), ""
    )
    table.add_row("mixed reads, requests/s", *(f"{each.mixed.rate:,.0f}" for each in measured), "")
    table.add_row("resources stored", *(f"{each.resources:,}" for each in measured), "")
    Console(width=130).print(table)


if __name__ == "__main__":
    main()
