"""A city's year: invented, landed, views refreshed, every indicator counted; then one day more.

    python -m bench.city_year                                  11,500, 115,000 and 1,150,000 residents
    python -m bench.city_year --residents 115000               one size

Each size is a process of its own with an empty home and an embedded PostgreSQL. Files are invented from a
seed, kept below `--folder` for the next time, and not part of what is measured. `pages` are those of the
plan as a server on this machine answers them, one after the other; p95 of all. MB is the most memory the
process had at any time; PostgreSQL's own is not in it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

from kangshu.app.demonstration_city import land_city, read_place
from kangshu.app.platform import Platform
from kangshu.app.settings import Settings
from kangshu.app.wiring import build
from kangshu.domains.synthetic.city.order import Order
from kangshu.domains.synthetic.city.write import Delivery, write_city, write_day
from kangshu.kernel.facts.embedded import server as embedded
from kangshu.kernel.packs.find import default_root

ROOT = default_root()
KANGSHU = Path(sys.executable).parent / "kangshu"
FULL = 1_150_000
FIRST, UNTIL = date(2025, 1, 1), date(2025, 12, 31)
NEXT = UNTIL + timedelta(days=1)
PLAN = "/plans/xinyi/plan_2025"
PAGES = (
    "/plans",
    PLAN,
    "/plans/xinyi/review_2020",
    f"{PLAN}/primary_care_share",
    f"{PLAN}/hypertension_management",
    f"{PLAN}/report",
    "/index/xinyi",
    "/resources/xinyi",
    "/performance/xinyi",
    "/views",
    "/views/encounter",
)
TURNS = 20


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds, but for `rows` and `megabytes`."""

    residents: int
    rows: int
    land: float
    refresh: float
    day: float
    pages: float
    megabytes: int


def main() -> int:
    arguments = parse()
    if arguments.measure:
        print(json.dumps(asdict(measured(arguments.measure, arguments.folder))))
        return 0
    head = ("residents", "rows", "land s", "rows/s", "refresh s", "one day s", "page ms", "MB")
    print("".join(f"{name:>12}" for name in head))
    for residents in arguments.residents:
        city_of(residents, arguments.folder)
        command = [sys.executable, "-m", "bench.city_year", "--measure", str(residents)]
        command += ["--folder", str(arguments.folder)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        found = Measured(**json.loads(done.stdout.splitlines()[-1]))
        row = (
            f"{found.residents:,}", f"{found.rows:,}", f"{found.land:.1f}", f"{found.rows / found.land:,.0f}",
            f"{found.refresh:.1f}", f"{found.day:.1f}", f"{1000 * found.pages:.0f}",
            f"{found.megabytes:,}",
        )  # fmt: skip
        print("".join(f"{cell:>12}" for cell in row), flush=True)
    return 0


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    sizes = [FULL // 100, FULL // 10, FULL]
    parser.add_argument("--residents", type=int, nargs="+", default=sizes)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "kangshu-bench-city")
    parser.add_argument("--measure", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


def city_of(residents: int, folder: Path) -> tuple[list[Delivery], list[Delivery]]:
    """The files of a year and of the day behind it."""
    target = folder / str(residents)
    place = read_place(ROOT)
    year, day = target / "year.json", target / "day.json"
    if not day.exists():
        shutil.rmtree(target, ignore_errors=True)
        start = time.perf_counter()
        files = write_city(Order(residents, 1, FIRST, UNTIL), place, target / "city", lambda *_: None)
        print(f"# invented in {time.perf_counter() - start:.0f} s", file=sys.stderr)
        year.write_text(json.dumps([(each.feed, str(each.path)) for each in files]))
        files = write_day(NEXT, place, target / "city")
        day.write_text(json.dumps([(each.feed, str(each.path)) for each in files]))
    found = [
        [Delivery(feed, Path(path)) for feed, path in json.loads(each.read_text())] for each in (year, day)
    ]
    return found[0], found[1]


def measured(residents: int, folder: Path) -> Measured:
    year, day = city_of(residents, folder)
    place = read_place(ROOT)
    with tempfile.TemporaryDirectory(prefix="kangshu-bench-", ignore_cleanup_errors=True) as scratch:
        home = Path(scratch) / "home"
        home.mkdir()
        now = datetime(2026, 1, 5, tzinfo=UTC)
        try:
            with build(Settings(home=home, packs=ROOT, demo=True), clock=lambda: now).closing() as platform:
                start = time.perf_counter()
                tally = land_city(platform, place, year, lambda *_: None)
                landed = time.perf_counter() - start
                refreshed = refresh(platform, UNTIL)
                start = time.perf_counter()
                land_city(platform, place, day, lambda *_: None)
                another = time.perf_counter() - start + refresh(platform, NEXT)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            with serving(home) as address:
                pages = slowest(address)
        finally:
            embedded.stop(home / "postgres")
    return Measured(residents, sum(tally.received.values()), landed, refreshed, another, pages, peak)


def refresh(platform: Platform, on: date) -> float:
    """Views and the tallies of all indicators, as `kangshu lake refresh` does."""
    start = time.perf_counter()
    platform.views.refresh()
    platform.planning.refresh(on=on)
    return time.perf_counter() - start


@contextmanager
def serving(home: Path) -> Iterator[str]:
    environment = {**os.environ, "KANGSHU_HOME": str(home), "KANGSHU_DEMO": "1"}
    server = subprocess.Popen(
        [str(KANGSHU), "serve", "--port", "0"], env=environment, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert server.stdout is not None
    try:
        yield server.stdout.readline().split()[-1]
    finally:
        server.terminate()
        server.wait(60)


def slowest(address: str) -> float:
    """The time within which 95 of 100 pages come; each has been asked for once before."""
    opener = build_opener(HTTPCookieProcessor(CookieJar()))
    asked = opener.open(f"{address}/login").read().decode()
    form = next(part for part in asked.split("<form") if 'value="city"' in part)
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    opener.open(Request(f"{address}/login", urlencode(fields).encode())).read()
    times: list[float] = []
    for turn in range(TURNS + 1):
        for page in PAGES:
            start = time.perf_counter()
            opener.open(address + page).read()
            if turn:
                times.append(time.perf_counter() - start)
    return sorted(times)[int(0.95 * len(times))]


if __name__ == "__main__":
    sys.exit(main())
