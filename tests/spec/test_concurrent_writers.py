"""Many processes load and update the same resources: no update is lost, no quarrel reaches the caller."""

from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from kangshu.app.platform import Platform
from kangshu.domains.intake.change import Change
from kangshu.kernel.base.errors import Conflict
from kangshu.kernel.facts import feed
from tests.conftest import EVERYTHING, platform_on

WRITERS = 3
ROUNDS = 8
COUNTERS = ["a", "b", "c"]

Job = tuple[str, str, int]
"""(database, home, number of the writer)"""


def counter(id_: str, value: int) -> bytes:
    patient = {"resourceType": "Patient", "id": id_, "multipleBirthInteger": value}
    return json.dumps(patient).encode()


def increment(job: Job) -> int:
    """Count every counter up by `ROUNDS`, reading and writing with If-Match until it is heard."""
    url, home, number = job
    conflicts = 0
    with platform_on(url, Path(home)).closing() as platform:
        for turn in range(ROUNDS):
            # Each writer goes through the counters in another order.
            for id_ in COUNTERS[number % 3 :] + COUNTERS[: number % 3]:
                while not _increment_once(platform, id_):
                    conflicts += 1
            _bundle(platform, number, turn)
    return conflicts


def _increment_once(platform: Platform, id_: str) -> bool:
    fact = platform.reader(EVERYTHING).read("Patient", id_)
    value = json.loads(fact.body)["multipleBirthInteger"]
    body = counter(id_, value + 1)
    try:
        platform.writer(EVERYTHING).apply([Change("Patient", id_, body, fact.version)], raw=body)
    except Conflict:
        return False
    return True


def _bundle(platform: Platform, number: int, turn: int) -> None:
    """A message that touches what all writers touch, each in its own order."""
    ids = [f"shared-{n}" for n in range(6)]
    ids = ids[number:] + ids[:number]
    lines = [
        json.dumps({"resourceType": "Basic", "id": id_, "code": {"text": f"{number}-{turn}"}}).encode()
        for id_ in ids
    ]
    tally = platform.intake.receive(EVERYTHING, "H1", [b"\n".join(lines)], media="ndjson")
    assert not tally.quarantined


@pytest.fixture
def counted(platform: Platform, database_url: str, tmp_path: Path) -> list[int]:
    """Conflicts each writer saw, after all have finished."""
    writer = platform.writer(EVERYTHING)
    for id_ in COUNTERS:
        writer.apply([Change("Patient", id_, counter(id_, 0), 0)], raw=counter(id_, 0))
    jobs: list[Job] = [(database_url, str(tmp_path / f"writer{number}"), number) for number in range(WRITERS)]
    with ProcessPoolExecutor(WRITERS, mp_context=get_context("spawn")) as pool:
        return list(pool.map(increment, jobs))


def test_no_update_is_lost_and_the_feed_has_every_version(counted: list[int], platform: Platform):
    assert len(counted) == WRITERS
    reader = platform.reader(EVERYTHING)
    for id_ in COUNTERS:
        fact = reader.read("Patient", id_)
        assert json.loads(fact.body)["multipleBirthInteger"] == WRITERS * ROUNDS
        assert fact.version == WRITERS * ROUNDS + 1
    _versions_are_whole(reader)
    stored = {(f.type, f.id, f.version) for f in reader.history(count=100_000).facts}
    fed = _fed(platform)
    assert len(fed) == len(set(fed))
    assert set(fed) == stored


def _versions_are_whole(reader: Any) -> None:
    """Of each shared thing: versions without gaps, each closed when the next came, one current."""
    for number in range(6):
        history = reader.history(type="Basic", id=f"shared-{number}", count=1000).facts
        newest_first = sorted(history, key=lambda fact: fact.version, reverse=True)
        assert [f.version for f in newest_first] == list(range(len(newest_first), 0, -1))
        assert [f.superseded_at is None for f in newest_first] == [True] + [False] * (len(newest_first) - 1)


def _fed(platform: Platform) -> list[tuple[str, str, int]]:
    fed: list[tuple[str, str, int]] = []
    cursor = None
    while True:
        with platform.database.connection() as session:
            facts, cursor = feed.read(session, None, cursor, 50)
        fed += [(fact.type, fact.id, fact.version) for fact in facts]
        if len(facts) < 50:
            return fed
