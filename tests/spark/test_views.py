"""Every view of every pack has on Spark the rows it has in DuckDB, over the facts of a synthetic county."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest

from kangshu.app.fact_lake import table_of
from kangshu.app.platform import Platform
from kangshu.kernel.lake.engine import Engine, engine, quoted
from kangshu.kernel.packs.find import default_root, find_packs
from kangshu.kernel.policies.definition import Scope
from kangshu.kernel.views.compile import compile_view
from tests.conftest import EVERYTHING, platform_on
from tests.spark.equal import difference
from tests.support.databases import Databases
from tests.support.demo_county import fill

pytestmark = pytest.mark.slow

PACKS = find_packs(default_root())
FOLDERS = [each.folder / "views" for each in PACKS.values() if not (each.folder / "rules").is_dir()]
DEFINITIONS = sorted(path.name.partition(".")[0] for each in FOLDERS for path in each.glob("*.view.json"))
SELECTS = sorted(path.stem for each in FOLDERS for path in each.glob("*.sql"))
FEW = {"organization"}
"""Views with few rows, or none where the county does not send what they are about."""

Both = tuple[Engine, Any]


@pytest.fixture(scope="module")
def county(
    session: Any, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Platform]:
    """A platform with a synthetic county; only where there is Spark."""
    url = databases.new()
    with platform_on(url, tmp_path_factory.mktemp("county")).closing() as made:
        fill(made, EVERYTHING, residents=30, years=2)
        made.views.facts.follow()
        yield made
    databases.drop(url)


@pytest.fixture(scope="module")
def both(session: Any, county: Platform) -> Iterator[Both]:
    """All views in both engines, each made from the lake."""
    from kangshu.kernel.views.spark.engine import spark_engine

    with engine() as duck, spark_engine(session) as spark:
        for work in (duck, cast("Engine", spark)):
            county.views.prepare(work, county.views.views.names, Scope(everything=True))
        yield duck, spark


@pytest.mark.parametrize("name", SELECTS)
def test_a_view_in_sql_has_the_same_rows(both: Both, name: str) -> None:
    query = f"SELECT * FROM {quoted(name)}"
    rows = both[0].rows(query)
    assert difference(rows, both[1].rows(query)) == []


@pytest.mark.parametrize("name", DEFINITIONS)
def test_a_view_definition_has_the_same_rows_on_each_partition(
    session: Any, county: Platform, name: str
) -> None:
    from kangshu.kernel.views.spark.engine import spark_engine

    view = county.views.views.definitions[name]
    compiled = compile_view(view, county.views.elements, source="facts")
    with engine() as duck, spark_engine(session) as spark:
        assert county.views.facts.lake.offer(duck, "facts", table_of(view.resource))
        spark.offer("stored", duck.arrow("SELECT body FROM facts").read_all())
        spark.offer_view(name, compiled, "stored", "facts")
        rows = duck.rows(compiled.sql)
        assert rows
        assert difference(rows, spark.rows(f"SELECT * FROM {quoted(name)}")) == []
