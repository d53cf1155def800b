"""HL7 v2: how fast messages are read, and how fast they are journalled, mapped and stored.

    python -m bench.hl7v2                    16 connections, one message at a time on each
    python -m bench.hl7v2 --ahead 32         … with up to 32 unanswered on each
    python -m bench.hl7v2 --each 2000

Reading is measured beside python-hl7 in the same process, messages taken in turn. The rest is a whole
`kangshu mllp` in a new home, with senders in another process on the same machine: acknowledged is what
the senders see; stored is until every message is worked through. Afterwards the counts are compared.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import hl7
import psutil
from rich.console import Console
from rich.table import Table

from bench.hl7v2.client import sender_of
from bench.hl7v2.samples import messages
from bench.search.dataset import environment, say
from kangshu.app.settings import read_settings
from kangshu.app.wiring import build
from kangshu.domains.intake.hl7v2.reader import Hl7Reader
from kangshu.domains.intake.hl7v2.table_files import read_tables
from kangshu.kernel.facts.embedded import server as embedded
from kangshu.kernel.packs.find import default_root, find_packs

COMMAND = [sys.executable, "-m", "kangshu.interfaces.cli.main"]
AIM = 3000


def main() -> None:
    """Measure and print."""
    arguments = _arguments()
    parsing = _parsing()
    with tempfile.TemporaryDirectory(prefix="kangshu-bench-", dir=arguments.temp) as temp:
        home = Path(temp, "home")
        try:
            run = _listen_and_send(home, arguments)
            facts = _verify(home, arguments.connections * arguments.each)
        finally:
            embedded.stop(home / "postgres")
    _print(parsing, run, facts, arguments)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.hl7v2", description="Throughput of HL7 v2.")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--each", type=int, default=1500, help="messages on each connection")
    parser.add_argument("--ahead", type=int, default=1, help="messages sent without waiting for answers")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--temp", type=Path, help="where the database is put")
    return parser.parse_args()


# -- reading


def _parsing() -> dict[str, float]:
    """Messages a second, by what is done with them. Taken in turn, so that a busy moment hits all alike."""
    reader = Hl7Reader(read_tables(find_packs(default_root())["hl7v2"].folder))
    raw = messages(sender_of(0), 400)
    kinds = {
        "python-hl7 parses": lambda each: hl7.parse(each.decode()),
        "Kangshu parses": reader.read,
        "Kangshu parses and maps": lambda each: list(reader.units([each], "BENCH")),
    }
    spent = dict.fromkeys(kinds, 0.0)
    for turn in range(4):
        for name, work in kinds.items():
            begun = time.process_time()
            for each in raw:
                work(each)
            # The first turn fills what is remembered; every process does that once.
            spent[name] += (time.process_time() - begun) if turn else 0.0
    return {name: 3 * len(raw) / seconds for name, seconds in spent.items()}


# -- the listener


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds until everything was acknowledged and stored, waits in milliseconds, processor seconds."""

    acknowledged: float
    stored: float
    p50: float
    p95: float
    python: float
    postgres: float


def _listen_and_send(home: Path, arguments: argparse.Namespace) -> Run:
    home.mkdir(parents=True)
    listener = subprocess.Popen(
        [*COMMAND, "mllp", "--port", "0", "--workers", str(arguments.workers)],
        env={**environment(home), "KANGSHU_LOG_LEVEL": "error"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert listener.stdout is not None
    port = int(listener.stdout.readline().rsplit(":", 1)[1])
    client = subprocess.Popen(
        [sys.executable, "-m", "bench.hl7v2.client"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert client.stdin is not None
    assert client.stdout is not None
    plan = {
        "port": port,
        "each": arguments.each,
        "connections": arguments.connections,
        "ahead": arguments.ahead,
    }
    client.stdin.write(json.dumps(plan) + "\n")
    client.stdin.flush()
    client.stdout.readline()
    time.sleep(5)  # the workers have their own platforms by now
    before = _processor(listener.pid, home)
    begun = time.perf_counter()
    client.stdin.write("go\n")
    client.stdin.flush()
    told = json.loads(client.stdout.readline())
    with build(read_settings(environment(home))).closing() as platform:
        while platform.operating_figures().unfinished:
            time.sleep(0.02)
    stored = time.perf_counter() - begun
    after = _processor(listener.pid, home)
    listener.terminate()
    listener.wait(60)
    client.wait(60)
    return Run(told["seconds"], stored, told["p50"], told["p95"], after[0] - before[0], after[1] - before[1])


def _processor(pid: int, home: Path) -> tuple[float, float]:
    """Processor seconds of the listener with its workers, and of the database."""
    server = int((home / "postgres" / "postmaster.pid").read_text().split()[0])
    return _of(pid, "postgres"), _of(server, "")


def _of(pid: int, without: str) -> float:
    total = 0.0
    root = psutil.Process(pid)
    for process in (root, *root.children(recursive=True)):
        try:
            if without and process.name().startswith(without):
                continue
            times = process.cpu_times()
        except psutil.Error:
            continue
        total += (
            times.user + times.system + (times.children_user + times.children_system if not without else 0)
        )
    return total


def _verify(home: Path, expected: int) -> int:
    """Every message is in the journal, worked through, and nothing is in quarantine; how many facts."""
    with build(read_settings(environment(home))).closing() as platform:
        inventory = platform.inventory()
        if inventory.messages != expected or inventory.quarantined:
            raise SystemExit(f"Not everything arrived: {inventory}")
        return inventory.facts


def _print(parsing: dict[str, float], run: Run, facts: int, arguments: argparse.Namespace) -> None:
    number = arguments.connections * arguments.each
    table = Table(title="HL7 v2", title_justify="left")
    for name in ("", "messages/s", "µs CPU each", "notes"):
        table.add_column(name, justify="left" if name in ("", "notes") else "right")
    for name, rate in parsing.items():
        table.add_row(name, f"{rate:,.0f}", f"{1e6 / rate:,.0f}", "one process")
    cores = len(os.sched_getaffinity(0))
    how = f"{arguments.connections} connections, {arguments.ahead} ahead, {cores} cores with the senders"
    table.add_section()
    table.add_row(
        "acknowledged: in the journal",
        f"{number / run.acknowledged:,.0f}",
        "",
        f"{how}; p50 {run.p50:.0f} ms, p95 {run.p95:.0f} ms",
    )
    table.add_row(
        "mapped and stored",
        f"{number / run.stored:,.0f}",
        f"{(run.python + run.postgres) / number * 1e6:,.0f}",
        f"aim {AIM:,}; {facts / number:.1f} facts a message; "
        f"CPU {run.python:.0f} s Python, {run.postgres:.0f} s PostgreSQL",
    )
    Console(width=150).print(table)
    say(f"load average {os.getloadavg()[0]:.1f} at the end")


if __name__ == "__main__":
    main()
