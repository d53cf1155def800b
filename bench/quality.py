"""Judging facts: facts per second over synthea/big, and a small message on top of all that.

    python -m bench.quality [--home FOLDER]

Loads into a new KANGSHU_HOME, or takes one that holds it already.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from kangshu.app.loading import files_below, load
from kangshu.app.platform import Platform
from kangshu.app.settings import Settings
from kangshu.app.wiring import build
from kangshu.domains.quality.facts.passing import Passed
from kangshu.kernel.facts.embedded import server as embedded
from kangshu.kernel.packs.find import default_root

DATA = Path("../shared/data/synthea/big")
SOURCE = "H44099900001"
SMALL = 20
"""Results of one small message."""


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, help="a KANGSHU_HOME that is loaded already")
    home: Path | None = parser.parse_args().home
    with tempfile.TemporaryDirectory(prefix="kangshu-bench-") as folder:
        where = home or Path(folder) / "home"
        try:
            with build(Settings(home=where, packs=default_root())).closing() as platform:
                if home is None:
                    load(platform, {SOURCE: files_below([DATA])}, _silent)
                _measure(platform)
        finally:
            if home is None:
                embedded.stop(where / "postgres")


def _measure(platform: Platform) -> None:
    table = Table("pass", "facts", "findings", "s", "facts/s")
    with platform.database.connection() as session:
        session.execute("DELETE FROM feed_place")
    _row(table, "everything stored", platform.fact_quality.check)
    for number in range(3):
        _send(platform, f"{time.time_ns()}-{number}")
        _row(table, f"one message of {SMALL} on top", platform.fact_quality.check)
    _row(table, "nothing new", platform.fact_quality.check)
    Console().print(table)


def _row(table: Table, name: str, judge: Callable[[], Passed]) -> None:
    start = time.perf_counter()
    passed = judge()
    taken = time.perf_counter() - start
    rate = f"{passed.facts / taken:,.0f}" if passed.facts else "-"
    table.add_row(name, f"{passed.facts:,}", f"{passed.findings:,}", f"{taken:.2f}", rate)


def _send(platform: Platform, name: str) -> None:
    lines = [
        json.dumps(
            {
                "resourceType": "Observation",
                "id": f"{name}-{number}",
                "status": "final",
                "code": {"coding": [{"system": "http://loinc.org", "code": "8310-5"}]},
                "effectiveDateTime": "2026-01-05T08:00:00+08:00",
                "valueQuantity": {"value": 366, "unit": "Cel", "code": "Cel"},
            }
        )
        for number in range(SMALL)
    ]
    [message] = platform.intake.journal([(SOURCE, ["\n".join(lines).encode()], "ndjson")])
    platform.intake.work_through(message)


def _silent(_done: int, _of: int) -> None:
    """No progress: the table is the output."""


if __name__ == "__main__":
    main()
