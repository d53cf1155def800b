"""Loading: much by worker processes, of which nothing goes on when it returns; little without any."""

from __future__ import annotations

import json
import threading
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from kangshu.app.loading import GROUP_FILES, load
from kangshu.app.platform import Platform
from tests.conftest import platform_on
from tests.support.databases import Databases


def _patients(folder: Path, number: int) -> list[Path]:
    paths = [folder / f"patient-{n}.json" for n in range(number)]
    for path in paths:
        path.write_text(json.dumps({"resourceType": "Patient", "id": path.stem}))
    return paths


def test_no_thread_of_the_pool_is_left_when_loading_returns(databases: Databases, tmp_path: Path) -> None:
    url = databases.new()
    paths = _patients(tmp_path, GROUP_FILES + 1)
    before = set(threading.enumerate())
    with platform_on(url, tmp_path / "home").closing() as made:
        files = {"H44099900001": paths}
        started = set(threading.enumerate()) - before
        loaded = load(made, files, lambda done, of: None, processes=1)
        left = {
            each
            for each in set(threading.enumerate()) - before - started
            if "Executor" in type(each).__name__
        }
        assert loaded.tally.stored == {"Patient": GROUP_FILES + 1}
        assert not left
    databases.drop(url)


def test_what_fills_no_group_is_loaded_without_worker_processes(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(_: BaseProcess) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(BaseProcess, "start", start)
    told: list[tuple[int, int]] = []
    files = {"H44099900001": _patients(tmp_path, 3)}
    loaded = load(platform, files, lambda done, of: told.append((done, of)))
    assert (loaded.files, loaded.tally.stored, told) == (3, {"Patient": 3}, [(3, 3)])
    assert load(platform, files, lambda done, of: None).tally.unchanged == {"Patient": 3}
    with pytest.raises(AssertionError, match="a process was started"):
        load(platform, {"H44099900001": _patients(tmp_path, GROUP_FILES + 1)}, lambda done, of: None)
