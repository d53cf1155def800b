"""What a request costs inside: statements, processor time, blocks read, and the plans.

    python -m bench.search.plans --size 10000                          every shape: a table
    python -m bench.search.plans --size 10000 --only birthdate --show  … and the plans of one request
    python -m bench.search.plans --size 10000 --only identifier --profile

In one process, without a server. The plans are PostgreSQL's own (auto_explain) of the very statements
that the platform sends. Processor time depends less than the clock on what else the machine does.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qsl

import psutil
from psycopg.conninfo import make_conninfo
from psycopg.errors import Diagnostic
from rich.console import Console
from rich.table import Table

from bench.search.dataset import CACHE, prepare
from bench.search.measure import percentile
from bench.search.samples import draw
from bench.search.shapes import SHAPES
from kangshu.app.platform import Platform
from kangshu.app.settings import Settings
from kangshu.app.wiring import build, database_url
from kangshu.interfaces.web.fhir.call import Call
from kangshu.interfaces.web.fhir.router import respond
from kangshu.interfaces.web.fhir.routes import make_service
from kangshu.kernel.policies.definition import Principal

WARM_UP = 8

_EXPLAIN = {
    "session_preload_libraries": "auto_explain",
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_buffers": "on",
    "auto_explain.log_level": "notice",
    "client_min_messages": "notice",
}

Ask = Callable[[str], None]
Plan = dict[str, Any]


class _Explained:
    """A platform whose statements are told with their plans."""

    def __init__(self, settings: Settings, url: str, org: str | None) -> None:
        self.told: list[str] = []
        options = " ".join(f"-c {name}={value}" for name, value in _EXPLAIN.items())
        self.platform = build(settings, url=make_conninfo(url, options=options), max_connections=1)
        with self.platform.database.connection() as connection:
            connection.add_notice_handler(self._hear)
        self.ask = _asking(self.platform, org)

    def _hear(self, notice: Diagnostic) -> None:
        self.told.append(notice.message_primary or "")

    def plans(self, path: str) -> list[str]:
        """The plans of a request's statements, as text."""
        self.told.clear()
        self.ask(path)
        return [text for text in self.told if "Query Text" in text]


def main() -> None:
    """Explain the shapes asked for, on one dataset."""
    arguments = _arguments()
    dataset = prepare(arguments.cache, arguments.size)
    url = database_url(dataset.settings)
    samples = draw(url, Random(arguments.seed))
    platform = build(dataset.settings, url=url)
    explained = _Explained(dataset.settings, url, arguments.org)
    ask = _asking(platform, arguments.org)
    server = _Postmaster(dataset.settings.home)
    table = Table(
        "shape", "ms", "ms CPU Python", "ms CPU PostgreSQL", "statements", "blocks", "ms in statements"
    )
    with platform.closing(), explained.platform.closing():
        for shape in SHAPES:
            if arguments.only in shape.name:
                paths = [shape.draw(samples) for _ in range(arguments.requests)]
                costs = _cost(paths, ask, server, profile=arguments.profile)
                plans = explained.plans(paths[0])
                if arguments.show:
                    print(f"\n=== {shape.name}: {paths[0]}\n" + "\n".join(plans))
                table.add_row(shape.name, *costs, *_sums(plans))
    Console(width=130).print(table)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.search.plans", description="Plans of searches.")
    parser.add_argument("--size", type=int, default=10_000, help="residents of the dataset")
    parser.add_argument("--only", default="", help="only shapes with this in their name")
    parser.add_argument("--org", help="see this institution's facts only")
    parser.add_argument("--requests", type=int, default=30)
    parser.add_argument("--seed", type=int, help="draw the same values as another run with it")
    parser.add_argument("--show", action="store_true", help="print the plans of one request of each shape")
    parser.add_argument("--profile", action="store_true", help="print where Python spends its time")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where the datasets are kept")
    return parser.parse_args()


def _asking(platform: Platform, org: str | None) -> Ask:
    service = make_service(platform, {})
    principal = Principal("bench", "bench", "client", org=org, scopes=("system/*.rs",))

    def ask(path: str) -> None:
        where, _, query = path.partition("?")
        call = Call(
            principal=principal,
            purpose=platform.policies.usual_purpose(principal),
            method="GET",
            segments=tuple(where.split("/")),
            params=tuple(parse_qsl(query, keep_blank_values=True)),
            headers={},
            body=b"",
            base="http://localhost/fhir",
        )
        answer = respond(service, call)
        if answer.status != 200:
            raise SystemExit(f"{answer.status} for {path}: {answer.body[:500]!r}")

    return ask


class _Postmaster:
    """The embedded server's processes."""

    def __init__(self, home: Path) -> None:
        self._process = psutil.Process(int((home / "postgres" / "postmaster.pid").read_text().split()[0]))

    def cpu(self) -> float:
        """Seconds of processor time of all its processes that still live."""
        times = [child.cpu_times() for child in self._process.children(recursive=True)]
        return sum(each.user + each.system for each in times)


def _cost(paths: Sequence[str], ask: Ask, server: _Postmaster, *, profile: bool) -> list[str]:
    for path in paths[:WARM_UP]:
        ask(path)
    profiler = cProfile.Profile()
    times: list[float] = []
    before = server.cpu()
    python = time.process_time()
    for path in paths:
        start = time.perf_counter()
        if profile:
            profiler.runcall(ask, path)
        else:
            ask(path)
        times.append((time.perf_counter() - start) * 1000)
    python = (time.process_time() - python) * 1000 / len(paths)
    postgres = (server.cpu() - before) * 1000 / len(paths)
    if profile:
        pstats.Stats(profiler).sort_stats("cumulative").print_stats(60)
    return [f"{percentile(times, 50):.1f}", f"{python:.2f}", f"{postgres:.2f}"]


def _sums(plans: Sequence[str]) -> list[str]:
    durations = [float(text.split("duration: ")[1].split(" ms")[0]) for text in plans]
    blocks = sum(_blocks(text) for text in plans)
    return [str(len(plans)), f"{blocks}", " + ".join(f"{each:.1f}" for each in durations)]


def _blocks(plan: str) -> int:
    """Blocks touched by the whole statement: the figure of its topmost node."""
    for line in plan.splitlines():
        if line.strip().startswith("Buffers: shared"):
            return sum(int(part.split("=")[1]) for part in line.split() if part.startswith(("hit=", "read=")))
    return 0


if __name__ == "__main__":
    main()
