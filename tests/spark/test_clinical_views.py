"""The views that rules about facts share: the same rows on Spark, over the facts of a synthetic county."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest

from kangshu.app.fact_lake import table_of
from kangshu.app.platform import Platform
from kangshu.app.tables import read_macros
from kangshu.kernel.lake.engine import Engine, engine, quoted
from kangshu.kernel.packs.find import default_root, find_packs
from kangshu.kernel.rules.definition import read_rules
from kangshu.kernel.rules.run import prepare
from tests.conftest import EVERYTHING, platform_on
from tests.spark.equal import difference
from tests.support.databases import Databases
from tests.support.demo_county import fill

pytestmark = pytest.mark.slow

PACKS = find_packs(default_root())
MACROS = read_macros(PACKS)
RULES = read_rules(PACKS["clinical_quality"].folder)
TYPES = (
    "Patient Encounter Observation Condition MedicationRequest Procedure Immunization DiagnosticReport"
    " Practitioner Organization"
).split()
MOST = 150
"""Facts of a type."""


@pytest.fixture(scope="module")
def county(
    session: Any, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Platform]:
    url = databases.new()
    with platform_on(url, tmp_path_factory.mktemp("county")).closing() as made:
        fill(made, EVERYTHING, residents=15, years=2)
        made.views.facts.follow()
        yield made
    databases.drop(url)


def judged(work: Engine, county: Platform) -> None:
    """Facts as a pass of rules finds them: two thirds are judged, the others known."""
    lake = county.views.facts.lake
    parts = [
        f"(FROM of_{type_} WHERE NOT deleted ORDER BY id LIMIT {MOST})"
        for type_ in TYPES
        if lake.offer(work, f"of_{type_}", table_of(type_))
    ]
    work.run(
        "CREATE TABLE every AS SELECT row_number() OVER (ORDER BY type, id) AS unit, type, id, version,"
        " message, org, county, person, happened, recorded, recorded AS received, 'fhir' AS media,"
        f" 'file' AS channel, body, 'fhir' AS feed FROM ({' UNION ALL '.join(parts)})"
    )
    work.run("CREATE TABLE fact AS FROM every WHERE unit % 3 > 0")
    work.run("CREATE TABLE known AS FROM every WHERE unit % 3 = 0")


@pytest.fixture(scope="module")
def both(session: Any, county: Platform) -> Iterator[tuple[Engine, Any]]:
    from kangshu.kernel.views.spark.engine import spark_engine

    with engine() as duck, spark_engine(session, MACROS) as spark:
        duck.run(MACROS)
        judged(duck, county)
        for name in ("fact", "known"):
            spark.offer(name, duck.arrow(f"SELECT * FROM {name}").read_all())
        for work in (duck, cast("Engine", spark)):
            prepare(work, RULES, {"fact", "known"})
        yield duck, spark


@pytest.mark.parametrize("name", sorted(RULES.views))
def test_a_view_has_the_same_rows(both: tuple[Engine, Any], name: str) -> None:
    query = f"SELECT * FROM {quoted(name)}"
    assert difference(both[0].rows(query), both[1].rows(query)) == []
