"""The views of packs: ViewDefinitions over facts, and SELECTs over other views, in order.

An item is `views/NAME.view.json` or `views/NAME.sql` of a pack (see `sql_view`). What a SELECT reads is found
in it: other views, small tables (`views/NAME.tsv`), tables of logical models by their names, and for each
type of fact `fact_of_<type>`, which says of each fact whose it is and when it was known (`id`, `person`,
`org`, `county`, `recorded`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import orjson

from kangshu.kernel.base.errors import Invalid, NotFound, Problem
from kangshu.kernel.base.text_file import read_text_file
from kangshu.kernel.base.tsv import read_tsv
from kangshu.kernel.views.definition import ViewDefinition
from kangshu.kernel.views.parsing import parse_view
from kangshu.kernel.views.sql_view import SqlView, parse_select

OF_FACTS = "fact_of_"


@dataclass(frozen=True, slots=True)
class ViewSet:
    """All views by name, and the small tables they read; names are of one space.

    bases  what is below all views: tables of logical models, and `fact_of_` and a type in lower case
    """

    definitions: Mapping[str, ViewDefinition]
    selects: Mapping[str, SqlView]
    tables: Mapping[str, Sequence[Mapping[str, str]]]
    bases: frozenset[str] = frozenset()

    @property
    def names(self) -> tuple[str, ...]:
        """What can be asked for."""
        return tuple(sorted({*self.definitions, *self.selects}))

    def needs_of(self, name: str) -> frozenset[str]:
        """What a view reads: of views, tables and facts."""
        if name in self.definitions:
            return frozenset({f"{OF_FACTS}{self.definitions[name].resource.lower()}"})
        return self.selects[name].needs if name in self.selects else frozenset()

    def follows_of(self, name: str) -> frozenset[str]:
        """What the rows of a view come from one by one: see `sql_view`. Nothing for one that merges them."""
        if name in self.selects:
            return self.selects[name].follows if self.selects[name].merges is None else frozenset()
        return self.needs_of(name)

    def order(self, wanted: Iterable[str], given: Collection[str] = ()) -> tuple[str, ...]:
        """The wanted views and all they read, each behind what it reads. Raises `NotFound`.

        `given`: what is there already, so that what it reads is not asked for.
        """
        graph: dict[str, frozenset[str]] = {}
        waiting = list(wanted)
        while waiting:
            name = waiting.pop()
            if name in graph:
                continue
            if not {name} & (self.bases | self.tables.keys() | {*self.names}):
                raise NotFound(f"There is no view {name}.", remedy=f"There are {', '.join(self.names)}.")
            graph[name] = frozenset() if name in given else self.needs_of(name)
            waiting += graph[name]
        return tuple(TopologicalSorter(graph).static_order())


def read_view_set(folders: Iterable[Path], types: Collection[str], models: Collection[str] = ()) -> ViewSet:
    """The views below the folders of packs. Raises `Invalid` with every problem of every view.

    `types`: types of facts, in lower case; `models`: tables of logical models.
    """
    problems: list[Problem] = []
    definitions: dict[str, ViewDefinition] = {}
    selects: dict[str, SqlView] = {}
    tables: dict[str, Sequence[Mapping[str, str]]] = {}
    places: dict[str, str] = {}
    for path in sorted(path for folder in folders for path in (folder / "views").glob("*.*")):
        name, _, kind = path.name.partition(".")
        if kind == "toml" and path.with_suffix(".sql").exists():
            continue
        place = f"{path.parents[1].name}/views/{path.name}"
        if name in definitions or name in selects or name in tables:
            problems.append(_problem(place, "there is another of this name: rename one"))
        places[name] = place
        try:
            if kind == "view.json":
                definitions[name] = parse_view(orjson.loads(read_text_file(path)))
            elif kind == "sql":
                toml = path.with_suffix(".toml")
                about = read_text_file(toml) if toml.exists() else ""
                selects[name] = parse_select(name, read_text_file(path), about)
            elif kind == "tsv":
                tables[name] = read_tsv(path)
            else:
                problems.append(_problem(place, "is no view (.view.json, .sql) and no table (.tsv)"))
        except orjson.JSONDecodeError as error:
            problems.append(_problem(place, f"is not JSON: line {error.lineno}, column {error.colno}"))
        except Invalid as error:
            problems += [
                _problem(f"{place} {each.path}".strip(), each.message) for each in error.problems
            ] or [_problem(place, str(error))]
    bases = frozenset({*models, *(f"{OF_FACTS}{each}" for each in types)})
    problems += [
        _problem(places[name], "there is a table of a logical model of this name: rename the view")
        for name in sorted(bases & {*definitions, *selects, *tables})
    ]
    known = {*definitions, *selects, *tables, *bases}
    for view in selects.values():
        problems += [
            _problem(places[view.name], f"reads {name}, which is nowhere")
            for name in sorted(view.needs - known)
        ]
    found = ViewSet(definitions, selects, tables, bases)
    if not problems:
        problems += _circle(found, places)
    if problems:
        more = f" (and {len(problems) - 1} more)" if problems[1:] else ""
        first = f"{problems[0].path}: {problems[0].message}"
        raise Invalid(f"Views: {first}{more}.", remedy="Correct the files.", problems=tuple(problems))
    return found


def _circle(views: ViewSet, places: Mapping[str, str]) -> list[Problem]:
    try:
        TopologicalSorter({name: views.needs_of(name) for name in views.names}).prepare()
    except CycleError as error:
        return [_problem(places[error.args[1][0]], f"reads itself: {' → '.join(error.args[1])}")]
    return []


def _problem(path: str, message: str) -> Problem:
    return Problem("error", "invalid", path, message)
