"""Loading by worker processes: when it returns, nothing of it goes on."""

from __future__ import annotations

import json
import threading
from pathlib import Path

from kangshu.app.loading import load
from tests.conftest import platform_on
from tests.support.databases import Databases


def test_no_thread_of_the_pool_is_left_when_loading_returns(databases: Databases, tmp_path: Path) -> None:
    url = databases.new()
    (tmp_path / "patient.json").write_text(json.dumps({"resourceType": "Patient", "id": "a"}))
    before = set(threading.enumerate())
    with platform_on(url, tmp_path / "home").closing() as made:
        files = {"H44099900001": [tmp_path / "patient.json"]}
        started = set(threading.enumerate()) - before
        loaded = load(made.settings, url, files, lambda done, of: None, processes=1)
        left = {
            each
            for each in set(threading.enumerate()) - before - started
            if "Executor" in type(each).__name__
        }
        assert loaded.tally.stored == {"Patient": 1}
        assert not left
    databases.drop(url)
