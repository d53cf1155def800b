"""Kill −9 while tables land: after starting again nothing is lost and nothing is doubled."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from datetime import date
from pathlib import Path

import pytest

from kangshu.domains.synthetic.deliveries import Order, write_zip
from kangshu.kernel.lake.engine import engine
from kangshu.kernel.lake.store import Lake
from kangshu.kernel.packs.find import default_root
from tests.support.commands import COMMAND, environment, kangshu, last_line, open_home

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]

SOURCE = "H44099900001"
ROOT = default_root()
CASES, LINES, KILLS = 400, 50, 8


def delivery(path: Path, first: int) -> None:
    order = Order(
        seed=3, org=SOURCE, org_name="x", division="440999", cases=CASES, lines=LINES, first_case=first,
        until=date(2026, 3, 20), spread=10, delay=3, sent=date(2026, 3, 24), faults=0.05,
    )  # fmt: skip
    functions = (ROOT / "standards" / "cn_identifiers" / "functions.sql").read_text("utf-8")
    write_zip(order, ROOT / "places" / "demo_county", functions, path)


def counted(home: Path) -> dict[str, tuple[int, int]]:
    """Table -> (rows, different things)."""
    keys = {"setlinfo": "setl_id", "feedetail": "feedetl_sn", "delivery": "(_message, model)"}
    keys["finding"] = "(_message, model, rule, number, part, row, field)"
    lake = Lake(str(home / "lake"), home / "scratch")
    found: dict[str, tuple[int, int]] = {}
    with engine() as work:
        for table, key in keys.items():
            if lake.offer(work, table, table):
                found[table] = work.rows(f"SELECT count(*), count(DISTINCT {key}) FROM {table}")[0]
    return found


def land(home: Path, path: Path) -> list[str]:
    return [*COMMAND, "land", str(path), "--feed", "settlement_list", "--source", SOURCE, "--json"]


def test_nothing_lost_and_nothing_doubled(tmp_path: Path) -> None:
    chance = random.Random(11)
    path = tmp_path / "lists.zip"
    delivery(path, 1)
    with open_home() as calm:
        done = kangshu(calm, *land(calm, path)[len(COMMAND) :])
        expected, tally = counted(calm), json.loads(last_line(done))
    assert tally["stored"]["FeeLine"] == CASES * LINES
    with open_home() as home:
        kangshu(home, "migrate")
        killed = 0
        for _ in range(KILLS):
            process = subprocess.Popen(
                land(home, path), env=environment(home), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            time.sleep(chance.uniform(0.3, 3.0))
            if process.poll() is None:
                os.kill(process.pid, signal.SIGKILL)
                killed += 1
            process.wait(60)
        last = kangshu(home, *land(home, path)[len(COMMAND) :])
        assert last.returncode == 1, last.stderr
        assert killed
        assert counted(home) == expected
        quarantined = kangshu(home, "quarantine", "list", "--json", "--limit", "1000").stdout.splitlines()
        assert len(quarantined) == tally["quarantined"]["SettlementList"]
    for rows, things in expected.values():
        assert rows == things
