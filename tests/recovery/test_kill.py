"""Kill −9 at random moments: after starting again nothing is lost and nothing is doubled.

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
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

from kangshu.app.settings import Settings
from kangshu.app.wiring import build
from kangshu.domains.identity.resident_id import check_digit
from kangshu.kernel.packs.find import default_root
from tests.support.commands import (
    COMMAND,
    Serving,
    end,
    environment,
    kangshu,
    last_line,
    open_home,
    start_server,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]

SOURCE = "H44099900001"
RESIDENT_ID = "urn:oid:2.16.156.10011.1.3"
FILES = 500
PEOPLE = 400
"""Fewer than files: the last ones are second records of the first people."""

Json = dict[str, Any]


def _id_number(number: int) -> str:
    body = f"440999{1950 + number % 50}0101{number % 1000:03}"
    return body + check_digit(body)


def _resources(number: int) -> list[Json]:
    """Patient `number` and ten observations that refer to it."""
    keys = [{"system": RESIDENT_ID, "value": _id_number(number % PEOPLE)}]
    patient = {"resourceType": "Patient", "id": f"p{number}", "identifier": keys}
    subject = {"reference": f"Patient/p{number}"}
    return [
        *[
            {"resourceType": "Observation", "id": f"o{number}-{n}", "status": "final",
             "code": {"text": "x"}, "subject": subject, "valueQuantity": {"value": n}}
            for n in range(10)
        ],
        patient,
    ]  # fmt: skip


def _message(number: int) -> bytes:
    entries = [{"resource": resource} for resource in _resources(number)]
    return json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries}).encode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(FILES):
        (tmp_path / f"{number:04}.json").write_bytes(_message(number))
    return tmp_path


@pytest.fixture
def home() -> Iterator[Path]:
    with open_home() as made:
        yield made


def _expect(home: Path, numbers: range) -> None:
    """Exactly what a plain count of the resources sent gives, each once, each in its first version."""
    sent = [resource for number in numbers for resource in _resources(number)]
    expected = {(resource["resourceType"], resource["id"]) for resource in sent}
    keys = {resource["identifier"][0]["value"] for resource in sent if resource["resourceType"] == "Patient"}
    with build(Settings(home=home, packs=default_root())).closing() as platform:
        platform.intake.resume()
        with platform.database.connection() as session:
            rows = session.execute("SELECT type, id, version, person FROM fact").fetchall()
            (persons,) = session.execute("SELECT count(*) FROM person").fetchone() or (0,)
            held = session.execute("SELECT system, count(*) FROM person_key GROUP BY 1").fetchall()
        assert Counter((type, id) for type, id, _, _ in rows) == Counter(expected)
        assert {version for _, _, version, _ in rows} == {1}
        assert persons == len({person for _, _, _, person in rows}) == len(keys)
        assert dict(held) == {"address": len(numbers), "resident-id": len(keys)}
        assert platform.operating_figures().unfinished == 0
        assert platform.operating_figures().quarantined == 0
        assert not platform.access_log.verify().problems


def _programs(home: Path) -> list[int]:
    """Our own processes that belong to this home; the database server is not one of them."""
    wanted = f"KANGSHU_HOME={home}".encode()
    found: list[int] = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            ours = wanted in (process / "environ").read_bytes().split(b"\0")
            if ours and b"postgres" not in (process / "cmdline").read_bytes().split(b"\0")[0]:
                found.append(int(process.name))
        except OSError:
            continue
    return found


def _gone(home: Path) -> bool:
    deadline = time.monotonic() + 20
    while _programs(home) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not _programs(home)


def _start_load(home: Path, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*COMMAND, "load", str(folder), "--source", SOURCE, "--processes", "2"],
        env=environment(home),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def test_a_load_that_is_killed_again_and_again_loses_and_doubles_nothing(home: Path, folder: Path) -> None:
    chance = random.Random(20261122)
    for _ in range(12):
        load = _start_load(home, folder)
        time.sleep(chance.uniform(0.3, 7))
        workers = [number for number in _programs(home) if number != load.pid]
        victim = chance.choice([load.pid, *workers])
        with suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
        load.wait(120)
        assert _gone(home), "a worker outlives its parent"
    done = kangshu(home, "load", folder, "--source", SOURCE, "--json")
    assert done.returncode == 0, done.stderr
    assert sum(json.loads(last_line(done))["received"].values()) == FILES * 11
    _expect(home, range(FILES))


def test_a_killed_database_recovers_with_the_next_start(home: Path, folder: Path) -> None:
    load = _start_load(home, folder)
    mark = home / "postgres" / "postmaster.pid"
    while not (mark.exists() and len(_programs(home)) > 2):
        time.sleep(0.1)
    time.sleep(1.5)
    os.kill(int(mark.read_text().splitlines()[0]), signal.SIGKILL)
    assert load.wait(300) in (0, 1)
    assert _gone(home)
    done = kangshu(home, "load", folder, "--source", SOURCE)
    assert done.returncode == 0, done.stderr
    _expect(home, range(FILES))


def test_the_database_server_ends_with_its_last_user_also_after_kills(home: Path, folder: Path) -> None:
    server = start_server(home)
    port = int(server.address.rpartition(":")[2])
    end(server.process, signal.SIGKILL)
    assert (home / "postgres" / "postmaster.pid").exists()
    again = start_server(home, port=port)
    assert kangshu(home, "load", folder / "0000.json", "--source", SOURCE).returncode == 0
    assert (home / "postgres" / "postmaster.pid").exists(), "the server still uses it"
    assert end(again.process) == 0
    assert not (home / "postgres" / "postmaster.pid").exists()


class _Sender(threading.Thread):
    """Sends what is left to send, single writes and messages in turn, and notes what was acknowledged."""

    def __init__(self, server: Serving, token: str, numbers: Iterator[int], done: set[int]) -> None:
        super().__init__(daemon=True)
        self._server, self._token, self._numbers, self._done = server, token, numbers, done

    def run(self) -> None:
        for number in self._numbers:
            try:
                self._send(number)
            except (URLError, OSError):
                return
            self._done.add(number)

    def _send(self, number: int) -> None:
        if number % 2:
            self._ask("POST", f"/intake/fhir?source={SOURCE}", _message(number))
            return
        for resource in _resources(number)[::-1]:
            address = f"/fhir/{resource['resourceType']}/{resource['id']}"
            self._ask("PUT", address, json.dumps(resource).encode())

    def _ask(self, method: str, path: str, body: bytes) -> None:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/fhir+json"}
        request = Request(self._server.address + path, body, headers, method=method)
        with urlopen(request, timeout=30) as answer:
            assert answer.status in (200, 201)


def test_a_server_that_is_killed_again_and_again_keeps_what_it_acknowledged(home: Path) -> None:
    chance = random.Random(4)
    numbers = range(240)
    kangshu(home, "migrate")
    scope = ("--scope", "system/*.cruds", "--org", SOURCE)
    token = kangshu(home, "token", "--client", "test", *scope).stdout.strip()
    acknowledged: set[int] = set()
    for _ in range(8):
        server = start_server(home)
        left = iter(sorted(set(numbers) - acknowledged))
        guarded = _Guarded(left)
        senders = [_Sender(server, token, guarded, acknowledged) for _ in range(3)]
        for sender in senders:
            sender.start()
        time.sleep(chance.uniform(0.1, 2))
        end(server.process, signal.SIGKILL)
        for sender in senders:
            sender.join(60)
        _are_kept(home, sorted(acknowledged))
    server = start_server(home)
    _Sender(server, token, iter(numbers), acknowledged).run()
    assert acknowledged == set(numbers)
    assert end(server.process) == 0
    _expect(home, numbers)


class _Guarded:
    """Numbers that several threads take from."""

    def __init__(self, numbers: Iterator[int]) -> None:
        self._numbers, self._lock = numbers, threading.Lock()

    def __iter__(self) -> Iterator[int]:
        return self

    def __next__(self) -> int:
        with self._lock:
            return next(self._numbers)


def _are_kept(home: Path, numbers: list[int]) -> None:
    expected = {(r["resourceType"], r["id"]) for number in numbers for r in _resources(number)}
    with build(Settings(home=home, packs=default_root())).closing() as platform:
        with platform.database.connection() as session:
            rows = session.execute("SELECT type, id FROM fact").fetchall()
        assert expected <= set(rows)
        assert len(rows) == len(set(rows))
