"""How fast FHIR data is loaded: durable, validated, indexed, searchable.

    python -m bench.load                 synthea/big ten times over: 4,000 patients, 1.2 million resources
    python -m bench.load --copies 2      … twice
    python -m bench.load --copies 1 --files 40 --peer      a part of it, and a peer beside us

The copies are different people: every UUID, and every social-security, licence and passport number, is
another one in each copy. They are written before the clock starts. What is measured is the whole of
`kangshu load FOLDER --json` in a new home, from the start of the process, with the creation of the
database, to its end. Then the counts are compared and a search is made.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from bench.loading.table import Row, show, size_of
from bench.loading.watch import Watch
from bench.peers.loading import over_http
from bench.search.dataset import CACHE, DATA, KANGSHU, environment, say
from kangshu.app.settings import read_settings
from kangshu.app.wiring import build
from kangshu.kernel.facts.embedded import server as embedded
from kangshu.kernel.facts.search.request import parse_query
from kangshu.kernel.policies.definition import Principal, Resource

UUID_IN_TEXT = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
NUMBERED = re.compile(
    rb'("system":"(?:http://hl7\.org/fhir/sid/us-ssn|urn:oid:2\.16\.840\.1\.113883\.4\.3\.25'
    rb'|http://standardhealthrecord\.org/fhir/StructureDefinition/passportNumber)","value":")([^"]+)"'
)


def main() -> None:
    """Prepare, load, verify, print the table."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="kangshu-bench-", dir=arguments.temp) as temp:
        folder, home = Path(temp, "messages"), Path(temp, "home")
        folder.mkdir()
        expected, patients = prepare(folder, arguments.copies, arguments.files)
        resources = sum(expected.values())
        say(f"{resources:,} resources are written; loading")
        run = load(folder, home)
        try:
            verify(home, run, expected, patients)
            size = size_of(home / "postgres")
        finally:
            embedded.stop(home / "postgres")
        rows = [Row("Kangshu, kangshu load", resources, run.seconds, run.program, run.postgres, size)]
        if arguments.peer:
            rows += over_http(sorted(folder.iterdir()), expected, Path(temp), arguments.cache)
    show(rows)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.load", description="Throughput of loading.")
    parser.add_argument("--copies", type=int, default=10)
    parser.add_argument("--files", type=int, help="only so many of the 402 bundles, the same in every run")
    parser.add_argument("--peer", action="store_true", help="load a peer too, and ourselves, over HTTP")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where the built peer is kept")
    parser.add_argument("--temp", type=Path, help="where the messages and the database are put")
    return parser.parse_args()


# -- the messages


def prepare(folder: Path, copies: int, files: int | None) -> tuple[Counter[str], list[str]]:
    """Write the copies; returns the resources by type, and some of the patients' ids."""
    counts: Counter[str] = Counter()
    patients: list[str] = []
    for path in sorted((DATA / "synthea" / "big").glob("*.json.gz"))[:files]:
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
    program: float = 0.0
    postgres: float = 0.0
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict[str, Mapping[str, int]])


def load(folder: Path, home: Path) -> Run:
    """Run `kangshu load` and watch its processes, and those of the server it starts."""
    run = Run()
    start = time.perf_counter()
    process = subprocess.Popen(
        [KANGSHU, "load", folder, "--json"], env=environment(home), stdout=subprocess.PIPE, text=True
    )
    watch = Watch(process.pid, home / "postgres")
    out, _ = process.communicate()
    run.seconds = time.perf_counter() - start
    run.program, run.postgres = watch.end()
    if process.returncode:
        raise SystemExit(f"kangshu load ended with {process.returncode}: {out[-500:]}")
    run.counts = json.loads(out.splitlines()[-1])
    return run


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


if __name__ == "__main__":
    main()
