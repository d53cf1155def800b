"""Kill −9 while senders that resend what was not acknowledged are at it: nothing lost, nothing doubled.

The moments come from a fixed seed; what they hit differs from run to run, the promise does not.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from kangshu.app.settings import Settings
from kangshu.app.wiring import build
from kangshu.kernel.packs.find import default_root
from tests.support.commands import COMMAND, end, environment, kangshu, open_home
from tests.support.hl7 import message
from tests.support.mllp import Sender, verdict

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SOURCE = "H44099900001"
SENDERS = 4
EACH = 400
STATES = 4
"""Messages about each patient: what the last one says is what must be current."""


def _message(sender: int, number: int) -> bytes:
    patient = f"{sender}-{number // STATES}"
    return message(
        f"PID|1||{patient}^^^HIS^MR||王^{number}",
        f"OBX|1|NM|718-7^Hb^LN|{number}|{number}|g/L|||||F",
        kind="ADT^A08",
        control=f"{sender}.{number}",
    )


class _Hospital(threading.Thread):
    """Sends its messages in order, the next when the last is acknowledged; starts again where it was."""

    def __init__(self, port: int, sender: int, done: list[int]) -> None:
        super().__init__(daemon=True)
        self._port, self._sender, self._done = port, sender, done

    def run(self) -> None:
        with suppress(OSError), Sender(self._port) as sender:
            while len(self._done) < EACH:
                number = len(self._done)
                sender.send(_message(self._sender, number))
                if verdict(sender.answer()) != f"AA {self._sender}.{number}":
                    return
                self._done.append(number)


def _listen(home: Path) -> tuple[subprocess.Popen[str], int]:
    with (home / "mllp.log").open("ab") as log:
        process = subprocess.Popen(
            [*COMMAND, "mllp", "--port", "0", "--source", SOURCE, "--workers", "2"],
            env=environment(home),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    assert process.stdout is not None
    with process.stdout:
        line = process.stdout.readline()
    assert line, (home / "mllp.log").read_text()[-2000:]
    return process, int(line.rsplit(":", 1)[1])


def _workers(process: subprocess.Popen[str]) -> list[int]:
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


def test_a_listener_that_is_killed_again_and_again_loses_and_doubles_nothing() -> None:
    chance = random.Random(20261124)
    done: list[list[int]] = [[] for _ in range(SENDERS)]
    with open_home() as home:
        assert kangshu(home, "migrate").returncode == 0
        for turn in range(8):
            process, port = _listen(home)
            senders = [_Hospital(port, number, done[number]) for number in range(SENDERS)]
            for sender in senders:
                sender.start()
            time.sleep(chance.uniform(0.1, 2.5))
            workers = _workers(process)
            if turn % 3 == 2 and workers:
                # A worker only: the listener goes on with another one.
                with suppress(ProcessLookupError):
                    os.kill(chance.choice(workers), signal.SIGKILL)
                time.sleep(chance.uniform(0.5, 3))
            end(process, signal.SIGKILL)
            for sender in senders:
                sender.join(30)
        process, port = _listen(home)
        for number in range(SENDERS):
            _Hospital(port, number, done[number]).run()
        assert [len(each) for each in done] == [EACH] * SENDERS
        _expect(home)
        assert end(process) == 0


def _expect(home: Path) -> None:
    with build(Settings(home=home, packs=default_root())).closing() as platform:
        deadline = time.monotonic() + 120
        while platform.operating_figures().unfinished and time.monotonic() < deadline:
            time.sleep(0.2)
        assert platform.operating_figures().unfinished == 0
        assert platform.operating_figures().quarantined == 0
        with platform.database.connection() as session:
            (kept,) = session.execute("SELECT count(*) FROM message").fetchone() or (0,)
            rows = session.execute(
                "SELECT type, id, version, body FROM fact ORDER BY type, id, version"
            ).fetchall()
    assert kept == SENDERS * EACH
    observations = [row for row in rows if row[0] == "Observation"]
    assert len({row[1] for row in observations}) == len(observations) == SENDERS * EACH
    patients = [row for row in rows if row[0] == "Patient"]
    versions = Counter(row[1] for row in patients)
    assert set(versions.values()) == {STATES}
    for row in patients:
        # Versions in the order of the messages, each once.
        assert int(json.loads(row[3])["name"][0]["given"][0]) % STATES == row[2] - 1
