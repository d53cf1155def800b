"""A hundredth of a synthetic city: the whole pack of Xinyi gives the same numbers on Spark."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, cast

import pytest

from kangshu.app.demonstration_city import land_city, read_place
from kangshu.app.platform import Platform
from kangshu.app.spark_planning import SparkPlanning
from kangshu.domains.synthetic.city.order import Order
from kangshu.domains.synthetic.city.write import Delivery, write_city
from kangshu.kernel.lake.engine import Engine, engine, literal, quoted
from kangshu.kernel.packs.find import default_root
from kangshu.kernel.policies.definition import Principal, Resource, Scope
from tests.conftest import platform_on
from tests.support.databases import Databases

pytestmark = pytest.mark.slow

HUNDREDTH = Order(residents=11_500, seed=7, first=date(2025, 1, 1), until=date(2025, 12, 31))
ON = date(2025, 12, 31)
COMPILED = {
    "spark.sql.shuffle.partitions": "4",
    "spark.sql.codegen.wholeStage": "true",
    "spark.sql.codegen.factoryMode": "FALLBACK",
}
"""As a city would run it: statements compiled, rows of one group on several partitions."""


def without_progress(_done: int, _of: int) -> None:
    return


@pytest.fixture(scope="module")
def city(session: Any, databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """The city landed, one file a feed: landing many small files takes a minute."""
    folder: Path = tmp_path_factory.mktemp("city")
    place = read_place(default_root())
    feeds = {each.feed for each in write_city(HUNDREDTH, place, folder, without_progress)}
    with engine() as work:
        for feed in feeds:
            paths = f"read_parquet({literal(str(folder / feed / '*.parquet'))})"
            work.run(f"COPY (FROM {paths}) TO {literal(str(folder / f'{feed}.parquet'))} (FORMAT parquet)")
    files = [Delivery(path.stem, path) for path in sorted(folder.glob("*.parquet"))]
    url = databases.new()
    with platform_on(url, tmp_path_factory.mktemp("home")).closing() as made:
        land_city(made, place, files, without_progress)
        yield made
    databases.drop(url)


@pytest.fixture(scope="module")
def compiled(session: Any) -> Iterator[Any]:
    before = {name: session.conf.get(name) for name in COMPILED}
    for name, value in COMPILED.items():
        session.conf.set(name, value)
    yield session
    for name, value in before.items():
        session.conf.set(name, value)


def test_every_view_has_the_same_rows(compiled: Any, city: Platform) -> None:
    from kangshu.kernel.views.spark.engine import spark_engine

    names = sorted(city.views.views.selects)
    with engine() as duck, spark_engine(compiled) as spark:
        for work in (duck, cast("Engine", spark)):
            city.views.prepare(work, names, Scope(everything=True))
        full = 0
        for name in names:
            duck.offer("other", spark.arrow(f"SELECT * FROM {quoted(name)}"))
            own = f"SELECT * FROM {quoted(name)}"
            full += duck.one(f"SELECT count(*) > 0 FROM ({own})")
            for one, two in ((own, "FROM other"), ("FROM other", own)):
                assert duck.one(f"SELECT count(*) FROM ({one} EXCEPT ALL {two})") == 0, name
    assert full >= 6


def test_every_indicator_gives_the_same_numbers(compiled: Any, city: Platform) -> None:
    content = city.planning.place("xinyi")
    chosen = [each for each in content.indicators.indicators if each.kind == "computed"]
    principal = Principal("test", "test", "city_commission")
    grant = city.policies.decide(principal, "read", Resource("indicator"), "oversight")
    here = city.planning.count(grant, content, chosen, on=ON)
    there = SparkPlanning(city.planning, "", {}).count_in(compiled, grant, content, chosen, on=ON)
    assert here.keys() == there.keys() == {each.id for each in chosen}
    assert sum(len(each.cells) for each in here.values()) > 100
    for name, result in here.items():
        assert result == there[name], name
