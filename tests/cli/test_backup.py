"""A backup, restored into an empty place, is the same platform."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from kangshu.app.settings import Settings
from kangshu.app.wiring import build
from kangshu.kernel.packs.find import default_root
from tests.support.commands import kangshu, open_home, serving

pytestmark = pytest.mark.slow

SEARCHES = ("Patient?_count=100", "Patient?gender=female", "Observation?_count=100", "Patient?name=zhang")


@pytest.fixture
def filled(home: Path, tmp_path: Path) -> Path:
    """An installation with patients, an update, something in quarantine, a doubt, and entries in the log."""
    lines: list[dict[str, Any]] = [
        {"resourceType": "Patient", "id": f"p{n}", "gender": "female", "name": [{"family": "Zhang"}]}
        for n in range(20)
    ]
    lines += [
        {"resourceType": "Observation", "id": f"o{n}", "status": "final", "code": {"text": "x"},
         "valueQuantity": {"value": 1.5}, "subject": {"reference": f"Patient/p{n}"}}
        for n in range(20)
    ]  # fmt: skip
    lines += [{**lines[0], "gender": "male"}, {"resourceType": "Patient", "birthDate": "x"}]
    (tmp_path / "a.ndjson").write_text("\n".join(map(json.dumps, lines)))
    assert kangshu(home, "load", tmp_path / "a.ndjson", "--source", "H44099900001").returncode == 1
    return home


def answers(home: Path, token: str) -> list[Any]:
    found: list[Any] = []
    with serving(home) as server:
        for search in SEARCHES:
            request = Request(f"{server.address}/fhir/{search}", headers={"Authorization": f"Bearer {token}"})
            with urlopen(request, timeout=30) as answer:
                bundle = json.load(answer)
            found.append((bundle.get("total"), [entry["resource"] for entry in bundle["entry"]]))
        history = Request(
            f"{server.address}/fhir/Patient/p0/_history", headers={"Authorization": f"Bearer {token}"}
        )
        with urlopen(history, timeout=30) as answer:
            found.append([entry["resource"] for entry in json.load(answer)["entry"]])
    return found


def epoch(home: Path) -> int:
    with (
        build(Settings(home=home, packs=default_root())).closing() as platform,
        platform.database.connection() as session,
    ):
        row = session.execute("SELECT epoch FROM feed_epoch").fetchone()
        assert row is not None
        return row[0]


def test_a_restored_platform_answers_the_same(filled: Path, tmp_path: Path) -> None:
    token = kangshu(filled, "token", "--client", "test").stdout.strip()
    before = answers(filled, token)
    assert len(before[0][1]) == 20
    file = tmp_path / "kangshu.backup"
    made = kangshu(filled, "backup", file)
    assert made.returncode == 0, made.stderr
    assert file.stat().st_mode & 0o077 == 0
    with open_home() as place:
        done = kangshu(place, "restore", file)
        assert done.returncode == 0, done.stderr
        assert answers(place, token) == before
        assert kangshu(place, "audit", "verify").returncode == 0
        assert len(kangshu(place, "quarantine", "list", "--json").stdout.splitlines()) == 1
        again = kangshu(place, "load", tmp_path / "a.ndjson", "--source", "H44099900001", "--json")
        assert json.loads(again.stdout.splitlines()[-1])["stored"] == {}
        occupied = kangshu(place, "restore", file)
        assert occupied.returncode == 2
        assert "Traceback" not in occupied.stderr
        assert epoch(place) == epoch(filled) + 1


def test_a_damaged_backup_is_refused_and_changes_nothing(filled: Path, tmp_path: Path) -> None:
    file = tmp_path / "kangshu.backup"
    kangshu(filled, "backup", file)
    whole = file.read_bytes()
    middle = len(whole) // 2
    damaged = {
        "cut": whole[:middle],
        "flipped": whole[:middle] + bytes([whole[middle] ^ 0xFF]) + whole[middle + 1 :],
        "empty": b"",
        "nonsense": b"nonsense" * 1000,
    }
    with open_home() as place:
        for name, content in damaged.items():
            (tmp_path / name).write_bytes(content)
            done = kangshu(place, "restore", tmp_path / name)
            assert done.returncode == 2, (name, done.stderr)
            assert "Traceback" not in done.stderr
        assert kangshu(place, "restore", tmp_path / "missing").returncode == 2
        # The place is as empty as before: the whole backup goes in.
        assert kangshu(place, "restore", file).returncode == 0
