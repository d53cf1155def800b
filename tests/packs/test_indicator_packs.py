"""Every pack with indicators: they keep their promises, and their examples would notice a wrong SELECT."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlglot import exp, parse_one

from kangshu.kernel.indicators.check import check_folder
from kangshu.kernel.indicators.definition import FOLDER
from kangshu.kernel.indicators.example import parse_indicator_examples
from kangshu.kernel.indicators.examples import problems_of_examples
from kangshu.kernel.indicators.folder import read_indicators
from kangshu.kernel.packs.find import default_root, find_packs

PACKS = {name: pack for name, pack in find_packs(default_root()).items() if (pack.folder / FOLDER).is_dir()}
SETS = {name: read_indicators(pack.folder) for name, pack in PACKS.items()}
COMPUTED = [
    pytest.param(name, each, id=f"{name}-{each.id}")
    for name, found in SETS.items()
    for each in found.indicators
    if each.kind == "computed"
]


@pytest.mark.parametrize("name", PACKS)
def test_indicators_keep_their_promises_and_their_examples(name: str) -> None:
    assert check_folder(PACKS[name].folder) == []


def test_no_indicator_has_two_packs() -> None:
    ids = [each.id for found in SETS.values() for each in found.indicators]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(("name", "indicator"), COMPUTED)
def test_one_that_counts_nothing_or_everything_is_noticed(name, indicator) -> None:
    path = PACKS[name].folder / FOLDER / f"{indicator.id}.examples.toml"
    examples = parse_indicator_examples(path.read_text("utf-8"), path.name)
    columns = "* REPLACE (numerator + 1 AS numerator)"
    for changed in (
        f"SELECT * FROM ({indicator.sql}) WHERE false",
        f"SELECT {columns} FROM ({indicator.sql})",
    ):
        assert problems_of_examples(SETS[name], replace(indicator, sql=changed), examples)


@pytest.mark.parametrize(("name", "indicator"), COMPUTED)
def test_the_views_it_names_are_those_its_select_reads(name, indicator) -> None:
    tree = parse_one(indicator.sql, read="duckdb")
    own = {each.alias for each in tree.find_all(exp.CTE)}
    read = {each.name for each in tree.find_all(exp.Table) if each.name} - own
    assert read - SETS[name].tables.keys() == set(indicator.needs)
