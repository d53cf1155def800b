"""A backup, restored into an empty place, is the same platform."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from kangshu.app.settings import Settings
from kangshu.app.wiring import build
from kangshu.kernel.lake.engine import engine
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
    assert land(home, tmp_path / "visits.csv", visits_of(range(30))) == {"OutpatientVisit": 30}
    return home


def visits_of(numbers: range) -> str:
    head = "visit_no,fixmedins_code,visit_time,gend,brdy,patn_cert_type,certno,diag_code,dr_code"
    row = "H44099900001,2026-03-30 09:00:00,1,1985-03-15,01,44090219850315001X,I10.x00x002,D440999000001"
    return "\n".join([head, *(f"V{number},{row}" for number in numbers)]) + "\n"


def land(home: Path, path: Path, text: str) -> Any:
    """How many rows of a file of visits are new to the lake."""
    path.write_text(text, "utf-8")
    done = kangshu(home, "land", path, "--feed", "outpatient_visit", "--source", "H44099900001", "--json")
    return json.loads(done.stdout.splitlines()[-1])["stored"]


def visits(home: Path) -> list[Any]:
    """What the lake holds of them."""
    with build(Settings(home=home, packs=default_root())).closing() as platform, engine() as work:
        platform.tables.lake.offer(work, "found", "outpatient_visit")
        return work.rows("SELECT * FROM found ORDER BY ALL")


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
        assert len(visits(place)) == 30
        assert visits(place) == visits(filled)
        more = visits_of(range(20, 40))
        assert land(place, tmp_path / "more.csv", more) == {"OutpatientVisit": 10}


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
