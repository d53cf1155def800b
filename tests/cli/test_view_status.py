"""`kangshu view status`: how each kept view stands, for people and for scripts; and nothing is kept twice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.support.commands import call, kangshu, open_home


def states(home: Path) -> dict[str, Any]:
    told = call(home, "view", "status", "--json")
    assert told.returncode == 0, told.stderr
    return {row["view"]: row for row in map(json.loads, told.stdout.splitlines())}


def test_what_was_kept_stays_as_it_is_over_processes(patients: Path) -> None:
    with open_home() as home:
        assert kangshu(home, "migrate").returncode == 0
        assert kangshu(home, "load", str(patients), "--source", "H44099900001").returncode == 0
        assert states(home)["patient"]["state"] == ""
        assert kangshu(home, "lake", "refresh").returncode == 0
        first = states(home)["fhir_patient"]
        assert (first["rows"], first["state"], first["problem"]) == (3, "current", "")
        assert kangshu(home, "lake", "refresh").returncode == 0
        assert states(home)["fhir_patient"] == first
        told = call(home, "view", "status")
        assert "fhir_patient" in told.stdout
