"""Values that two engines like to read, count or order differently, under all functions of the packs.

`edges/values.sql` holds tables of such values, `edges/expressions.tsv` what is computed of each row of one,
`edges/statements.tsv` what is computed of many rows, `edges/differ.tsv` the cells that are known to differ.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from kangshu.app.tables import read_macros
from kangshu.kernel.lake.engine import Engine, engine
from kangshu.kernel.packs.find import default_root, find_packs
from tests.spark.equal import difference

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent / "edges"
PACKS = find_packs(default_root())
MACROS = read_macros(PACKS)


def lines(name: str) -> list[list[str]]:
    return [line.split("\t") for line in (HERE / name).read_text("utf-8").splitlines()[1:]]


EXPRESSIONS = [(table, expression) for table, expression in lines("expressions.tsv")]
STATEMENTS = [line[0] for line in lines("statements.tsv")]
DIFFER = {(table, expression, value) for table, expression, value, _reason in lines("differ.tsv")}


@pytest.fixture(scope="module")
def duck() -> Iterator[Engine]:
    with engine() as work:
        work.run(MACROS)
        for statement in (HERE / "values.sql").read_text("utf-8").split(";\n"):
            work.run(statement)
        yield work


@pytest.fixture(scope="module")
def spark(session: Any, duck: Engine) -> Iterator[Any]:
    from kangshu.kernel.views.spark.engine import spark_engine

    with spark_engine(session, MACROS) as work:
        for (name,) in duck.rows("SELECT table_name FROM duckdb_tables()"):
            work.offer(name, duck.arrow(f"SELECT * FROM {name}").read_all())
        yield work


def columns(work: Any, table: str) -> dict[str, dict[int, Any]]:
    """Every expression over a table, in one statement: its value by the number of the row."""
    expressions = [expression for of, expression in EXPRESSIONS if of == table]
    heads = ", ".join(f"{each} AS x{place}" for place, each in enumerate(expressions))
    rows = work.rows(f"SELECT no, {heads} FROM {table}")
    return {each: {row[0]: row[place + 1] for row in rows} for place, each in enumerate(expressions)}


@pytest.fixture(scope="module")
def computed(duck: Engine, spark: Any) -> Any:
    """Expressions over a table in both engines, and the rows of the table by number."""

    @cache
    def of(table: str) -> tuple[dict[str, dict[int, Any]], dict[str, dict[int, Any]], dict[int, Any]]:
        rows = {row[0]: row[1:] for row in duck.rows(f"SELECT * FROM {table}")}
        return columns(duck, table), columns(spark, table), rows

    return of


@pytest.mark.parametrize(("table", "expression"), EXPRESSIONS)
def test_an_expression_differs_only_where_that_is_known(computed: Any, table: str, expression: str) -> None:
    here, there, rows = computed(table)
    assert len(here[expression]) == len(rows) > 1
    known = {value for of, each, value in DIFFER if (of, each) == (table, expression)}
    found: dict[Any, list[str]] = defaultdict(list)
    for no, value in here[expression].items():
        one = difference([[value]], [[there[expression].get(no)]])
        if one:
            found[rows[no][0] if known else rows[no]] += one
    assert {each: found[each] for each in found if each not in known} == {}
    assert known <= found.keys(), "a cell that was known to differ is the same: take it out of differ.tsv"


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_statement_over_such_values_is_the_same(duck: Engine, spark: Any, statement: str) -> None:
    assert difference(duck.rows(statement), spark.rows(statement)) == []


COUNTED = (exp.Func, exp.Binary, exp.Unary, exp.Bracket, exp.Interval, exp.Between, exp.In, exp.AtTimeZone)
OUTSIDE = {"FromJson", "JSONExtractScalar"}
"""What runs in DuckDB on the executors: `test_dialect` has it."""


def used(sql: str) -> set[str]:
    """The functions and operators in a text of SQL, macros by their names."""
    nodes = [node for tree in sqlglot.parse(sql, read="duckdb") if tree for node in tree.walk()]
    named = {node.name.lower() for node in nodes if isinstance(node, exp.Anonymous)}
    casts = {
        f"{type(node).__name__} {node.to.this.name}"
        for node in nodes
        if isinstance(node, exp.Cast) and node.to.this.name not in ("STRUCT", "LIST")
    }
    return (
        named
        | casts
        | {type(n).__name__ for n in nodes if type(n) is not exp.Anonymous and isinstance(n, COUNTED)}
    )


def test_every_function_that_packs_use_is_in_the_table() -> None:
    texts = [
        path.read_text("utf-8")
        for pack in PACKS.values()
        for folder in ("views", "rules", "indicators")
        for path in sorted((pack.folder / folder).glob("*.sql"))
    ]
    assert len(texts) > 200
    wanted = {name for text in texts for name in used(text)} - OUTSIDE
    ours = [f"SELECT {expression} FROM {table}" for table, expression in EXPRESSIONS]
    covered = used(";\n".join(ours + STATEMENTS))
    macros = {each.this.this.name.lower() for each in sqlglot.parse(MACROS, read="duckdb") if each}
    assert wanted - covered - macros == set()
