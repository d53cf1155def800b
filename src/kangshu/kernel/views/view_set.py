"""The views of packs: ViewDefinitions over facts, and SELECTs over other views, in order.

An item is `views/NAME.view.json` or `views/NAME.sql` of a pack; a SELECT is in DuckDB's dialect. What it
reads is found in it: other views, small tables (`views/NAME.tsv`), and for each type of fact
`fact_of_<type>`, which says of each fact whose it is and when it was known (`id`, `person`, `org`, `county`,
`recorded`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import orjson
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from kangshu.kernel.base.errors import Invalid, NotFound, Problem
from kangshu.kernel.base.tsv import read_tsv
from kangshu.kernel.views.definition import ViewDefinition
from kangshu.kernel.views.parsing import parse_view

OF_FACTS = "fact_of_"
DIALECT = "duckdb"


@dataclass(frozen=True, slots=True)
class SqlView:
    """One SELECT; `needs` are the relations it reads, `about` its first line of comment."""

    name: str
    sql: str
    about: str
    needs: frozenset[str]


@dataclass(frozen=True, slots=True)
class ViewSet:
    """All views by name, and the small tables they read; names are of one space."""

    definitions: Mapping[str, ViewDefinition]
    selects: Mapping[str, SqlView]
    tables: Mapping[str, Sequence[Mapping[str, str]]]

    @property
    def names(self) -> tuple[str, ...]:
        """What can be asked for."""
        return tuple(sorted({*self.definitions, *self.selects}))

    def needs_of(self, name: str) -> frozenset[str]:
        """What a view reads: of views, tables and facts."""
        if name in self.definitions:
            return frozenset()
        return self.selects[name].needs if name in self.selects else frozenset()

    def order(self, wanted: Iterable[str]) -> tuple[str, ...]:
        """The wanted views and all they read, each behind what it reads. Raises `NotFound`."""
        graph: dict[str, frozenset[str]] = {}
        waiting = list(wanted)
        while waiting:
            name = waiting.pop()
            if name in graph:
                continue
            if not name.startswith(OF_FACTS) and name not in self.tables and name not in self.names:
                raise NotFound(f"There is no view {name}.", remedy=f"There are {', '.join(self.names)}.")
            graph[name] = self.needs_of(name)
            waiting += graph[name]
        return tuple(TopologicalSorter(graph).static_order())


def parse_select(name: str, text: str) -> SqlView:
    """A view from its SELECT. Raises `Invalid` for what is not one SELECT."""
    try:
        statements = [each for each in sqlglot.parse(text, read=DIALECT) if each is not None]
    except SqlglotError as error:
        first = str(error).splitlines()[0]
        raise Invalid(f"{name}.sql cannot be read: {first}", remedy="Write one SELECT.") from None
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise Invalid(
            f"{name}.sql is not one SELECT.", remedy="Write one SELECT, nothing before or behind it."
        )
    own = {each.alias for each in statements[0].find_all(exp.CTE)}
    found = {each.name for each in statements[0].find_all(exp.Table) if each.name}
    first = text.lstrip().partition("\n")[0]
    about = first.removeprefix("--").strip() if first.startswith("--") else ""
    return SqlView(name, text.strip().removesuffix(";"), about, frozenset(found - own))


def read_view_set(folders: Iterable[Path], types: Collection[str]) -> ViewSet:
    """The views below the folders of packs. Raises `Invalid` with every problem of every view.

    `types`: types of facts, in lower case.
    """
    problems: list[Problem] = []
    definitions: dict[str, ViewDefinition] = {}
    selects: dict[str, SqlView] = {}
    tables: dict[str, Sequence[Mapping[str, str]]] = {}
    for path in sorted(path for folder in folders for path in (folder / "views").glob("*.*")):
        name, _, kind = path.name.partition(".")
        if name in definitions or name in selects or name in tables:
            problems.append(_problem(path.name, "there is another of this name"))
        try:
            if kind == "view.json":
                definitions[name] = parse_view(orjson.loads(path.read_bytes()))
            elif kind == "sql":
                selects[name] = parse_select(name, path.read_text("utf-8"))
            elif kind == "tsv":
                tables[name] = read_tsv(path)
            else:
                problems.append(_problem(path.name, "is no view (.view.json, .sql) and no table (.tsv)"))
        except (Invalid, orjson.JSONDecodeError) as error:
            problems.append(_problem(path.name, str(error)))
    known = {*definitions, *selects, *tables, *(f"{OF_FACTS}{each}" for each in types)}
    for view in selects.values():
        problems += [
            _problem(f"{view.name}.sql", f"reads {name}, which is nowhere")
            for name in sorted(view.needs - known)
        ]
    found = ViewSet(definitions, selects, tables)
    if not problems:
        problems += _circle(found)
    if problems:
        listed = "; ".join(f"{problem.path}: {problem.message}" for problem in problems)
        raise Invalid(f"Views: {listed}.", remedy="Correct the files.", problems=tuple(problems))
    return found


def _circle(views: ViewSet) -> list[Problem]:
    try:
        TopologicalSorter({name: views.needs_of(name) for name in views.names}).prepare()
    except CycleError as error:
        return [_problem(f"{error.args[1][0]}.sql", f"reads itself: {' → '.join(error.args[1])}")]
    return []


def _problem(path: str, message: str) -> Problem:
    return Problem("error", "invalid", path, message)
