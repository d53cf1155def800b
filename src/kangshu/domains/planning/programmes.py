"""The indicators of a place: its own, and those of the programmes it requires, with its targets for them.

A place pack sets targets of a programme's indicator in `targets/NAME.toml`, NAME being the indicator; the
file holds `[[targets]]` and nothing else. An indicator has one definition, whoever steers by it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from kangshu.kernel.base.errors import Invalid, Problem
from kangshu.kernel.base.text_file import read_text_file
from kangshu.kernel.base.toml import parse_toml
from kangshu.kernel.indicators.definition import (
    FOLDER,
    Indicator,
    IndicatorSet,
    parse_targets_of,
    refused,
)
from kangshu.kernel.indicators.folder import read_indicators
from kangshu.kernel.packs.definition import FOLDER_OF_KIND, parse_manifest
from kangshu.kernel.packs.find import MANIFEST

TARGETS = "targets"


def indicators_of_place(folder: Path) -> IndicatorSet:
    """All a place counts and enters. Raises `Invalid` with every problem of the files that are wrong."""
    brought = [read_indicators(each) for each in programmes_of(folder)]
    own = read_indicators(folder)
    joined = join([own, *brought], folder.name)
    return with_targets(joined, folder / TARGETS, {each.id for each in own.indicators})


def programmes_of(folder: Path) -> tuple[Path, ...]:
    """The folders of the programmes with indicators that a place requires, in its order."""
    path = folder / MANIFEST
    required = parse_manifest(read_text_file(path), str(path)).requires if path.exists() else ()
    programmes = folder.parents[1] / FOLDER_OF_KIND["programme"]
    return tuple(programmes / name for name in required if (programmes / name / FOLDER).is_dir())


def join(sets: Sequence[IndicatorSet], name: str) -> IndicatorSet:
    """Several sets as one. Raises `Invalid` where two say different things under one name."""
    found = IndicatorSet(name, (), {}, {})
    problems: list[Problem] = []
    for each in sets:
        ids = {one.id for one in found.indicators}
        problems += [
            _problem(f"{each.name} {one.id}", "is an indicator of another pack too")
            for one in each.indicators
            if one.id in ids
        ]
        problems += [
            _problem(f"{each.name} {table}", "is a table of another pack too, with other rows")
            for table, rows in each.tables.items()
            if found.tables.get(table, rows) != rows
        ]
        problems += _problems_of_outside(found, each)
        views = {*found.outside, *each.outside}
        found = IndicatorSet(
            name,
            (*found.indicators, *each.indicators),
            {**found.tables, **each.tables},
            {view: {**found.outside.get(view, {}), **each.outside.get(view, {})} for view in sorted(views)},
        )
    _refuse(f"Indicators of {name}", problems, "An indicator, a table and a column have one definition.")
    return found


def _problems_of_outside(found: IndicatorSet, added: IndicatorSet) -> Iterable[Problem]:
    return [
        _problem(f"{added.name} {view}.{column}", "has another type in another pack")
        for view, columns in added.outside.items()
        for column, type_ in columns.items()
        if found.outside.get(view, {}).get(column, type_) != type_
    ]


def with_targets(indicators: IndicatorSet, folder: Path, own: Collection[str]) -> IndicatorSet:
    """The same with the targets of a folder for those of programmes. Raises `Invalid` with every problem.

    `own`: indicators of the place, which has their targets with them.
    """
    by_id = {each.id: each for each in indicators.indicators}
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.toml")):
        indicator = by_id.get(path.stem)
        if indicator is None:
            problems.append(_problem(path.name, "is of an indicator that no required programme has"))
        elif path.stem in own:
            problems.append(_problem(path.name, "is of an indicator of the place: set it there"))
        else:
            by_id[path.stem] = _targeted(indicator, path, problems)
    _refuse(f"Targets of {indicators.name}", problems, "See the page `define-an-indicator`.")
    return replace(indicators, indicators=tuple(by_id.values()))


def _targeted(indicator: Indicator, path: Path, problems: list[Problem]) -> Indicator:
    try:
        table = parse_toml(read_text_file(path), path.name, parse_float=Decimal)
        return replace(indicator, targets=parse_targets_of(indicator, table))
    except Invalid as error:
        found = error.problems or (Problem("error", error.code, "", error.message),)
        problems += [_problem(f"{path.name} {each.path}".strip(), each.message) for each in found]
        return indicator


def _refuse(what: str, problems: Sequence[Problem], remedy: str) -> None:
    if problems:
        raise refused(what, list(problems), remedy)


def _problem(path: str, message: str) -> Problem:
    return Problem("error", "invalid", path, message)
