"""The logical model: what one kind of bulk data holds, column by column, with the parts nested in it.

A model is three files of one stem: `FeeLine.toml` (what it is and which columns are its key), `FeeLine.tsv`
(one row per column) and `FeeLine.schema.json`, the JSON Schema that follows from both.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args

from kangshu.kernel.base.errors import Invalid, NotFound, Problem
from kangshu.kernel.base.toml import parse_toml

Type = Literal["text", "code", "integer", "number", "date", "datetime"]
Need = Literal["key", "must", ""]

_KEYS = frozenset("title title_en basis table key link happened sender codes_by_rule parts lines".split())
_NEEDED = _KEYS - {"codes_by_rule", "parts", "lines"}
_HEADING = ["part", "name", "type", "need", "codes", "title"]
_CODES = "codes.tsv"


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `need`: part of the key, must be filled, or neither; `codes` names a code set, '' none."""

    name: str
    type: Type
    need: Need
    codes: str
    title: str


@dataclass(frozen=True, slots=True)
class Part:
    """What is nested in each thing: a list of rows."""

    name: str
    title: str
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Lines:
    """Rows of another model that belong to a thing of this one: `link` has the same values in both.

    Rules about this model see them as the view `view`.
    """

    view: str
    model: str
    link: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """One kind of thing that lands in the lake.

    table     name of the table, and of the view that rules see
    key       columns that say which thing it is, for whoever sends it
    link      columns by which flat files of the parts refer to the thing
    happened  column with the time it is about
    sender    column with the code of the institution
    codes_by_rule  a rule checks the codes, so landing does not
    """

    name: str
    title: str
    title_en: str
    basis: str
    table: str
    key: tuple[str, ...]
    link: tuple[str, ...]
    happened: str
    sender: str
    columns: tuple[Column, ...]
    parts: tuple[Part, ...]
    lines: tuple[Lines, ...]
    codes_by_rule: bool

    def columns_of(self, part: str) -> tuple[Column, ...]:
        """The columns of a part, or of the thing itself for its own table name. Raises `NotFound`."""
        if part in ("", self.table):
            return self.columns
        for each in self.parts:
            if each.name == part:
                return each.columns
        raise NotFound(
            f"The model {self.name} has no part {part}.",
            remedy=f"It has {', '.join((self.table, *(each.name for each in self.parts)))}.",
        )


@dataclass(frozen=True, slots=True)
class Models:
    """The models of a pack and the code sets they name: set -> code -> title."""

    by_name: Mapping[str, Model]
    codes: Mapping[str, Mapping[str, str]]

    def get(self, name: str) -> Model:
        """The model of that name. Raises `NotFound`."""
        if name not in self.by_name:
            raise NotFound(
                f"There is no logical model {name}.", remedy=f"There are {', '.join(sorted(self.by_name))}."
            )
        return self.by_name[name]


def read_models(folder: Path) -> Models:
    """The models of a folder. Raises `Invalid` with every problem of every model."""
    codes = _read_codes(folder / _CODES)
    found: dict[str, Model] = {}
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.toml")):
        if path.name == "pack.toml":
            continue
        try:
            model = parse_model(
                path.stem, path.read_text("utf-8"), path.with_suffix(".tsv").read_text("utf-8"), codes
            )
        except Invalid as error:
            problems += error.problems
            continue
        found[model.name] = model
    problems += [
        Problem("error", "not-found", model.name, f"lines of {lines.model}, which is no model")
        for model in found.values()
        for lines in model.lines
        if lines.model not in found
    ]
    if problems:
        raise _invalid(str(folder), problems)
    return Models(found, codes)


def parse_model(name: str, toml: str, tsv: str, codes: Mapping[str, Mapping[str, str]]) -> Model:
    """Read one model. Raises `Invalid` with every problem."""
    table = parse_toml(toml, f"{name}.toml")
    rows = _rows(name, tsv)
    problems = [*_problems_of_keys(name, table), *_problems_of_rows(name, rows, table, codes)]
    if problems:
        raise _invalid(name, problems)
    by_part: dict[str, list[Column]] = {}
    for row in rows:
        by_part.setdefault(row["part"], []).append(_column(row))
    parts = cast("dict[str, str]", table.get("parts", {}))
    lines = cast("dict[str, dict[str, Any]]", table.get("lines", {}))
    return Model(
        name=name,
        key=tuple(table["key"]),
        link=tuple(table["link"]),
        columns=tuple(by_part.get("", ())),
        parts=tuple(Part(part, title, tuple(by_part.get(part, ()))) for part, title in parts.items()),
        lines=tuple(Lines(view, each["model"], tuple(each["link"])) for view, each in lines.items()),
        codes_by_rule=bool(table.get("codes_by_rule", False)),
        **{key: table[key] for key in ("title", "title_en", "basis", "table", "happened", "sender")},
    )


def _column(row: Mapping[str, str]) -> Column:
    return Column(row["name"], cast(Type, row["type"]), cast(Need, row["need"]), row["codes"], row["title"])


def _rows(name: str, tsv: str) -> list[dict[str, str]]:
    reader = csv.DictReader(io.StringIO(tsv), delimiter="\t", quoting=csv.QUOTE_NONE)
    if reader.fieldnames != _HEADING:
        raise _invalid(name, [_problem(f"{name}.tsv", f"the heading must be {', '.join(_HEADING)}")])
    return [{key: value or "" for key, value in row.items()} for row in reader]


def _problems_of_keys(name: str, table: Mapping[str, Any]) -> Iterable[Problem]:
    for key in sorted(table.keys() - _KEYS):
        yield _problem(f"{name}.toml {key}", "is not a key of a model")
    for key in sorted(_NEEDED - table.keys()):
        yield _problem(f"{name}.toml {key}", "is missing")
    for view, lines in table.get("lines", {}).items():
        if lines.keys() != {"model", "link"}:
            yield _problem(f"{name}.toml lines.{view}", "has the keys model and link, nothing else")


def _problems_of_rows(
    name: str,
    rows: list[dict[str, str]],
    table: Mapping[str, Any],
    codes: Mapping[str, Mapping[str, str]],
) -> Iterable[Problem]:
    seen: set[tuple[str, str]] = set()
    for number, row in enumerate(rows, 2):
        where = f"{name}.tsv line {number}"
        if (row["part"], row["name"]) in seen:
            yield _problem(where, f"names {row['name']} a second time")
        seen.add((row["part"], row["name"]))
        if row["part"] and row["part"] not in table.get("parts", {}):
            yield _problem(where, f"belongs to {row['part']}, which is no part of the model")
        if row["type"] not in get_args(Type):
            yield _problem(where, f"has a type other than {', '.join(get_args(Type))}")
        if row["need"] not in get_args(Need):
            yield _problem(where, "has a need other than key, must and none")
        if row["codes"] and row["codes"] not in codes:
            yield _problem(where, f"names the code set {row['codes']}, which is not there")
    own = {name for part, name in seen if part == ""}
    wanted = [*table.get("key", ()), *table.get("link", ()), table.get("happened"), table.get("sender")]
    for missing in sorted({each for each in wanted if each} - own):
        yield _problem(f"{name}.toml", f"names the column {missing}, which is not there")


def _read_codes(path: Path) -> Mapping[str, Mapping[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for row in csv.DictReader(io.StringIO(path.read_text("utf-8")), delimiter="\t"):
        found.setdefault(row["set"], {})[row["code"]] = row["title"]
    return found


def _problem(path: str, message: str) -> Problem:
    return Problem("error", "invalid", path, message)


def _invalid(where: str, problems: list[Problem]) -> Invalid:
    listed = "; ".join(f"{problem.path}: {problem.message}" for problem in problems)
    return Invalid(f"{where}: {listed}.", remedy="Correct the files named.", problems=tuple(problems))
