"""A view as one SELECT over other views, with what is said about it in the TOML beside it.

`NAME.sql` is in DuckDB's dialect. `NAME.toml` may say:

    title, title_en   what it is called
    key       columns that tell a row from all others; checked whenever the view is kept
    keep      true: its rows are kept in the lake and made again when something below changes
    follows   what its rows come from one by one: a changed row there changes only rows made of it. What is
              read and not named here only adds to them, and a change of it may change any row
    [merges]  of a view that is kept: how two rows of one key become one, `min`, `max` or `sum` for each
              column that is not of the key. New rows below are then merged with what is kept, where
              otherwise all would be made again
    by        of a view that merges: the column of the key, a text, in whose folders the rows are kept: only
              those in which something is new are written again
    [columns] what each column holds
    [checks]  how many rows it must have to be kept: see `row_checks`
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from kangshu.kernel.base.errors import Invalid, Problem
from kangshu.kernel.base.toml import parse_toml
from kangshu.kernel.lake.engine import listed, quoted
from kangshu.kernel.views.row_checks import NO_CHECKS, RowChecks, parse_row_checks, problems_of_row_checks

DIALECT = "duckdb"

ROW_MAKERS = ("generate_series", "range", "unnest")
"""Functions that may stand where a table stands."""

_TEXTS = ("title", "title_en", "by")
_LISTS = ("key", "follows")
_MERGES = ("min", "max", "sum")


@dataclass(frozen=True, slots=True)
class SqlView:
    """One SELECT; `needs` are the relations it reads, `about` its first line of comment."""

    name: str
    sql: str
    about: str
    needs: frozenset[str]
    title: str = ""
    title_en: str = ""
    key: tuple[str, ...] = ()
    keep: bool = False
    follows: frozenset[str] = frozenset()
    columns: Mapping[str, str] | None = None
    checks: RowChecks = NO_CHECKS
    merges: Mapping[str, str] | None = None
    by: str = ""

    def merged(self, query: str) -> str:
        """A query for one row of each key of the rows of a query; of a view that merges."""
        assert self.merges is not None
        sums = "".join(
            f", {name}({quoted(column)}) AS {quoted(column)}" for column, name in self.merges.items()
        )
        return f"SELECT {listed(self.key)}{sums} FROM ({query}) GROUP BY {listed(self.key)}"


@lru_cache(256)
def parse_select(name: str, text: str, toml: str = "") -> SqlView:
    """A view from its SELECT and its TOML. Raises `Invalid` for what is not one SELECT, and wrong keys.

    Parsing SQL takes long; the same texts are read once.
    """
    try:
        statements = [each for each in sqlglot.parse(text, read=DIALECT) if each is not None]
    except SqlglotError as error:
        first = str(error).splitlines()[0]
        raise Invalid(f"{name}.sql cannot be read: {first}", remedy="Write one SELECT.") from None
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise Invalid(
            f"{name}.sql is not one SELECT.", remedy="Write one SELECT, nothing before or behind it."
        )
    makers = [each for each in statements[0].find_all(exp.Table) if _makes_rows(each)]
    if makers:
        called = ", ".join(sorted({each.this.sql(dialect=DIALECT) for each in makers}))
        raise Invalid(
            f"{name}.sql reads {called}: a function that may read files, or more than views.",
            remedy=f"Read views and tables by name; only {', '.join(ROW_MAKERS)} may make rows.",
        )
    own = {each.alias for each in statements[0].find_all(exp.CTE)}
    found = {each.name for each in statements[0].find_all(exp.Table) if each.name}
    first = text.lstrip().partition("\n")[0]
    about = first.removeprefix("--").strip() if first.startswith("--") else ""
    needs = frozenset(found - own)
    table = parse_toml(toml, f"{name}.toml")
    problems = _problems(table, needs)
    if problems:
        told = "; ".join(f"{each.path} {each.message}" for each in problems)
        raise Invalid(f"{name}.toml: {told}.", remedy="Correct it.", problems=tuple(problems))
    return SqlView(
        name,
        text.strip().removesuffix(";"),
        about,
        needs,
        **{key: table.get(key, "") for key in _TEXTS},
        key=tuple(table.get("key", ())),
        keep=table.get("keep", False),
        follows=frozenset(table.get("follows", ())),
        columns=table.get("columns"),
        checks=parse_row_checks(table.get("checks", {})),
        merges=table.get("merges"),
    )


def _makes_rows(table: exp.Table) -> bool:
    """Whether a function stands for a table that makes rows of more than it is given."""
    return isinstance(table.this, exp.Func) and not isinstance(table.this, exp.GenerateSeries)


def _problems(table: Mapping[str, Any], needs: frozenset[str]) -> list[Problem]:
    known = (*_TEXTS, *_LISTS, "keep", "columns", "checks", "merges")
    found = [_problem(key, "is not a key of a view") for key in table if key not in known]
    found += [_problem(key, "must be a text") for key in _TEXTS if not isinstance(table.get(key, ""), str)]
    found += [
        _problem(key, "must be a list of names") for key in _LISTS if not _are_texts(table.get(key, []))
    ]
    if not isinstance(table.get("keep", False), bool):
        found.append(_problem("keep", "must be true or false"))
    columns: Any = table.get("columns", {})
    if not (isinstance(columns, dict) and _are_texts(list(cast("dict[str, Any]", columns).values()))):
        found.append(_problem("columns", "must have a text for each column"))
    found += problems_of_row_checks(table.get("checks", {}))
    if "checks" in table and not table.get("keep"):
        found.append(_problem("checks", "are of a view that is kept: say `keep = true`"))
    if "merges" in table:
        found += _problems_of_merges(table)
    if not found and table.get("by") and not ("merges" in table and table["by"] in table["key"]):
        found.append(_problem("by", "must be a column of the key of a view that merges"))
    if not found:
        strange = sorted(set(table.get("follows", ())) - needs)
        found += [_problem("follows", f"names {name}, which the SELECT does not read") for name in strange]
    return found


def _problems_of_merges(table: Mapping[str, Any]) -> list[Problem]:
    if not isinstance(table["merges"], dict):
        return [_problem("merges", "must be a table")]
    said = cast("dict[str, Any]", table["merges"])
    needed = ("keep", "key", "follows")
    found = [_problem("merges", f"needs {each} beside it") for each in needed if not table.get(each)]
    return found + [
        _problem(f"merges.{column}", f"must be one of {', '.join(_MERGES)}")
        for column, name in said.items()
        if name not in _MERGES
    ]


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in cast("list[Any]", value))


def _problem(path: str, message: str) -> Problem:
    return Problem("error", "invalid", path, message)
