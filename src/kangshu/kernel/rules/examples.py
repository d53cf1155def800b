"""Examples of rules: small tables in, and which things must be found and which must not.

```toml
[[example]]
name = "discharged before admission"
fires = ["1 dscg_time"]
[example.views]
setlinfo = '''
unit | adm_time   | dscg_time
1    | 2026-01-05 | 2026-01-03
2    | 2026-01-03 | 2026-01-05
'''
```

`fires` lists what is found, as `unit`, `unit field` or `unit part[row].field`. Units in the tables that are
not listed are the look-alikes that must stay silent. Only the columns that matter are written; an empty cell
is NULL. Views of the model and of `needs.tsv` that the example does not write are empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, cast

from kangshu.kernel.base.errors import Invalid, Problem
from kangshu.kernel.base.text_table import parse_text_table
from kangshu.kernel.base.toml import parse_toml
from kangshu.kernel.lake.engine import Engine, engine
from kangshu.kernel.lake.given import make_table, offer_rows
from kangshu.kernel.lake.model import Model, Models
from kangshu.kernel.rules.definition import Rule, RuleSet
from kangshu.kernel.rules.run import FINDINGS, prepare, run_rule

ON = date(2026, 3, 31)
RECEIVED = datetime(2026, 3, 31, 12, tzinfo=UTC)
"""When examples play, unless they say otherwise."""


@dataclass(frozen=True, slots=True)
class Example:
    """One set of tables, and what a rule finds in them."""

    name: str
    fires: frozenset[str]
    views: Mapping[str, tuple[Mapping[str, str], ...]]
    units: frozenset[str]
    on: date
    received: datetime


def parse_rule_examples(text: str, where: str) -> list[Example]:
    """Read an `.examples.toml`. Raises `Invalid` for unknown keys and tables that are none."""
    table = parse_toml(text, where)
    entries = cast("list[dict[str, Any]]", table.get("example", []))
    if table.keys() - {"example"} or any(
        not {"name", "fires", "views"} <= each.keys() <= {"name", "fires", "views", "on", "received"}
        for each in entries
    ):
        raise Invalid(f"{where}: an [[example]] has name, fires and views, and may have on and received.")
    return [_example(each) for each in entries]


def _example(entry: Mapping[str, Any]) -> Example:
    texts = cast("dict[str, str]", entry["views"])
    views = {name: tuple(parse_text_table(text)) for name, text in texts.items()}
    units = frozenset(row["unit"] for rows in views.values() for row in rows if row.get("unit"))
    received: datetime = entry.get("received", RECEIVED)
    return Example(entry["name"], frozenset(entry["fires"]), views, units, entry.get("on", ON), received)


def problems_of_examples(
    rules: RuleSet, rule: Rule, examples: Sequence[Example], models: Models, macros: str = ""
) -> list[Problem]:
    """What comes out otherwise than written; and whether there is a hit and a near miss at all."""
    found: list[Problem] = []
    if not any(example.fires for example in examples):
        found.append(_problem(rule, "has no example that fires"))
    if not any(example.units - {each.split()[0] for each in example.fires} for example in examples):
        found.append(_problem(rule, "has no example of what must not be found"))
    for example in examples:
        outcome = outcome_of(rules, rule, example, models, macros)
        wrong = [f"finds {each} besides" for each in sorted(outcome - _full(outcome, example.fires))]
        wrong += [f"does not find {each}" for each in sorted(example.fires - _short(outcome))]
        found += [_problem(rule, f"{example.name}: {each}") for each in wrong]
    return found


def outcome_of(rules: RuleSet, rule: Rule, example: Example, models: Models, macros: str = "") -> set[str]:
    """What the rule finds in the tables of the example, written as `fires` writes it."""
    with engine() as work:
        if macros:
            work.run(macros)
        views = make_views(work, models.get(rule.on), rules, models, example.views)
        prepare(work, rules, views)
        given = {"on": example.on, "received": example.received.replace(tzinfo=None)}
        run_rule(work, rule, rule.values(example.on) | given)
        rows = work.rows(f"SELECT unit, part, row, field FROM {FINDINGS}")
    return {_written(*row) for row in rows}


def make_views(
    work: Engine,
    model: Model,
    rules: RuleSet,
    models: Models,
    tables: Mapping[str, Sequence[Mapping[str, str]]],
) -> frozenset[str]:
    """Every view that rules about the model may name, with those rows; the names."""
    columns = {model.table: {each.name: each.type for each in model.columns}}
    columns |= {part.name: {each.name: each.type for each in part.columns} for part in model.parts}
    columns |= {
        lines.view: {each.name: each.type for each in models.get(lines.model).columns}
        for lines in model.lines
    }
    types: dict[str, dict[str, str]] = {
        name: {"unit": "integer", "row": "integer", **found} for name, found in columns.items()
    }
    types |= {view: dict(found) for view, found in rules.outside.items()}
    unknown = sorted(tables.keys() - types.keys() - rules.tables.keys())
    if unknown:
        raise Invalid(
            f"There is no view {', '.join(unknown)}.", remedy=f"There are {', '.join(sorted(types))}."
        )
    for name, found in types.items():
        make_table(work, name, found, _numbered(found, tables.get(name, ())))
    for name in tables.keys() & rules.tables.keys():
        offer_rows(work, name, tables[name])
    value_set = [{"set": set_, "code": code} for set_, codes in models.codes.items() for code in codes]
    offer_rows(work, "value_set", value_set)
    return frozenset(types) | {"value_set"} | (tables.keys() & rules.tables.keys())


def _numbered(types: Mapping[str, str], rows: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """With the number of each row, where the view has one and the example does not say."""
    if "row" not in types:
        return [dict(row) for row in rows]
    return [
        {"row": str(n)} | {key: text for key, text in row.items() if text} for n, row in enumerate(rows, 1)
    ]


def _written(unit: int, part: str | None, row: int | None, field: str | None) -> str:
    place = f"{part}[{row}]" if part and row is not None else part or ""
    return f"{unit} {'.'.join(each for each in (place, field) if each)}".strip()


def _short(outcome: set[str]) -> set[str]:
    """What was found, and each also by its unit alone."""
    return outcome | {each.split()[0] for each in outcome}


def _full(outcome: set[str], fires: frozenset[str]) -> set[str]:
    """What was found and is listed, be it by its unit alone."""
    return {each for each in outcome if each in fires or each.split()[0] in fires}


def _problem(rule: Rule, message: str) -> Problem:
    return Problem("error", "invalid", rule.id, message)
