"""Run a set of rules over the views of an engine: all things at once, one statement a rule."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from kangshu.kernel.lake.engine import Engine, quoted
from kangshu.kernel.lake.given import offer_rows
from kangshu.kernel.rules.definition import Rule, RuleSet, parameters_in

FINDINGS = "finding"
"""The table the findings are added to: model, rule, unit, part, row, field."""


@dataclass(frozen=True, slots=True)
class Run:
    """What was run: the rules that were, and those left out because a view they need is not there."""

    done: tuple[str, ...]
    left_out: tuple[str, ...]


def prepare(engine: Engine, rules: RuleSet, views: Collection[str]) -> frozenset[str]:
    """Make the tables and views a set shares, once. `views` are there already; returns all that are now.

    A shared view whose own sources are not there is left out.
    """
    make_findings(engine)
    there = set(views)
    for name, rows in rules.tables.items():
        if name not in there:
            offer_rows(engine, name, rows)
            there.add(name)
    for name, text in rules.views.items():
        needs = _needs_of(text)
        if name not in there and needs <= there:
            engine.run(f"CREATE OR REPLACE TABLE {quoted(name)} AS {text}")
            there.add(name)
    return frozenset(there)


def needs_of_views(rules: RuleSet) -> frozenset[str]:
    """What the shared views of a set read."""
    return frozenset(name for text in rules.views.values() for name in _needs_of(text))


def make_findings(engine: Engine) -> None:
    """An empty table of findings, unless there is one."""
    engine.run(
        f"CREATE TABLE IF NOT EXISTS {FINDINGS}"
        " (model VARCHAR, rule VARCHAR, unit BIGINT, part VARCHAR, row BIGINT, field VARCHAR)"
    )


def run(
    engine: Engine, rules: Sequence[Rule], there: Collection[str], *, on: date, received: datetime
) -> Run:
    """Add what the rules find to the table of findings. Retired rules are not run."""
    given = {"on": on, "received": received.replace(tzinfo=None)}
    done: list[str] = []
    left_out: list[str] = []
    for rule in rules:
        if rule.status == "retired":
            continue
        if not set(rule.needs) <= set(there):
            left_out.append(rule.id)
            continue
        run_rule(engine, rule, rule.values(on) | given)
        done.append(rule.id)
    return Run(tuple(done), tuple(left_out))


def run_rule(engine: Engine, rule: Rule, values: Mapping[str, Any]) -> None:
    """Add what one rule finds; each (unit, part, row, field) once."""
    used = parameters_in(rule.sql)
    bound = {name: values[name] for name in used}
    engine.run(
        f"INSERT INTO {FINDINGS} BY NAME SELECT DISTINCT '{rule.on}' AS model, '{rule.id}' AS rule, found.*"
        f" FROM ({rule.sql}) AS found",
        bound,
    )


def _needs_of(text: str) -> set[str]:
    """Views that a shared view says it needs, in a first line `-- needs: fee_line, icd10`."""
    first = text.partition("\n")[0]
    if not first.startswith("-- needs:"):
        return set()
    return {each.strip() for each in first.removeprefix("-- needs:").split(",")}
