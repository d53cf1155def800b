"""Views and rules of the packs that judge: on Spark they have, and find, what they do in DuckDB.

The tables are those of all examples of a pack at once, so that every statement has rows to work on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import pytest

from kangshu.app.tables import read_macros
from kangshu.kernel.lake.engine import Engine, engine, quoted
from kangshu.kernel.lake.model import Models, read_models
from kangshu.kernel.packs.find import default_root, find_packs
from kangshu.kernel.rules.definition import Rule, RuleSet, read_rules
from kangshu.kernel.rules.examples import ON, RECEIVED, make_views, parse_rule_examples
from kangshu.kernel.rules.run import FINDINGS, prepare, run_rule
from tests.spark.equal import difference

pytestmark = pytest.mark.slow

PACKS = find_packs(default_root())
MACROS = read_macros(PACKS)
STEP = 1000
"""Units of an example are counted on from those of the one before."""


@dataclass(frozen=True, slots=True)
class Judging:
    """A pack of rules with the models they are about."""

    rules: RuleSet
    models: Models


def judging() -> list[Judging]:
    common = read_models(PACKS["logical_models"].folder)
    found: list[Judging] = []
    for pack in PACKS.values():
        if (pack.folder / "rules").is_dir():
            own = pack.folder / "models"
            found.append(Judging(read_rules(pack.folder), read_models(own) if own.is_dir() else common))
    return found


JUDGING = judging()
BY_NAME = {each.rules.name: each for each in JUDGING}
RULES = [
    pytest.param(each.rules.name, rule.id, id=f"{each.rules.name}-{rule.id}")
    for each in JUDGING
    for rule in each.rules.rules
]


def gathered(work: Engine, each: Judging) -> frozenset[str]:
    """The tables of all examples as one set of tables; their names."""
    names: set[str] = set()
    number = 0
    for rule in each.rules.rules:
        path = PACKS[each.rules.name].folder / "rules" / f"{rule.id}.examples.toml"
        for example in parse_rule_examples(path.read_text("utf-8"), path.name):
            number += 1
            tables = {name: rows for name, rows in example.views.items() if name not in each.rules.tables}
            with engine() as one:
                made = make_views(one, each.models.get(rule.on), each.rules, each.models, tables)
                for name in made:
                    columns = one.names(f"SELECT * FROM {quoted(name)}")
                    moved = f"REPLACE (unit + {STEP * number} AS unit)" if "unit" in columns else ""
                    rows = one.arrow(f"SELECT * {moved} FROM {quoted(name)}").read_all()
                    work.offer("more", rows)
                    start = f"INSERT INTO {quoted(name)} BY NAME" if name in names else ""
                    if name not in names:
                        work.run(f"CREATE TABLE {quoted(name)} AS SELECT * FROM more")
                    elif name != "value_set":
                        work.run(f"{start} SELECT * FROM more")
                    names.add(name)
    return frozenset(names)


@pytest.fixture(scope="module")
def engines(session: Any) -> Iterator[dict[str, tuple[Engine, Any]]]:
    """Both engines for each pack, with the views its rules share."""
    from contextlib import ExitStack

    from kangshu.kernel.views.spark.engine import spark_engine

    with ExitStack() as stack:
        found: dict[str, tuple[Engine, Any]] = {}
        for each in JUDGING:
            duck, spark = stack.enter_context(engine()), stack.enter_context(spark_engine(session, MACROS))
            duck.run(MACROS)
            names = gathered(duck, each)
            for name in names:
                spark.offer(name, duck.arrow(f"SELECT * FROM {quoted(name)}").read_all())
            for work in (duck, cast("Engine", spark)):
                prepare(work, each.rules, names)
            found[each.rules.name] = duck, spark
        yield found


def values(rule: Rule) -> dict[str, Any]:
    return rule.values(ON) | {"on": ON, "received": RECEIVED.replace(tzinfo=None)}


@pytest.mark.parametrize(("pack", "id"), RULES)
def test_a_rule_finds_the_same(engines: dict[str, tuple[Engine, Any]], pack: str, id: str) -> None:
    rule = BY_NAME[pack].rules.get(id)
    found: list[list[tuple[Any, ...]]] = []
    for work in engines[pack]:
        run_rule(work, rule, values(rule))
        found.append(work.rows(f"SELECT unit, part, row, field FROM {FINDINGS} WHERE rule = '{id}'"))
        work.run(f"DROP TABLE {FINDINGS}")
        from kangshu.kernel.rules.run import make_findings

        make_findings(work)
    assert found[0]
    assert difference(*found) == []
