"""Kill −9 while views and tallies are refreshed, or small files joined: nobody ever reads half of it."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from kangshu.app.settings import Settings
from kangshu.app.wiring import build
from kangshu.kernel.lake.engine import engine, listed
from kangshu.kernel.lake.store import Lake
from kangshu.kernel.packs.find import default_root
from tests.support.commands import COMMAND, environment, kangshu, open_home

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]

SOURCE = "SYNTHEA"
BATCHES, KILLS = 3, 4
Rows = dict[str, list[tuple[Any, ...]]]


def rows_of(home: Path) -> Rows:
    """What a reader finds in everything that is made; times of this run left out."""
    lake = Lake(str(home / "lake"), home / "scratch")
    found: Rows = {}
    for table in lake.tables():
        if not table.name.startswith(("view_", "tally_", "fact_of_")):
            continue
        with engine() as work:
            lake.offer(work, "made", table.name)
            own = [name for name in work.names("FROM made") if name not in _OF_A_RUN]
            found[table.name] = work.rows(f"SELECT {listed(own)} FROM made ORDER BY ALL")
    return found


_OF_A_RUN = {"tx", "_tx", "message", "recorded", "_recorded", "person", "_person", "patient"}


def batches(testdata: Path) -> list[list[Path]]:
    files = sorted((testdata / "synthea" / "small").glob("*.json"))
    return [files[number::BATCHES] for number in range(BATCHES)]


def load(home: Path, files: list[Path]) -> None:
    done = kangshu(home, "load", *map(str, files), "--source", SOURCE)
    assert done.returncode in (0, 1), done.stderr


def refreshed(home: Path) -> None:
    done = kangshu(home, "lake", "refresh")
    assert done.returncode == 0, done.stderr


def ask_for_patients(home: Path) -> None:
    """From now on the view of patients is kept over everything."""
    with build(Settings(home=home, packs=default_root())).closing() as platform:
        platform.views.refresh(also=["patient"])


def kill_some(home: Path, command: list[str], chance: random.Random, most: float) -> int:
    killed = 0
    for _ in range(KILLS):
        process = subprocess.Popen(
            [*COMMAND, *command], env=environment(home), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(chance.uniform(0.8, most))
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            killed += 1
        process.wait(60)
    return killed


def test_nobody_reads_half_and_the_next_run_finishes(testdata: Path) -> None:
    chance = random.Random(5)
    with open_home() as home:
        killed, before = 0, Rows()
        for files in batches(testdata):
            load(home, files)
            killed += kill_some(home, ["lake", "refresh"], chance, 4.0)
            between = rows_of(home)
            refreshed(home)
            after = rows_of(home)
            # Each table was as before or as after, never anything between.
            for table, rows in between.items():
                if not table.startswith("fact_of_"):
                    assert rows in (before.get(table, []), after[table]), table
            if not before:
                ask_for_patients(home)
                after = rows_of(home)
            assert after["view_patient"] != before.get("view_patient", [])
            killed += kill_some(home, ["lake", "tidy"], chance, 2.0)
            assert rows_of(home) == after
            before = after
        assert killed
        for command in (["lake", "tidy"], ["lake", "rebuild"]):
            done = kangshu(home, *command)
            assert done.returncode == 0, done.stderr
            assert rows_of(home) == before
