"""What only DuckDB can: expressions about JSON run in DuckDB on the executors, equal by construction."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from kangshu.kernel.base.errors import NotSupported
from kangshu.kernel.lake.arrow import pa
from kangshu.kernel.lake.engine import engine
from kangshu.kernel.views.spark.macros import DIALECT
from kangshu.kernel.views.spark.nodes import call, cast

_FORMS = (exp.FromJson, exp.JSONExtract, exp.JSONExtractScalar)
_META = "outside"


@dataclass(frozen=True, slots=True)
class Outside:
    """A function: its name on Spark, and the expression over `a0`, `a1` … that it is in DuckDB."""

    name: str
    sql: str
    types: tuple[str, ...]

    def type(self) -> str:
        """What it gives, as DuckDB writes types."""
        with engine() as work:
            return work.types(self._of_nothing())["found"]

    def schema(self) -> Any:
        """What it gives, as an Arrow type."""
        with engine() as work:
            return work.arrow(self._of_nothing()).schema.field("found").type

    def _of_nothing(self) -> str:
        heads = ", ".join(f"CAST(NULL AS {type_}) AS a{place}" for place, type_ in enumerate(self.types))
        return f"SELECT {self.sql} AS found FROM (SELECT {heads})"


def outside(template: str, given: Mapping[str, exp.Expr]) -> exp.Expr:
    """A call of an expression of DuckDB over arguments, each with its type; `{0}` is where the first goes."""
    names = [f"CAST(a{place} AS {type_})" for place, type_ in enumerate(given)]
    return _called(template.format(*names), tuple(given), tuple(given.values()))


def taken_outside(tree: exp.Expr) -> exp.Expr:
    """The tree with calls of DuckDB in place of what is about JSON."""
    for node in list(tree.find_all(*_FORMS)):
        of, rest = node.this, [each for key, each in node.args.items() if key != "this"]
        if any(isinstance(each, exp.Expr) and each.find(exp.Column) for each in rest):
            raise NotSupported(
                "A path in JSON that is a column is not known on Spark.", remedy="Write the path."
            )
        shape = node.copy()
        shape.set("this", exp.column("a0"))
        node.replace(_called(shape.sql(DIALECT), ("VARCHAR",), (of.copy(),)))
    return tree


def outsides_of(tree: exp.Expr) -> tuple[Outside, ...]:
    """What a tree calls of DuckDB."""
    found = [node.meta[_META] for node in tree.find_all(exp.Anonymous) if _META in node.meta]
    return tuple({each.name: each for each in found}.values())


def _called(sql: str, types: tuple[str, ...], arguments: tuple[exp.Expr, ...]) -> exp.Expr:
    function = Outside(f"kangshu_{hashlib.sha256(sql.encode()).hexdigest()[:12]}", sql, types)
    node = call(function.name.upper(), *arguments)
    node.meta[_META] = function
    to = exp.DataType.build(function.type().replace("JSON", "VARCHAR"), dialect="duckdb").sql("spark")
    return cast(node, to)


def as_batches(sql: str, arguments: int) -> Callable[..., Any]:
    """The function of arrays of Arrow that Spark calls on the executors."""

    def computed(*given: Any) -> Any:
        with engine() as work:
            work.run("SET threads = 1")
            work.offer("batch", pa.table({f"a{place}": each for place, each in enumerate(given)}))
            found = work.arrow(f"SELECT {sql} AS found FROM batch").read_all()
        return found.column("found").combine_chunks()

    # Spark counts the arguments, and reads from the annotations what kind of function this is.
    def of_one(a: Any) -> Any:
        return computed(a)

    def of_two(a: Any, b: Any) -> Any:
        return computed(a, b)

    function: Callable[..., Any] = of_one if arguments == 1 else of_two
    function.__annotations__ = dict.fromkeys("ab"[:arguments], pa.Array) | {"return": pa.Array}
    return function
