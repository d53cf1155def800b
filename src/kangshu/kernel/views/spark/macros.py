"""Macros of packs written out: Spark has none, so each call becomes what it stands for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB

from kangshu.kernel.base.errors import Invalid


class AsWritten(DuckDB):
    """DuckDB's SQL with places in lists as they are written: the parser counts some from 0."""

    INDEX_OFFSET = 0


DIALECT = AsWritten


@dataclass(frozen=True, slots=True)
class Macro:
    """What a name with arguments stands for: one expression."""

    arguments: tuple[str, ...]
    body: exp.Expr


def parse_macros(text: str) -> dict[str, Macro]:
    """The macros of a file of CREATE MACRO, by name, each written out in terms of none."""
    found: dict[str, Macro] = {}
    for statement in sqlglot.parse(text, read=DIALECT):
        if statement is None:
            continue
        name, macro = macro_of(statement)
        found[name] = Macro(macro.arguments, written_out(macro.body, found))
    return found


def macro_of(statement: exp.Expr) -> tuple[str, Macro]:
    """One CREATE MACRO. Raises `Invalid` for anything else, and for macros that are tables."""
    head = statement.this
    body = statement.args.get("expression")
    if not isinstance(statement, exp.Create) or not isinstance(head, exp.UserDefinedFunction):
        raise Invalid("This is no CREATE MACRO.", remedy="A file of functions holds macros, nothing else.")
    if not isinstance(body, exp.Expr) or isinstance(body, exp.Query):
        raise Invalid(f"The macro {head.name} is a table.", remedy="Make it a view.")
    return head.this.name.lower(), Macro(tuple(each.name.lower() for each in head.expressions), body)


def written_out(tree: exp.Expr, macros: Mapping[str, Macro]) -> exp.Expr:
    """The tree without calls of macros, as a new one."""
    tree = tree.copy()
    for call in [each for each in tree.find_all(exp.Anonymous) if each.name.lower() in macros][::-1]:
        macro = macros[call.name.lower()]
        given = dict(zip(macro.arguments, call.expressions, strict=True))
        new = _filled(macro.body.copy(), given)
        if call is tree:
            return new
        call.replace(_closed(new))
    return tree


def _filled(body: exp.Expr, given: Mapping[str, exp.Expr]) -> exp.Expr:
    """The body with its arguments in their places: `x`, and `x.field`, which reads like a table's column."""
    for column in list(body.find_all(exp.Column)):
        first = column.parts[0]
        if first.name.lower() not in given or _is_bound(column, first.name):
            continue
        new: exp.Expr = _closed(given[first.name.lower()].copy())
        for part in column.parts[1:]:
            new = exp.Dot(this=new, expression=part.copy())
        if column is body:
            return new
        column.replace(new)
    return body


def _closed(node: exp.Expr) -> exp.Expr:
    """In parentheses where it needs any: Spark takes twice as long to read each pair around another."""
    alone = (exp.Column, exp.Literal, exp.Paren, exp.Bracket, exp.Func)
    if isinstance(node, alone) and not isinstance(node, exp.Binary):
        return node
    return exp.paren(node, copy=False)


def _is_bound(column: exp.Expr, name: str) -> bool:
    """Whether a lambda around it gives the name another meaning."""
    around = column.find_ancestor(exp.Lambda)
    while around is not None:
        if name.lower() in {each.name.lower() for each in around.expressions}:
            return True
        around = around.find_ancestor(exp.Lambda)
    return False
