"""Platforms with so many invented residents, loaded once and kept for later runs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import date
from itertools import count, islice
from pathlib import Path

from kangshu.app.settings import Settings, read_settings
from kangshu.domains.synthetic.bulk import residents
from kangshu.domains.synthetic.load import load_county
from kangshu.kernel.packs.find import default_root

SOURCE = "LOCAL"
SEED = 11
UNTIL = date(2025, 12, 31)
CHUNKS_PER_FILE = 20
DATA = Path(os.environ.get("KANGSHU_TESTDATA", Path(__file__).parents[3] / "shared" / "data"))
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kangshu-bench"
KANGSHU = Path(sys.executable).with_name("kangshu")


@dataclass(frozen=True, slots=True)
class Dataset:
    """A home that holds so many residents, and what loading them took (seconds, resources)."""

    residents: int
    settings: Settings
    resources: int
    seconds: float


def environment(home: Path) -> dict[str, str]:
    """The environment of a Kangshu process that works in that home and no other."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KANGSHU_")}
    return kept | {"KANGSHU_HOME": str(home), "KANGSHU_LOG_LEVEL": "error"}


def prepare(cache: Path, size: int) -> Dataset:
    """The dataset of that size, loaded if it is not there yet. Killed half way, run it again."""
    home = cache / f"residents-{size}"
    mark = home / "loaded.json"
    if not mark.exists():
        home.mkdir(parents=True, exist_ok=True)
        mark.write_text(json.dumps(_load(home, size)))
    told = json.loads(mark.read_text())
    return Dataset(size, read_settings(environment(home)), told["resources"], told["seconds"])


def _load(home: Path, size: int) -> dict[str, float]:
    messages = home / "messages"
    if not (messages / "complete").exists():
        say(f"{size} residents: writing")
        messages.mkdir(exist_ok=True)
        _write(messages, size)
        (messages / "complete").touch()
    say(f"{size} residents: loading")
    start = time.perf_counter()
    run = subprocess.run(
        [KANGSHU, "load", messages, "--source", SOURCE, "--json"],
        env=environment(home),
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    seconds = time.perf_counter() - start
    shutil.rmtree(messages)
    counts = json.loads(run.stdout.splitlines()[-1])
    return {"resources": sum(counts["received"].values()), "seconds": round(seconds, 1)}


def _write(folder: Path, size: int) -> None:
    county = load_county(default_root() / "places" / "demo_county")
    chunks = residents(county, size, SEED, until=UNTIL)
    (folder / "000000.ndjson").write_bytes(next(chunks))
    for number in count(1):
        together = b"".join(islice(chunks, CHUNKS_PER_FILE))
        if not together:
            return
        (folder / f"{number:06}.ndjson").write_bytes(together)


def say(text: str) -> None:
    """Progress, apart from the table."""
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)
