"""Each expression and each form of a statement gives on Spark what it gives in DuckDB."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlglot

from kangshu.kernel.base.errors import NotSupported
from kangshu.kernel.lake.engine import Engine, engine
from tests.spark.equal import difference

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
ROWS = (HERE / "rows.sql").read_text("utf-8")
MACROS = (
    "CREATE MACRO twice(x) AS x * 2; CREATE MACRO named(s) AS coalesce(s.name, CAST(twice(2) AS VARCHAR));"
)


def lines(name: str) -> list[str]:
    return (HERE / name).read_text("utf-8").splitlines()[1:]


@pytest.fixture(scope="module")
def duck() -> Iterator[Engine]:
    with engine() as work:
        work.run(MACROS)
        work.run(f"CREATE TABLE t AS {ROWS}")
        yield work


@pytest.fixture(scope="module")
def spark(session: Any, duck: Engine) -> Iterator[Any]:
    from kangshu.kernel.views.spark.engine import spark_engine

    with spark_engine(session, MACROS) as work:
        work.offer("t", duck.arrow("SELECT * FROM t").read_all())
        yield work


def as_columns(work: Any, expressions: list[str]) -> dict[str, list[tuple[Any, Any]]]:
    """Expressions computed in one statement, each with the number of its row."""
    heads = ", ".join(f"{each} AS x{place}" for place, each in enumerate(expressions))
    rows = work.rows(f"SELECT i AS no, {heads} FROM t")
    return {each: [(row[0], row[place + 1]) for row in rows] for place, each in enumerate(expressions)}


@pytest.fixture(scope="module")
def both(duck: Engine, spark: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """All expressions in both engines: one statement is many times faster than as many."""
    return as_columns(duck, lines("expressions.tsv")), as_columns(spark, lines("expressions.tsv"))


@pytest.mark.parametrize("expression", lines("expressions.tsv"))
def test_an_expression_is_the_same(both: tuple[dict[str, Any], dict[str, Any]], expression: str) -> None:
    assert difference(both[0][expression], both[1][expression]) == []


@pytest.mark.parametrize("statement", lines("statements.tsv"))
def test_a_statement_is_the_same(duck: Engine, spark: Any, statement: str) -> None:
    assert difference(duck.rows(statement), spark.rows(statement)) == []


@pytest.mark.parametrize(
    "expression",
    [
        "hash(s)",
        "age(ts)",
        "regexp_replace(s, 'a', 'b')",
        "string_agg(s, ',')",
        "list(DISTINCT s)",
        "mode(i)",
        "l[1:2]",
        "f // 2",
        "regexp_matches(s, written)",
        "regexp_matches(s, '^a', 'm')",
        "regexp_extract(s, 'a', 0, 'i')",
        "quantile_cont(d, [0.1, 0.5])",
        "median(day)",
        "try_strptime(s, '%d %B %Y')",
        "try_strptime(s, '%H:%M')",
        "unnest([st], recursive := true)",
        "s = ANY (SELECT 'a')",
    ],
)
def test_what_nobody_has_shown_to_be_the_same_is_refused(spark: Any, expression: str) -> None:
    with pytest.raises(NotSupported):
        spark.rows(f"SELECT {expression} FROM t")


def test_what_is_called_the_same_has_an_example() -> None:
    from kangshu.kernel.views.spark.same import SAME

    queries = [f"SELECT {each}" for each in lines("expressions.tsv")] + lines("statements.tsv")
    seen = {type(node) for query in queries for node in sqlglot.parse_one(query, read="duckdb").walk()}
    assert {each.__name__ for each in SAME - seen} == set()
