"""A lake in an object store (moto's S3): the same tables, versions, views and tallies as in a folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pyarrow as pa  # pyright: ignore[reportMissingTypeStubs]
import pytest
from moto.server import ThreadedMotoServer

from kangshu.app.platform import Platform
from kangshu.app.settings import Settings
from kangshu.app.wiring import build
from kangshu.kernel.lake.engine import engine
from kangshu.kernel.lake.store import Lake
from kangshu.kernel.packs.find import default_root
from tests.support.databases import Databases

table: Any = pa.table  # pyright: ignore[reportUnknownMemberType]


@pytest.fixture(scope="module")
def store() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "a",
            "AWS_SECRET_ACCESS_KEY": "b",
            "AWS_REGION": "us-east-1",
        }.items():
            patch.setenv(name, value)
        urlopen(Request(f"http://{host}:{port}/lake", method="PUT")).close()
        yield "s3://lake"
    server.stop()


def rows(lake: Lake, name: str) -> list[Any]:
    with engine() as work:
        assert lake.offer(work, "read", name)
        return work.rows("FROM read ORDER BY ALL")


def test_tables_are_written_listed_joined_and_deleted(store: str, tmp_path: Path) -> None:
    lake = Lake(f"{store}/plain", tmp_path)
    assert lake.tables() == []
    for number in range(3):
        lake.append_whole("some", table({"n": [number]}))
    lake.keep("other", table({"n": [1, 2]}), {"how/of": 7})
    lake.keep("other", table({"n": [2, 2]}), {"how/of": 8}, condition="n = 2")
    assert rows(lake, "some") == [(0,), (1,), (2,)]
    assert rows(lake, "other") == [(1,), (2,), (2,)]
    held = lake.held("other")
    assert held is not None
    assert held.done("how/of") == 8
    assert [(each.name, each.rows, each.version) for each in lake.tables()] == [
        ("other", 3, 1),
        ("some", 3, 2),
    ]
    assert lake.tidy("some", keep=timedelta(0)) == 3
    assert [each.files for each in lake.tables()] == [1, 1]
    lake.forget("some")
    lake.forget("never")
    assert [each.name for each in lake.tables()] == ["other"]
    assert lake.held("some") is None
    lake.append_whole("some", table({"n": [5]}))
    assert rows(lake, "some") == [(5,)]


def receive(platform: Platform, *resources: Any) -> None:
    text = "\n".join(json.dumps(each) for each in resources).encode()
    [message] = platform.intake.journal([("H44099900001", [text], "ndjson")])
    platform.intake.work_through(message)


@pytest.mark.slow
def test_views_and_tallies_follow_what_changed_and_are_made_anew(
    store: str, tmp_path: Path, databases: Databases
) -> None:
    url = databases.new()
    settings = Settings(
        home=tmp_path / "home", packs=default_root(), database_url=url, lake_url=f"{store}/whole"
    )
    with build(settings).closing() as platform:
        receive(platform, *({"resourceType": "Patient", "id": f"p{n}", "gender": "male"} for n in range(3)))
        platform.views.refresh(also=["patient", "contact_year"])
        platform.planning.refresh(on=date(2026, 1, 1))
        visit = {
            "resourceType": "Encounter",
            "id": "e1",
            "status": "finished",
            "class": {"code": "AMB"},
            "subject": {"reference": "Patient/p1"},
            "period": {"start": "2025-03-01T08:00:00+08:00"},
        }
        receive(platform, visit)
        platform.views.refresh()
        lake = platform.tables.lake
        assert [year for _, year, _ in rows(lake, "view_contact_year")] == [2025]
        before = {each.name: each.rows for each in lake.tables()}
        assert before["view_patient"] == 3
        platform.planning.forget()
        assert lake.held("view_patient") is None
        platform.views.refresh(also=["patient", "contact_year"])
        platform.planning.refresh(on=date(2026, 1, 1))
        assert {each.name: each.rows for each in lake.tables()} == before
    databases.drop(url)
