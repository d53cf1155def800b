"""A SELECT of a pack, written for DuckDB, as Spark reads it, with the same meaning.

sqlglot translates the words. Where the same words mean something else, a repair says what was meant
(`numbers`, `times`, `texts`, `lists`, `aggregates`); a function that is neither repaired nor known to mean
the same is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ErrorLevel, SqlglotError
from sqlglot.optimizer.annotate_types import TypeAnnotator, annotate_types
from sqlglot.optimizer.qualify import qualify

from kangshu.kernel.base.errors import Invalid, NotSupported
from kangshu.kernel.views.spark.aggregates import AGGREGATES, AGGREGATES_BY_NAME
from kangshu.kernel.views.spark.lists import LIST_REPAIRS
from kangshu.kernel.views.spark.macros import DIALECT, Macro, written_out
from kangshu.kernel.views.spark.nodes import DONE
from kangshu.kernel.views.spark.numbers import NUMBERS, NUMBERS_BY_NAME
from kangshu.kernel.views.spark.outside import Outside, outsides_of, taken_outside
from kangshu.kernel.views.spark.same import SAME
from kangshu.kernel.views.spark.selects import (
    by_name_as_by_place,
    judged_outside,
    refuse_unknown_forms,
    typed_lambdas,
    unfolded_tables,
    zipped,
)
from kangshu.kernel.views.spark.texts import TEXT_REPAIRS
from kangshu.kernel.views.spark.times import TIMES, TIMES_BY_NAME

Schema = Mapping[str, Mapping[str, str]]
"""Relation -> column -> type, as DuckDB writes types."""

_TABLES = (AGGREGATES, NUMBERS, TIMES, TEXT_REPAIRS, LIST_REPAIRS)
_BY_NAME = {**AGGREGATES_BY_NAME, **NUMBERS_BY_NAME, **TIMES_BY_NAME}


@dataclass(frozen=True, slots=True)
class SparkSql:
    """A query of Spark, and the functions of DuckDB it calls."""

    sql: str
    outside: tuple[Outside, ...] = field(default=())


def parse_statement(statement: str) -> exp.Expr:
    """One statement of DuckDB. Raises `Invalid`."""
    try:
        found = sqlglot.parse_one(statement, read=DIALECT)
    except SqlglotError as error:
        raise Invalid(f"This SQL cannot be read: {str(error).splitlines()[0]}") from None
    assert isinstance(found, exp.Expr)
    return found


def to_spark(
    query: exp.Expr, schema: Schema, macros: Mapping[str, Macro], values: Mapping[str, Any]
) -> SparkSql:
    """A query over relations of which the columns are known.

    Raises `NotSupported` for what has no counterpart.
    """
    refuse_unknown_forms(query)
    tree = unfolded_tables(taken_outside(bound(written_out(query, macros), values)))
    try:
        tree = qualify(
            tree,
            schema={name: dict(columns) for name, columns in schema.items()},
            dialect=DIALECT,
            quote_identifiers=False,
            validate_qualify_columns=False,
        )
        tree = annotate_types(tree, schema=dict(schema), dialect=DIALECT, expression_metadata=_METADATA)
        tree = repaired(zipped(judged_outside(by_name_as_by_place(typed_lambdas(tree)))))
        sql = tree.sql("spark", identify=True, comments=False, unsupported_level=ErrorLevel.RAISE)
    except SqlglotError as error:
        first = str(error).splitlines()[0]
        raise NotSupported(
            f"This SQL has no counterpart on Spark: {first}", remedy="Write it otherwise."
        ) from None
    return SparkSql(sql, outsides_of(tree))


def bound(tree: exp.Expr, values: Mapping[str, Any]) -> exp.Expr:
    """The tree with the values of its parameters, which are never texts of people, in their places."""
    for place in [*tree.find_all(exp.Parameter), *tree.find_all(exp.Placeholder)]:
        if place.name not in values:
            raise Invalid(f"The parameter ${place.name} has no value.")
        place.replace(_literal(values[place.name]))
    return tree


def _literal(value: Any) -> exp.Expr:
    if isinstance(value, datetime):
        return exp.cast(exp.Literal.string(value.isoformat(sep=" ")), "TIMESTAMP", dialect=DIALECT)
    if isinstance(value, date):
        return exp.cast(exp.Literal.string(value.isoformat()), "DATE", dialect=DIALECT)
    if isinstance(value, Decimal):
        digits = max(0, -int(value.as_tuple().exponent))
        return exp.cast(exp.Literal.string(f"{value:f}"), f"DECIMAL(38, {digits})", dialect=DIALECT)
    return exp.convert(value)


def repaired(tree: exp.Expr) -> exp.Expr:
    """Every node that means something else on Spark, replaced, from the leaves up."""
    for node in reversed(list(tree.walk(bfs=True))):
        new = _repair(node)
        if new is not None and node is tree:
            tree = new
    for node in tree.find_all(exp.Func):
        _refuse_unproved(node)
    return tree


def _repair(node: exp.Expr) -> exp.Expr | None:
    if node.meta.get(DONE):
        return None
    found = [table[type(node)] for table in _TABLES if type(node) in table]
    if isinstance(node, exp.Anonymous) and node.name.lower() in _BY_NAME:
        found = [_BY_NAME[node.name.lower()]]
    for repair in found:
        new = repair(node)
        if new is None:
            continue
        if new.type is None:
            new.type = node.type
        if node.parent is not None:
            node.replace(new)
        return new
    return None


def _refuse_unproved(node: exp.Func) -> None:
    if node.meta.get(DONE) or isinstance(node, exp.Cast) or type(node) in SAME:
        return
    name = node.name if isinstance(node, exp.Anonymous) else node.sql_name()
    raise NotSupported(
        f"Nobody has shown that {name.lower()} means the same on Spark.",
        remedy="Use another function, or add it to kernel/views/spark with an example in tests/spark.",
    )


def _as_its_list(self: TypeAnnotator, node: exp.Expr) -> exp.Expr:
    self._set_type(node, node.this.type)  # pyright: ignore[reportPrivateUsage]
    return node


_METADATA = {
    **Dialect.get_or_raise(DIALECT).EXPRESSION_METADATA,
    **{each: {"annotator": _as_its_list} for each in (exp.ArrayFilter, exp.ArrayDistinct, exp.ArraySort)},
}
