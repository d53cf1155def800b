"""Whatever a command is called with, it says what is wrong and what to do; never a traceback."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kangshu.interfaces.cli.main import app
from tests.support.commands import open_home


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    with open_home() as made:
        yield made


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("indicator compute xinyi nosuch", "There are life_expectancy|There are blood_donation"),
        ("indicator compute xinyi smoking --county 99", "a code of six digits"),
        ("indicator compute xinyi smoking --on 9999-12-31", "years 1900 to 2199"),
        ("indicator explain xinyi tertiary_stay --period 2025Q1 --token x", "counted by the year"),
        ("indicator explain xinyi tertiary_stay --period 20x5 --token x", "Write 2025, 2025Q3 or 2025-07"),
        ("indicator export xinyi smoking --out {home}/nowhere/x.csv", "nowhere/x.csv: No such file"),
        ("indicator export xinyi smoking --out {home}", "no form that is known"),
        ("plan report xinyi plan_2025 --on 9999-12-31", "years 1900 to 2199"),
        ("plan report xinyi plan_2025 --kind weekly", "There are yearly, midterm, final"),
        ("plan report xinyi plan_2025 --kind final", "Name the file with --out"),
        ("plan publish xinyi smoking", "behind them the period"),
        ("map import {home}/sevens.geojson --county 440983", r"features\[0\]: must be a Feature"),
        ("demo-city --until 9999-12-31 --out {home}/city", "Ask for the years 1950 to 2199"),
        ("demo-city --until 0001-01-01 --out {home}/city", "Ask for the years 1950 to 2199"),
        ("map import {home}/sevens.geojson --county x", "a code of six digits"),
        ("view check {home}/half.json", "half.json is not JSON: line 1, column 2. Correct it there"),
        ("pack check nowhere", "There is no pack nowhere"),
    ],
)
def test_a_wrong_call_is_told(home: Path, monkeypatch: pytest.MonkeyPatch, call: str, said: str) -> None:
    home.mkdir(exist_ok=True)
    (home / "sevens.geojson").write_text('{"type": "FeatureCollection", "features": [7]}', "utf-8")
    (home / "half.json").write_text("{", "utf-8")
    monkeypatch.setenv("KANGSHU_HOME", str(home))
    done = CliRunner().invoke(app, shlex.split(call.format(home=home)))
    assert isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code == 2, done.output
    assert re.search(said, " ".join(done.output.split()))


def test_views_that_are_not_there_and_places_to_write_that_are_none(home: Path, monkeypatch) -> None:
    monkeypatch.setenv("KANGSHU_HOME", str(home))
    call = CliRunner().invoke
    monkeypatch.setenv("KANGSHU_TOKEN", call(app, ["token", "--client", "a"]).output.strip())
    missing = call(app, ["view", "run", "nothing"])
    assert (missing.exit_code, "`kangshu view list` names the views" in missing.output) == (2, True)
    nowhere = call(app, ["view", "run", "patient", "--out", f"{home}/nowhere/x.csv", "--format", "csv"])
    assert nowhere.exit_code == 2
    assert "nowhere/x.csv: No such file or directory" in "".join(nowhere.output.splitlines())
