"""The synthetic city as a place: it lands without a fault, and indicators come to what was put in."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from kangshu.app.demonstration_city import land_city, read_place
from kangshu.app.platform import Platform
from kangshu.domains.intake.tally import Tally
from kangshu.domains.planning.monitoring import counted
from kangshu.domains.planning.plan import read_place as read_plans
from kangshu.domains.synthetic.city.order import Order
from kangshu.domains.synthetic.city.write import Delivery, write_city
from kangshu.kernel.lake.engine import Engine, engine, literal
from kangshu.kernel.lake.given import offer_rows
from kangshu.kernel.packs.find import default_root
from kangshu.kernel.policies.definition import Principal, Resource
from tests.conftest import platform_on
from tests.support.databases import Databases

YEAR = Order(residents=1500, seed=7, first=date(2025, 1, 1), until=date(2025, 12, 31))
XINYI = read_plans(default_root() / "places" / "xinyi")


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A year of a small city, one file a feed: landing many small files takes a minute."""
    folder = tmp_path_factory.mktemp("city")
    files = write_city(YEAR, read_place(default_root()), folder, lambda _done, _of: None)
    with engine() as work:
        for feed in {each.feed for each in files}:
            paths = f"read_parquet({literal(str(folder / feed / '*.parquet'))})"
            work.run(f"COPY (FROM {paths}) TO {literal(str(folder / f'{feed}.parquet'))} (FORMAT parquet)")
    return folder


@pytest.fixture(scope="module")
def landed(
    city: Path, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Platform, Tally]]:
    files = [Delivery(path.stem, path) for path in sorted(city.glob("*.parquet"))]
    url, home = databases.new(), tmp_path_factory.mktemp("home")
    _with_codes(home)
    with platform_on(url, home).closing() as made:
        yield made, land_city(made, read_place(default_root()), files, lambda _done, _of: None)


def _with_codes(home: Path) -> None:
    """Diagnoses and operations are checked against the insurance editions where these are there."""
    data = Path(os.environ.get("KANGSHU_TESTDATA", "../shared/data")) / "cn_codes"
    (home / "codes").mkdir(parents=True)
    for name, file in (("icd10", "icd10_cn.tsv"), ("icd9cm3", "icd9cm3_cn.tsv")):
        if (data / file).exists():
            shutil.copy(data / file, home / "codes" / f"{name}.tsv")


def test_everything_lands(landed: tuple[Platform, Tally], city: Path) -> None:
    _, tally = landed
    assert not tally.quarantined
    promised = {
        model
        for name, feed in landed[0].tables.feeds.by_name.items()
        if name.startswith("city_")
        for model in feed.promises
    }
    assert set(tally.stored) == promised
    with engine() as work:
        rows = work.one(f"SELECT count(*) FROM {literal(str(city / 'city_outpatient_visit.parquet'))}")
    assert tally.stored["OutpatientVisit"] == rows


def test_no_rule_finds_an_error(landed: tuple[Platform, Tally]) -> None:
    platform, _ = landed
    with engine() as work:
        assert platform.tables.lake.offer(work, "finding", "finding")
        assert work.one("SELECT count(*) FROM finding") > 0
        assert work.rows("SELECT rule, count(*) FROM finding WHERE level = 'E' GROUP BY rule") == []


@pytest.fixture(scope="module")
def prepared(landed: tuple[Platform, Tally], city: Path) -> Iterator[Engine]:
    """The base views over what has landed, and the truth."""
    platform, _ = landed
    principal = Principal("analyst", "", "client", scopes=("system/*.rs",))
    grant = platform.policies.decide(
        principal, "export", Resource("fact"), platform.policies.usual_purpose(principal)
    )
    names = sorted({"condition", *(name for each in XINYI.indicators.indicators for name in each.needs)})
    with engine() as work:
        platform.views.prepare(work, names, grant.scope)
        for name, rows in XINYI.indicators.tables.items():
            offer_rows(work, name, rows)
        for path in (city / "truth").glob("*.parquet"):
            work.run(f"CREATE VIEW {path.stem} AS FROM {literal(str(path))}")
        yield work


def test_indicators_come_to_what_was_put_in(prepared: Engine) -> None:
    truth: dict[tuple[str, str], tuple[Any, Any]] = {
        (row[0], str(row[1])): (row[2], row[3]) for row in prepared.rows("FROM truth_indicator")
    }
    ids = sorted({id_ for id_, _ in truth})
    names = sorted({name for each in XINYI.indicators.indicators for name in each.needs})
    results = counted(prepared, XINYI, names, on=date(2025, 12, 31), small_number=0)
    found = {
        (id_, cell.period): (cell.numerator, cell.denominator)
        for id_ in ids
        for cell in results[id_].by()
        if (id_, cell.period) in truth
    }
    assert found == truth
    assert len(found) == 9
    assert all(denominator for _, denominator in found.values())


def test_residents_are_who_was_put_in(prepared: Engine) -> None:
    views, truth = (
        prepared.rows(f"SELECT {columns} ORDER BY 1")
        for columns in (
            "id, town, CASE sex WHEN 'male' THEN '1' ELSE '2' END, birth, moved_out FROM patient",
            "patient, town_name, gend, brdy, moved_out FROM truth_person",
        )
    )
    assert views == truth


def test_who_does_not_know_of_a_disease_is_in_no_diagnosis(prepared: Engine) -> None:
    unknown = "SELECT patient, condition FROM truth_illness WHERE NOT known"
    [[number]] = prepared.rows(f"SELECT count(*) FROM ({unknown})")
    assert number > 50
    known = f"SELECT count(*) FROM condition AS c SEMI JOIN ({unknown}) AS u"
    assert prepared.one(f"{known} ON u.patient = c.patient AND u.condition = c.code") == 0
