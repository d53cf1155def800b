"""Examples of computed indicators: small tables in, and what is counted.

```toml
[[example]]
name = "a second visit makes it regular"
hits = ["Patient/1"]
misses = ["Patient/2", "Patient/3"]
expect = '''
period | town | numerator | denominator | value
2025   |      | 1         | 2           | 50.00
2025   | 东镇 | 1         | 1           | 100.00
'''
[example.views]
visit = '''
patient   | town | day
Patient/1 | 东镇 | 2025-02-01
'''
```

`hits` are all units with a numerator; `misses` are look-alikes that stand in the tables and are none.
`expect` has a row for the total of each period (strata empty), and for whichever strata it names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from kangshu.kernel.base.errors import Invalid, Problem
from kangshu.kernel.base.text_table import parse_text_table
from kangshu.kernel.base.toml import parse_toml
from kangshu.kernel.indicators.cell import Cell
from kangshu.kernel.indicators.definition import Indicator, IndicatorSet
from kangshu.kernel.indicators.run import run
from kangshu.kernel.indicators.units import COUNTED
from kangshu.kernel.lake.engine import Engine, engine
from kangshu.kernel.lake.given import make_table, offer_rows

ON = date(2026, 12, 31)
"""Until when examples count, unless they say otherwise."""

_NEEDED = {"name", "hits", "misses", "expect", "views"}
_NUMBERS = ("numerator", "denominator", "value")
Table = tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True)
class Example:
    """One set of tables, and what an indicator counts in them."""

    name: str
    hits: frozenset[str]
    misses: frozenset[str]
    expect: Table
    views: Mapping[str, Table]
    on: date
    as_of: datetime | None


def parse_indicator_examples(text: str, where: str) -> list[Example]:
    """Read an `.examples.toml`. Raises `Invalid` for unknown keys and tables that are none."""
    table = parse_toml(text, where)
    entries = cast("list[dict[str, Any]]", table.get("example", []))
    if table.keys() - {"example"} or any(
        not _NEEDED <= each.keys() <= _NEEDED | {"on", "as_of"} for each in entries
    ):
        raise Invalid(
            f"{where}: an [[example]] has {', '.join(sorted(_NEEDED))}, and may have on and as_of.",
            remedy="See the page `define-an-indicator`.",
        )
    return [_example(each) for each in entries]


def problems_of_examples(
    indicators: IndicatorSet, indicator: Indicator, examples: Sequence[Example], macros: str = ""
) -> list[Problem]:
    """What comes out otherwise than written; and whether there is a hit and a near miss at all."""
    found: list[Problem] = []
    if not any(example.hits for example in examples):
        found.append(_problem(indicator, "has no example with a hit"))
    if not any(example.misses for example in examples):
        found.append(_problem(indicator, "has no example with a near miss"))
    for example in examples:
        words = {cell for rows in example.views.values() for row in rows for cell in row.values()}
        wrong = [f"the near miss {each} is in no table" for each in sorted(example.misses - words)]
        wrong += [f"{each} is a hit and a near miss" for each in sorted(example.misses & example.hits)]
        cells, hits = outcome_of(indicators, indicator, example, macros)
        wrong += [f"counts {each} besides" for each in sorted(hits - example.hits)]
        wrong += [f"does not count {each}" for each in sorted(example.hits - hits)]
        wrong += _differences(indicator, example, cells)
        found += [_problem(indicator, f"{example.name}: {each}") for each in wrong]
    return found


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


def _example(entry: Mapping[str, Any]) -> Example:
    texts = cast("dict[str, str]", entry["views"])
    return Example(
        entry["name"],
        frozenset(entry["hits"]),
        frozenset(entry["misses"]),
        tuple(parse_text_table(entry["expect"])),
        {name: tuple(parse_text_table(text)) for name, text in texts.items()},
        entry.get("on", ON),
        entry.get("as_of"),
    )


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
            for name in _NUMBERS
            if name in row and _number(row[name]) != getattr(cell, name)
        ]
    return wrong + [f"counts in {each} besides" for each in sorted({c.period for c in cells} - told)]


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text) if text else None
    except InvalidOperation as error:
        raise Invalid(f"{text} in expect is no number.") from error


def _problem(indicator: Indicator, message: str) -> Problem:
    return Problem("error", "invalid", indicator.id, message)
