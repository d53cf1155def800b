"""The indicators of a pack, read from its folder: those that can be read, and every problem of the others."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar, cast

from kangshu.kernel.base.errors import Invalid, Problem
from kangshu.kernel.base.text_file import read_text_file
from kangshu.kernel.base.toml import parse_toml
from kangshu.kernel.base.tsv import read_needs, read_tsv
from kangshu.kernel.indicators.definition import FOLDER, Indicator, IndicatorSet, parse_indicator, refused
from kangshu.kernel.indicators.statement import problems_of_statement, read_statements
from kangshu.kernel.lake.columns import SQL_TYPES

ENDINGS = ("toml", "sql", "examples.toml")
"""What the files of an indicator end in."""

_Read = TypeVar("_Read")
_Other = TypeVar("_Other")


def read_indicators(folder: Path) -> IndicatorSet:
    """The indicators and tables of a pack. Raises `Invalid` with every problem of every indicator."""
    found, problems = look_at_indicators(folder)
    if problems:
        raise refused(f"Indicators of {folder.name}", problems, "Correct the files named.")
    return found


def look_at_indicators(folder: Path) -> tuple[IndicatorSet, list[Problem]]:
    """The indicators of a pack that can be read, and every problem of the others, of tables and needs."""
    problems: list[Problem] = []
    nothing: list[dict[str, str]] = []
    tables = {
        path.stem: _read_or(nothing, problems, read_tsv, path, "tables/")
        for path in sorted((folder / "tables").glob("*.tsv"))
    }
    outside = _read_or(None, problems, read_needs, folder / "needs.tsv", "")
    problems += _problems_of_needs(outside)
    indicators: list[Indicator] = []
    stems = {path.name.partition(".")[0] for path in files_of_indicators(folder)}
    trees = _trees(folder / FOLDER)
    for stem in sorted(stems):
        try:
            indicators.append(_read(folder / FOLDER, stem, trees.get(stem), tables, outside))
        except Invalid as error:
            problems += [_of_file(stem, each) for each in problems_in(error)]
    types = {name: _known_types(columns) for name, columns in (outside or {}).items()}
    return IndicatorSet(folder.name, tuple(indicators), tables, types), problems


def files_of_indicators(folder: Path) -> list[Path]:
    """The files below a pack that are of indicators; others may lie there."""
    paths = sorted((folder / FOLDER).glob("*.*"))
    return [path for path in paths if path.name.partition(".")[0] and path.name.partition(".")[2] in ENDINGS]


def problems_in(error: Invalid) -> tuple[Problem, ...]:
    """The problems of an error; one without any is one itself."""
    return error.problems or (Problem("error", error.code, "", str(error)),)


def _read_or(
    default: _Other, problems: list[Problem], read: Callable[[Path], _Read], path: Path, place: str
) -> _Read | _Other:
    try:
        return read(path)
    except Invalid as error:
        found = problems_in(error)
        problems += [_problem(f"{place}{path.name} {each.path}".strip(), each.message) for each in found]
        return default


def _of_file(stem: str, problem: Problem) -> Problem:
    """The same problem with the file it is in: what is said of the SELECT is of the `.sql`."""
    of_sql = problem.path == "sql"
    file = f"{FOLDER}/{stem}.{'sql' if of_sql else 'toml'}"
    path = file if of_sql else f"{file} {problem.path}".strip()
    return Problem("error", problem.code, path, problem.message)


def _trees(folder: Path) -> dict[str, Any]:
    """The statements that can be read as texts, as DuckDB reads them, by stem."""
    texts: dict[str, str] = {}
    for path in sorted(folder.glob("*.sql")):
        with suppress(Invalid):
            texts[path.stem] = read_text_file(path)
    if not texts:
        return {}
    return dict(zip(texts, read_statements(tuple(texts.values())), strict=True))


def _read(
    folder: Path, stem: str, tree: Any, tables: Collection[str], outside: Collection[str] | None
) -> Indicator:
    paths = {ending: folder / f"{stem}.{ending}" for ending in ("toml", "sql")}
    if not paths["toml"].exists():
        raise Invalid(f"There is no {stem}.toml.", problems=(_problem("", "is not there: write it"),))
    try:
        sql = read_text_file(paths["sql"]) if paths["sql"].exists() else None
    except Invalid as error:
        raise Invalid(error.message, problems=(_problem("sql", str(error)),)) from None
    toml = read_text_file(paths["toml"])
    faults: list[Problem] = []
    try:
        found = parse_indicator(toml, sql, stem)
        if found.id != stem:
            faults.append(_problem("id", f"is {found.id}, and the files say {stem}"))
    except Invalid as error:
        found = None
        faults += problems_in(error)
    needs = _needs_in(toml, stem)
    if needs is not None:
        faults += [
            _problem("needs", f"names {name}, which needs.tsv does not describe")
            for name in needs
            if outside is not None and name not in outside
        ]
        offered = [*needs, *tables]
        told = problems_of_statement(tree, offered) if sql and sql.strip() else []
        faults += [_problem("sql", each) for each in told]
    if faults or found is None:
        raise Invalid(f"{stem} is wrong.", problems=tuple(faults))
    return found


def _needs_in(toml: str, stem: str) -> list[str] | None:
    """The views an indicator names; None where that cannot be known, so that nothing is said of them."""
    try:
        needs: Any = parse_toml(toml, stem).get("needs", [])
    except Invalid:
        return None
    return [str(each) for each in cast("list[Any]", needs)] if isinstance(needs, list) else None


def _known_types(columns: Mapping[str, str]) -> dict[str, str]:
    return {name: type_ if type_ in SQL_TYPES else "text" for name, type_ in columns.items()}


def _problems_of_needs(outside: Mapping[str, Mapping[str, str]] | None) -> list[Problem]:
    """Columns of `needs.tsv` whose type is none."""
    return [
        _problem(f"needs.tsv {view}.{column}", f"has the type {type_}: must be one of {', '.join(SQL_TYPES)}")
        for view, columns in (outside or {}).items()
        for column, type_ in columns.items()
        if type_ not in SQL_TYPES
    ]


def _problem(path: str, message: str) -> Problem:
    return Problem("error", "invalid", path, message)
