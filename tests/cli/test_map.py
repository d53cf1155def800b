"""Boundaries handed in on the command line are there for the portal, without a database."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kangshu.app.maps import Maps
from kangshu.interfaces.cli.main import app

SQUARE = [[110, 22], [111, 22], [111, 23], [110, 22]]


@pytest.fixture
def towns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KANGSHU_HOME", str(tmp_path / "home"))
    path = tmp_path / "towns.geojson"
    feature = {"properties": {"XZ": "合水镇"}, "geometry": {"type": "Polygon", "coordinates": [SQUARE]}}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), "utf-8")
    return path


def run(*arguments: str | Path) -> tuple[int, str]:
    done = CliRunner().invoke(app, [str(each) for each in arguments])
    return done.exit_code, done.output


def test_boundaries_are_imported_and_removed(towns: Path, tmp_path: Path) -> None:
    code, told = run("map", "import", towns, "--county", "440983", "--name", "XZ")
    assert code == 0
    assert "合水镇" in told
    maps = Maps(tmp_path / "home" / "maps")
    assert [each.name for each in getattr(maps.find("440983"), "shapes", ())] == ["合水镇"]
    assert run("map", "remove", "--county", "440983")[0] == 0
    assert maps.find("440983") is None
    assert run("map", "remove", "--county", "440983")[0] != 0


def test_what_is_wrong_is_said_and_nothing_is_kept(towns: Path, tmp_path: Path) -> None:
    code, told = run("map", "import", towns, "--county", "440983")
    assert code != 0
    assert "has no name" in told
    assert not (tmp_path / "home" / "maps").exists()
    assert run("map", "import", towns, "--county", "../x")[0] != 0
