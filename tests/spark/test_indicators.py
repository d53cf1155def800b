"""Every computed indicator of every pack counts on Spark what it counts in DuckDB, in all its examples."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from kangshu.app.tables import read_macros
from kangshu.kernel.indicators.definition import FOLDER, Indicator, IndicatorSet
from kangshu.kernel.indicators.example import Example, parse_indicator_examples
from kangshu.kernel.indicators.examples import make_views
from kangshu.kernel.indicators.folder import read_indicators
from kangshu.kernel.indicators.run import run
from kangshu.kernel.indicators.units import COUNTED
from kangshu.kernel.lake.engine import Engine, engine
from kangshu.kernel.packs.find import default_root, find_packs
from tests.spark.equal import difference

pytestmark = pytest.mark.slow

PACKS = find_packs(default_root())
MACROS = read_macros(PACKS)
SETS = [read_indicators(pack.folder) for pack in PACKS.values() if (pack.folder / FOLDER).is_dir()]
FOLDERS = {pack.folder.name: pack.folder for pack in PACKS.values()}
UNITS = f"SELECT * FROM {COUNTED}"


def examples_of(indicators: IndicatorSet, indicator: Indicator) -> list[Example]:
    path: Path = FOLDERS[indicators.name] / FOLDER / f"{indicator.id}.examples.toml"
    return parse_indicator_examples(path.read_text("utf-8"), path.name)


COMPUTED = [
    pytest.param(indicators, each, id=f"{indicators.name}-{each.id}")
    for indicators in SETS
    for each in indicators.indicators
    if each.kind == "computed"
]


@pytest.mark.parametrize(("indicators", "indicator"), COMPUTED)
def test_an_indicator_counts_the_same_in_its_examples(
    session: Any, indicators: IndicatorSet, indicator: Indicator
) -> None:
    from kangshu.kernel.views.spark.engine import spark_engine

    for example in examples_of(indicators, indicator):
        with engine() as duck, spark_engine(session, MACROS) as spark:
            duck.run(MACROS)
            make_views(duck, indicators, example.views)
            for name in {*indicator.needs, *indicators.tables}:
                spark.offer(name, duck.arrow(f"SELECT * FROM {name}").read_all())
            works = (duck, cast("Engine", spark))
            results = [run(work, indicator, on=example.on, as_of=example.as_of) for work in works]
            assert results[0] == results[1]
            assert difference(duck.rows(UNITS), spark.rows(UNITS)) == []
