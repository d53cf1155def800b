"""`kangshu simulate` against a real listener, a folder, and nobody."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kangshu.app.platform import Platform
from kangshu.interfaces.cli.main import app
from tests.support.commands import COMMAND, environment
from tests.support.emptied import kept_platform, platform
from tests.support.mllp import listening

__all__ = ["kept_platform", "platform"]

pytestmark = pytest.mark.timeout(120)
MATERNAL = "H44099900003"
PLAN = ["--residents", "90", "--days", "900", "--until", "2025-12-31", "--json"]


def simulate(*arguments: str) -> tuple[int, dict[str, Any]]:
    told = CliRunner().invoke(app, ["simulate", *arguments, *PLAN])
    lines = told.stdout.strip().splitlines()
    return told.exit_code, json.loads(lines[-1]) if lines else {}


def _count(platform: Platform, statement: str) -> int:
    with platform.database.connection() as session:
        return (session.execute(statement.encode()).fetchone() or (0,))[0]


def test_what_is_sent_by_mllp_is_answered_and_stored_and_again_nothing_changes(platform: Platform) -> None:
    with listening(platform, source=None) as up:
        to = ["--institution", MATERNAL, "--to", f"127.0.0.1:{up.port}"]
        code, told = simulate(*to)
        assert code == 0
        assert told["answers"] == {"hl7v2": {"AA": told["sent"]}}
        up.drain()
        assert _count(platform, "SELECT count(*) FROM message") == told["sent"] > 20
        assert _count(platform, "SELECT count(*) FROM quarantine") == 0
        facts = _count(platform, "SELECT count(*) FROM fact")
        assert simulate(*to) == (0, told)
        up.drain()
        assert _count(platform, "SELECT count(*) FROM fact") == facts > 100


def test_faults_are_answered_by_what_they_are(platform: Platform) -> None:
    with listening(platform, source=None) as up:
        code, told = simulate(
            "--institution", MATERNAL, "--faults", "0.5", "--to", f"127.0.0.1:{up.port}"
        )  # fmt: skip
        up.drain()
        answers, faults = told["answers"]["hl7v2"], told["faults"]
        assert code == 0
        assert answers["AR"] == faults["wrong_charset"]
        assert answers["AE"] >= faults["missing_patient_id"]
        assert sum(answers.values()) == told["sent"]
        assert _count(platform, "SELECT count(*) FROM quarantine") >= answers["AE"] + answers["AR"]


def test_a_folder_gets_the_same_files_for_the_same_seed(tmp_path: Path) -> None:
    made = []
    for name in ("one", "two"):
        simulate("--institution", "all", "--faults", "0.2", "--to", str(tmp_path / name))
        below = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        made.append({str(path.relative_to(tmp_path / name)): path.read_bytes() for path in below})
    assert made[0] == made[1]
    assert {name.split("/")[0] for name in made[0]} == {"hl7v2", "cda", "fhir"}


def test_who_does_not_answer_is_told(tmp_path: Path) -> None:
    code, told = simulate("--institution", MATERNAL, "--to", "127.0.0.1:9")
    assert (code, told) == (1, {})
    assert simulate("--institution", "H0", "--to", str(tmp_path))[0] == 2
    assert simulate("--format", "fax", "--to", str(tmp_path))[0] == 2
    assert simulate("--institution", MATERNAL, "--format", "cda", "--to", "127.0.0.1:9")[0] == 2


def test_it_stops_at_an_interrupt_and_says_what_was_sent(tmp_path: Path) -> None:
    arguments = ["simulate", "--institution", MATERNAL, "--rate", "5", "--to", str(tmp_path / "out"), *PLAN]
    process = subprocess.Popen([*COMMAND, *arguments], env=environment(tmp_path), stdout=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not list(tmp_path.rglob("*.hl7")) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGINT)
    printed, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert json.loads(printed.splitlines()[-1])["sent"] == len(list(tmp_path.rglob("*.hl7"))) > 0
