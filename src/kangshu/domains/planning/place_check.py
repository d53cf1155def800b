"""Check what a place pack says of planning: every problem of every file at once, none raised."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from kangshu.domains.planning.plan import (
    lacking_parameters,
    look_at_plan,
    read_parameters,
    read_place,
)
from kangshu.domains.planning.programmes import join, programmes_of, with_targets
from kangshu.domains.planning.project import read_projects
from kangshu.kernel.base.errors import Invalid, Problem
from kangshu.kernel.indicators.check import check_folder
from kangshu.kernel.indicators.definition import FOLDER, IndicatorSet
from kangshu.kernel.indicators.entry import read_entries
from kangshu.kernel.indicators.folder import look_at_indicators, problems_in


def check_place(folder: Path) -> list[Problem]:
    """Everything wrong with the indicators, targets, plans, parameters and tables of a place."""
    problems = check_folder(folder)
    own, _ = look_at_indicators(folder)
    unread = _stems(folder) - {each.id for each in own.indicators}
    known = _joined(folder, own, problems)
    ids = {each.id for each in known.indicators} | unread
    for path in sorted((folder / "plans").glob("*")):
        if path.suffix == ".toml":
            problems += look_at_plan(path, ids)[1]
        elif not path.with_suffix(".toml").exists():
            problems.append(_problem(f"plans/{path.name}", f"has no {path.stem}.toml beside it: write it"))
    problems += _problems_of_tables(folder, known, unread)
    try:
        problems += lacking_parameters(folder, read_parameters(folder))
    except Invalid as error:
        problems += _told("params.toml", error)
    return problems or _told_by(lambda: read_place(folder), "")


def _joined(folder: Path, own: IndicatorSet, problems: list[Problem]) -> IndicatorSet:
    """The indicators that can be read, with those of programmes and targets for them."""
    brought: list[IndicatorSet] = []
    for each in programmes_of(folder):
        found, faults = look_at_indicators(each)
        brought.append(found)
        problems += [_problem(f"programmes/{each.name}/{fault.path}", fault.message) for fault in faults]
    try:
        joined = join([own, *brought], folder.name)
    except Invalid as error:
        problems += _told("", error)
        every = [one for each in (own, *brought) for one in each.indicators]
        return IndicatorSet(folder.name, tuple({one.id: one for one in every}.values()), {}, {})
    try:
        return with_targets(joined, folder / "targets", {each.id for each in own.indicators})
    except Invalid as error:
        problems += [_problem(f"targets/{each.path}", each.message) for each in problems_in(error)]
        return joined


def _problems_of_tables(folder: Path, known: IndicatorSet, unread: Collection[str]) -> list[Problem]:
    by_id = {each.id: each for each in known.indicators}
    found: list[Problem] = []
    for path in (folder / "entries.tsv", *sorted((folder / "institutions").glob("*.tsv"))):
        if path.exists():
            name = str(path.relative_to(folder))
            found += _told_by(lambda path=path: read_entries(path, folder.name, by_id, unread), name)
    projects = folder / "projects.tsv"
    return found + (_told_by(lambda: read_projects(projects), projects.name) if projects.exists() else [])


def _told_by(read: Callable[[], object], place: str) -> list[Problem]:
    try:
        read()
    except Invalid as error:
        return _told(place, error)
    return []


def _told(place: str, error: Invalid) -> list[Problem]:
    return [_problem(f"{place} {each.path}".strip(), each.message) for each in problems_in(error)]


def _stems(folder: Path) -> set[str]:
    return {path.name.partition(".")[0] for path in (folder / FOLDER).glob("*.toml")} - {""}


def _problem(path: str, message: str) -> Problem:
    return Problem("error", "invalid", path, message)
