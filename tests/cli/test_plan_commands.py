"""`kangshu plan`: what is entered, published and reported from the command line."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.commands import call

SMOKING = ("plan", "enter", "xinyi", "smoking", "2023")
PROVEN = ("--source", "吸烟监测", "--evidence", "第 3 页")


def lines(home: Path, *arguments: str) -> list[dict[str, object]]:
    done = call(home, "plan", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_value_goes_its_way_from_entry_to_restatement(installed: Path, tmp_path: Path) -> None:
    done = call(installed, *SMOKING, "--value", "121", "--source", "吸烟监测")
    assert done.returncode == 2
    assert "evidence: is missing" in done.stderr
    assert "value: must be 100 or less" in done.stderr
    assert "Traceback" not in done.stderr

    assert call(installed, *SMOKING, "--value", "21.3", *PROVEN).returncode == 0
    [row] = [each for each in lines(installed, "report", "xinyi", "plan_2025") if each["no"] == "9"]
    assert (row["value"], row["period"]) == ("21.3", "2023")

    assert call(installed, "plan", "publish", "xinyi", "smoking", "2023").returncode == 0
    assert call(installed, "plan", "publish", "xinyi", "smoking", "2023").returncode == 2
    assert call(installed, *SMOKING, "--value", "20.8", *PROVEN).returncode == 0
    [issue] = lines(installed, "published", "xinyi")
    assert (issue["published"], issue["now"], issue["redefined"]) == ("21.3", "20.8", False)

    path = tmp_path / "report.json"
    at = ("plan", "report", "xinyi", "plan_2025", "--year", "2023", "--out")
    assert call(installed, *at, str(path)).returncode == 0
    told = {each["indicator"]: each for each in json.loads(path.read_text("utf-8"))["rows"]}
    assert told["smoking"]["value"] == "20.8"
    assert call(installed, *at, str(tmp_path / "report.exe")).returncode == 2
    assert call(installed, *at, str(path), "--kind", "weekly").returncode == 2


def test_progress_of_a_project_is_entered_and_shown(installed: Path) -> None:
    entered = ("plan", "progress", "xinyi", "1", "2023-12-31", "--paid", "9000", "--work", "30", *PROVEN)
    assert call(installed, *entered).returncode == 0
    [first, *_] = lines(installed, "projects", "xinyi")
    assert (first["paid"], first["spent"], first["work"]) == ("9000", "26.4", "30")
    assert call(installed, "plan", "progress", "xinyi", "99", "2023-12-31", *PROVEN).returncode == 2
