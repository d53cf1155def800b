"""How fast FHIR data is loaded: durable, validated, indexed, searchable.

    python -m bench.load                 synthea/big ten times over: 4,000 patients, 1.2 million resources
    python -m bench.load --copies 2      … twice

The copies are different people: every UUID, and every social-security, licence and passport number, is
another one in each copy. They are written before the clock starts. What is measured is the whole of
`kangshu load FOLDER --json` in a new home, from the start of the process, with the creation of the
database, to its end. Then the counts are compared and a search is made.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import psutil
from rich.console import Console
from rich.table import Table

from bench.search.dataset import KANGSHU, environment, say
from kangshu.app.settings import read_settings
from kangshu.app.wiring import build
from kangshu.kernel.facts import embedded
from kangshu.kernel.facts.query import parse_query
from kangshu.kernel.policies.definition import Principal, Resource

DATA = Path(os.environ.get("KANGSHU_TESTDATA", Path(__file__).parents[2] / "shared" / "data"))

UUID_IN_TEXT = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
NUMBERED = re.compile(
    rb'("system":"(?:http://hl7\.org/fhir/sid/us-ssn|urn:oid:2\.16\.840\.1\.113883\.4\.3\.25'
    rb'|http://standardhealthrecord\.org/fhir/StructureDefinition/passportNumber)","value":")([^"]+)"'
)
PUBLISHED = "2,200–2,700"


def main() -> None:
    """Prepare, load, verify, print the table."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="kangshu-bench-", dir=arguments.temp) as temp:
        folder, home = Path(temp, "messages"), Path(temp, "home")
        folder.mkdir()
        expected, patients = prepare(folder, arguments.copies)
        say(f"{sum(expected.values()):,} resources are written; loading")
        run = load(folder, home)
        try:
            verify(home, run, expected, patients)
            size = _size(home / "postgres")
        finally:
            embedded.stop(home / "postgres")
    _print(run, sum(expected.values()), size)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.load", description="Throughput of loading.")
    parser.add_argument("--copies", type=int, default=10)
    parser.add_argument("--temp", type=Path, help="where the messages and the database are put")
    return parser.parse_args()


# -- the messages


def prepare(folder: Path, copies: int) -> tuple[Counter[str], list[str]]:
    """Write the copies; returns the resources by type, and some of the patients' ids."""
    counts: Counter[str] = Counter()
    patients: list[str] = []
    for path in sorted((DATA / "synthea" / "big").glob("*.json.gz")):
        text = gzip.decompress(path.read_bytes())
        types = Counter[str](entry["resource"]["resourceType"] for entry in orjson.loads(text)["entry"])
        for copy in range(copies):
            written = renamed(text, copy)
            target = folder / f"{copy:03}-{path.name}"
            target.write_bytes(gzip.compress(written, compresslevel=1))
            counts += types
        if types["Patient"]:
            first = orjson.loads(renamed(text, copies - 1))["entry"][0]["resource"]
            patients.append(first["id"])
    return counts, patients


def renamed(text: bytes, copy: int) -> bytes:
    """The message with other ids and numbers for each copy; copy 0 is the original."""
    if copy == 0:
        return text

    def other_id(match: re.Match[bytes]) -> bytes:
        return str(UUID(int=UUID(match[0].decode()).int ^ (copy << 64))).encode()

    return NUMBERED.sub(
        lambda match: match[1] + match[2] + b"-%d" % copy + b'"', UUID_IN_TEXT.sub(other_id, text)
    )


# -- the load


@dataclass(slots=True)
class Run:
    """Seconds of the clock and of processors, and what the command told."""

    seconds: float = 0.0
    python: float = 0.0
    postgres: float = 0.0
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict[str, Mapping[str, int]])


def load(folder: Path, home: Path) -> Run:
    """Run `kangshu load` and watch its processes, and those of the server it starts."""
    run = Run()
    start = time.perf_counter()
    process = subprocess.Popen(
        [KANGSHU, "load", folder, "--json"], env=environment(home), stdout=subprocess.PIPE, text=True
    )
    watch = _Watch(process.pid, home)
    out, _ = process.communicate()
    run.seconds = time.perf_counter() - start
    run.python, run.postgres = watch.end()
    if process.returncode:
        raise SystemExit(f"kangshu load ended with {process.returncode}: {out[-500:]}")
    run.counts = json.loads(out.splitlines()[-1])
    return run


class _Watch:
    """Adds up processor seconds. A process that has ended counts with what was last seen of it."""

    def __init__(self, pid: int, home: Path) -> None:
        self._process = psutil.Process(pid)
        self._postmaster = home / "postgres" / "postmaster.pid"
        self._python: dict[tuple[int, float], float] = {}
        self._postgres: dict[tuple[int, float], float] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def end(self) -> tuple[float, float]:
        """Seconds of Python, and of PostgreSQL."""
        self._ended.set()
        self._thread.join()
        return sum(self._python.values()), sum(self._postgres.values())

    def _watch(self) -> None:
        while not self._ended.wait(0.2):
            self._look(self._process, self._python)
            try:
                server = psutil.Process(int(self._postmaster.read_text().split()[0]))
            except (OSError, ValueError, IndexError, psutil.Error):
                continue
            self._look(server, self._postgres)

    def _look(self, root: psutil.Process, seen: dict[tuple[int, float], float]) -> None:
        try:
            processes = [root, *root.children(recursive=True)]
        except psutil.Error:
            return
        for each in processes:
            try:
                is_server = each.name().startswith("postgres")
                if is_server and seen is self._python:
                    continue
                times = each.cpu_times()
                seen[each.pid, each.create_time()] = times.user + times.system
            except psutil.Error:
                continue


# -- afterwards


def verify(home: Path, run: Run, expected: Counter[str], patients: list[str]) -> None:
    """Every resource has arrived and can be found."""
    if dict(run.counts["received"]) != dict(expected) or run.counts["quarantined"]:
        raise SystemExit(f"Not everything arrived: {run.counts} instead of {expected}.")
    platform = build(read_settings(environment(home)))
    with platform.closing():
        principal = Principal("bench", "bench", "client", scopes=("system/*.rs",))
        purpose = platform.policies.usual_purpose(principal)
        for type_ in ("Observation", "Patient"):
            grant = platform.policies.decide(principal, "search", Resource("fact", type_), purpose)
            found = platform.reader(grant).count(parse_query(platform.catalogue, type_, []))
            _equal(f"{type_} found", found, expected[type_])
        grant = platform.policies.decide(principal, "search", Resource("fact", "Observation"), purpose)
        query = parse_query(platform.catalogue, "Observation", [("patient", patients[-1])])
        if not platform.reader(grant).search(query).facts:
            raise SystemExit("The observations of a patient are not found.")


def _equal(what: str, found: Any, expected: Any) -> None:
    if found != expected:
        raise SystemExit(f"{what}: {found} instead of {expected}.")


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _print(run: Run, resources: int, size: int) -> None:
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count()
    table = Table(title="Loading FHIR resources")
    for name in (
        "",
        "resources",
        "seconds",
        "resources/s",
        "CPU s Python",
        "CPU s PostgreSQL",
        "µs CPU each",
        "GB on disk",
    ):
        table.add_column(name, justify="right" if name else "left")
    table.add_row(
        f"Kangshu, {cores} cores",
        f"{resources:,}",
        f"{run.seconds:.1f}",
        f"{resources / run.seconds:,.0f}",
        f"{run.python:.0f}",
        f"{run.postgres:.0f}",
        f"{(run.python + run.postgres) / resources * 1e6:.0f}",
        f"{size / 1e9:.1f}",
    )
    table.add_row("published anchors, other hardware, 8 cores", "", "", PUBLISHED, "", "", "", "")
    Console(width=130).print(table)


if __name__ == "__main__":
    main()
