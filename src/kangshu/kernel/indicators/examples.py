"""Examples of indicators, run: small tables in, cells out, and the units with a numerator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kangshu.kernel.base.errors import Invalid, Problem
from kangshu.kernel.indicators.cell import Cell
from kangshu.kernel.indicators.definition import FOLDER, Indicator, IndicatorSet
from kangshu.kernel.indicators.example import NUMBERS, Example, Table, number_of
from kangshu.kernel.indicators.run import run
from kangshu.kernel.indicators.units import COUNTED
from kangshu.kernel.lake.engine import Engine, Unreadable, engine
from kangshu.kernel.lake.given import make_table, offer_rows


def problems_of_examples(
    indicators: IndicatorSet, indicator: Indicator, examples: Sequence[Example], macros: str = ""
) -> list[Problem]:
    """What comes out otherwise than written; and whether there is a hit and a near miss at all."""
    found: list[str] = []
    if not any(example.hits for example in examples):
        found.append("has no example with a hit: give one in `hits`")
    if not any(example.misses for example in examples):
        found.append("has no example with a near miss: give one in `misses`")
    for example in examples:
        found += [f"{example.name}: {each}" for each in _faults(indicators, indicator, example, macros)]
    path = f"{FOLDER}/{indicator.id}.examples.toml"
    return [Problem("error", "invalid", path, each) for each in found]


def _faults(indicators: IndicatorSet, indicator: Indicator, example: Example, macros: str) -> list[str]:
    words = {cell for rows in example.views.values() for row in rows for cell in row.values()}
    wrong = [f"the near miss {each} is in no table" for each in sorted(example.misses - words)]
    wrong += [f"{each} is a hit and a near miss" for each in sorted(example.misses & example.hits)]
    known = {"period", *NUMBERS, *indicator.strata}
    strange = sorted({name for row in example.expect for name in row} - known)
    wrong += [f"expect has a column {each}, which is no stratum and no number" for each in strange]
    try:
        cells, hits = outcome_of(indicators, indicator, example, macros)
    except Unreadable as error:
        return [*wrong, f"cannot be counted: {first_of(error)}"]
    except Invalid as error:
        return [*wrong, str(error)]
    wrong += [f"counts {each} besides" for each in sorted(hits - example.hits)]
    wrong += [f"does not count {each}" for each in sorted(example.hits - hits)]
    return wrong + _differences(indicator, example, cells)


def first_of(error: Unreadable) -> str:
    """What DuckDB says of a statement and what it might have meant, without showing the place once more."""
    return " ".join(error.message.partition("\nLINE ")[0].split())


def outcome_of(
    indicators: IndicatorSet, indicator: Indicator, example: Example, macros: str = ""
) -> tuple[tuple[Cell, ...], frozenset[str]]:
    """The cells, nothing hidden, and the units with a numerator."""
    with engine() as work:
        if macros:
            work.run(macros)
        make_views(work, indicators, example.views)
        result = run(work, indicator, on=example.on, as_of=example.as_of)
        rows = work.rows(f"SELECT DISTINCT unit FROM {COUNTED} WHERE numerator <> 0")
    return result.cells, frozenset(row[0] for row in rows)


def make_views(work: Engine, indicators: IndicatorSet, tables: Mapping[str, Table]) -> None:
    """Every view and table that indicators of the set may name; rows only in those that are given."""
    unknown = sorted(tables.keys() - indicators.outside.keys() - indicators.tables.keys())
    if unknown:
        raise Invalid(
            f"There is no view {', '.join(unknown)}.",
            remedy=f"needs.tsv describes {', '.join(sorted(indicators.outside)) or 'none'}.",
        )
    for name, types in indicators.outside.items():
        make_table(work, name, types, tables.get(name, ()))
    for name, rows in indicators.tables.items():
        offer_rows(work, name, tables.get(name, rows))


def _differences(indicator: Indicator, example: Example, cells: Sequence[Cell]) -> list[str]:
    by_place = {(each.period, each.strata): each for each in cells}
    wrong: list[str] = []
    told: set[str] = set()
    for row in example.expect:
        named = {name: row[name] for name in indicator.strata if row.get(name)}
        strata = tuple(sorted((name, None if value == "?" else value) for name, value in named.items()))
        cell = by_place.get((row["period"], strata))
        where = " ".join([row["period"], *named.values()])
        if cell is None:
            wrong.append(f"counts nothing in {where}")
            continue
        if not strata:
            told.add(row["period"])
        wrong += [
            f"{name} of {where} is {getattr(cell, name)}, not {row[name]}"
            for name in NUMBERS
            if name in row and number_of(row[name]) != getattr(cell, name)
        ]
    return wrong + [f"counts in {each} besides" for each in sorted({c.period for c in cells} - told)]
