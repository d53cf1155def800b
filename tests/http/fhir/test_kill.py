"""Kill −9 of the server in the middle of things."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest

from tests.support.serving import kangshu, serving

pytestmark = pytest.mark.slow


def test_an_export_that_was_killed_is_finished_after_a_restart(testdata: Path, tmp_path: Path) -> None:
    files = sorted((testdata / "synthea" / "small").glob("*.json"))[:4]
    kangshu(tmp_path, "load", *map(str, files), "--source", "SYNTHEA")
    token = kangshu(tmp_path, "token", "--client", "bulk", "--scope", "system/*.rs")
    headers = {"authorization": f"Bearer {token}", "prefer": "respond-async"}
    with serving(tmp_path) as first:
        whole = httpx.get(f"{first.base}/$export", headers=headers)
        expected = _finished(whole.headers["content-location"], headers)
        jobs: list[str] = []
        for _ in range(3):
            answer = httpx.get(f"{first.base}/$export", headers=headers)
            assert answer.status_code == 202
            jobs.append(answer.headers["content-location"].rpartition("/")[2])
        first.kill()
    with serving(tmp_path) as second:
        for job in jobs:
            assert _finished(f"{second.base}/_export/{job}", headers) == expected
        answer = httpx.delete(f"{second.base}/_export/{jobs[0]}", headers=headers)
        assert answer.status_code == 202


def _finished(where: str, headers: dict[str, str]) -> dict[str, int]:
    """Lines by type, as counted in the files themselves."""
    for _ in range(600):
        answer = httpx.get(where, headers=headers)
        if answer.status_code == 200:
            return {
                each["type"]: len(httpx.get(each["url"], headers=headers).text.splitlines())
                for each in answer.json()["output"]
            }
        assert answer.status_code == 202, answer.text
        time.sleep(0.1)
    raise AssertionError("the export did not finish")
