"""An institution's database as a source: what it may answer, and what is said where it does not."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kangshu.domains.intake.tables.feed import Feed, parse_feed
from kangshu.kernel.base.errors import Invalid, KangshuError, Unavailable
from kangshu.kernel.lake.external import query_to_file
from tests.support.tables import FEED, ORG, Harbour

QUERY = (
    "-- the day's visits\nSELECT no AS VISIT_NO, org AS fixmedins_code, at AS visit_time, sex AS gend,"
    " born AS brdy, fee AS medfee_sumamt FROM visits ORDER BY no"
)
SECRET = "Zhangsan"


def feed(harbour: Harbour, query: str) -> Feed:
    texts = {"toml": FEED.format(kind="sql", more="", table=""), "query.sql": query}
    return parse_feed("visits", texts, harbour.tables.models)


def database(path: Path) -> str:
    with closing(sqlite3.connect(path)) as his, his:
        his.execute("CREATE TABLE visits (no, org, at, sex, born, fee)")
        rows = [
            (1.0, ORG, "2026-03-30 09:00", 1, "1980-01-01", 12.5),
            (2, ORG, "2026-03-30", True, "19800101", None),
            (3.20382198001011234e17, ORG, "2026-03-30", 1, "1980-01-01", 1),
            (4, ORG, "2026-03-30", 1, "1980-01-01", "zwölf"),
            (5, ORG, "2026-03-30", 1, b"\xff\xfe", 1),
        ]
        his.executemany("INSERT INTO visits VALUES (?, ?, ?, ?, ?, ?)", rows)
    return f"sqlite:///{path}"


def test_rows_of_a_database_land_and_faulty_ones_are_named(harbour: Harbour, tmp_path: Path) -> None:
    asked = feed(harbour, QUERY)
    path = tmp_path / "asked.parquet"
    assert harbour.tables.query(asked, database(tmp_path / "his.db"), path) == 5
    landed = harbour.land(
        path.read_bytes(),
        texts={"toml": FEED.format(kind="sql", more="", table=""), "query.sql": QUERY},
        now=datetime(2026, 3, 31, tzinfo=UTC),
    )
    # SQLite sorts texts behind numbers, so the row with the long number comes last.
    assert landed.places == [
        ("type", "outpatient_visit[3].medfee_sumamt"),
        ("type", "outpatient_visit[4].brdy"),
        ("damaged", "outpatient_visit[5].visit_no"),
    ]
    assert {row["visit_no"] for row in harbour.rows("OutpatientVisit")} == {"1", "2"}


@pytest.mark.parametrize(
    ("url", "query", "kind", "told"),
    [
        ("sqlite:///{db}", "SELECT x FROM visits", Unavailable, "refuses the query"),
        ("sqlite:///{db}", "SELECT * FROM no_such_table", Unavailable, "refuses the query"),
        ("postgresql+psycopg://u:Zhangsan@127.0.0.1:1/his", "SELECT 1", Unavailable, "cannot be reached"),
        ("postgresql+psycopg://u:Zhangsan@no.such.host.invalid/his", "SELECT 1", Unavailable, "cannot be"),
        ("sqlite:////no/such/folder/Zhangsan.db", "SELECT 1", Unavailable, "cannot be reached"),
        ("oracle+none://u:Zhangsan@host/his", "SELECT 1", Invalid, "no driver"),
        ("postgresql+psycopg://u:Zhangsan@host:port/his", "SELECT 1", Invalid, "is not one"),
        ("Zhangsan", "SELECT 1", Invalid, "is not one"),
        ("", "SELECT 1", Invalid, "is not one"),
    ],
)
def test_a_database_that_does_not_answer_is_told_without_secrets(
    tmp_path: Path, url: str, query: str, kind: type[KangshuError], told: str
) -> None:
    database(tmp_path / "his.db")
    with pytest.raises(kind) as raised:
        query_to_file(url.format(db=tmp_path / "his.db"), query, tmp_path / "asked.parquet")
    assert told in str(raised.value)
    assert SECRET not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


@pytest.mark.parametrize(
    "query", ["DELETE FROM visits", "DROP TABLE visits", "-- SELECT\nUPDATE visits SET no = 1"]
)
def test_a_query_that_writes_is_no_feed(harbour: Harbour, query: str) -> None:
    with pytest.raises(Invalid, match="only read"):
        feed(harbour, query)


def test_whatever_a_query_does_nothing_stays_written(tmp_path: Path) -> None:
    url = database(tmp_path / "his.db")
    with pytest.raises(Unavailable):
        query_to_file(url, "DELETE FROM visits", tmp_path / "asked.parquet")
    with closing(sqlite3.connect(tmp_path / "his.db")) as his:
        assert his.execute("SELECT count(*) FROM visits").fetchone() == (5,)
