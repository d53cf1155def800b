"""Check a pack among all the others: its manifest, its views, its indicators and plans. Needs no database."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from kangshu.app.described_views import DescribedView, describe_views, strange_columns
from kangshu.app.relations import Relations, columns_of_landed
from kangshu.app.sound_views import broken_views, read_relations
from kangshu.app.tallies import problems_of_follows
from kangshu.domains.planning.place_check import check_place
from kangshu.kernel.base.errors import Invalid, NotFound, Problem
from kangshu.kernel.base.tsv import read_needs
from kangshu.kernel.facts.catalogue_tables import read_catalogue
from kangshu.kernel.indicators.check import check_folder
from kangshu.kernel.indicators.definition import FOLDER
from kangshu.kernel.indicators.folder import look_at_indicators, problems_in
from kangshu.kernel.lake.model import read_models
from kangshu.kernel.packs.definition import Pack
from kangshu.kernel.packs.find import find_packs
from kangshu.kernel.views.elements import parse_elements
from kangshu.kernel.views.view_set import OF_FACTS

_KINDS: Mapping[str, frozenset[str]] = {
    "text": frozenset({"VARCHAR"}),
    "code": frozenset({"VARCHAR"}),
    "integer": frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"}),
    "number": frozenset(
        {"DECIMAL", "DOUBLE", "FLOAT", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"}
    ),
    "date": frozenset({"DATE"}),
    "datetime": frozenset({"TIMESTAMP", "TIMESTAMP WITH TIME ZONE"}),
}
"""What a column may be in SQL where `needs.tsv` says a type."""


def check_pack(root: Path, name: str) -> list[Problem]:
    """Everything wrong with a pack below a root, by file and key; empty if there is nothing.

    Raises `NotFound` for a pack that is not there, `Invalid` where the packs cannot be told apart.
    """
    packs = find_packs(root)
    if name not in packs:
        raise NotFound(f"There is no pack {name} in {root}.", remedy=f"There are {', '.join(sorted(packs))}.")
    pack = packs[name]
    relations, problems = _relations(packs)
    if (pack.folder / FOLDER).is_dir():
        check = check_place if pack.manifest.kind == "place" else check_folder
        problems += check(pack.folder)
    elif (pack.folder / "plans").is_dir():
        problems.append(_problem(f"{FOLDER}/", "is not there: a plan has indicators of its place"))
    if relations is not None:
        problems += _problems_of_views(relations, pack)
    return problems


def relations_of(packs: Mapping[str, Pack]) -> Relations:
    """What the views of packs read, without a database. Raises `Invalid`."""
    fhir = packs["fhir_r4"].folder
    elements = parse_elements((fhir / "elements.tsv").read_text("utf-8"))
    models = read_models(packs["logical_models"].folder)
    return read_relations(packs, tuple(read_catalogue(fhir).types), models, elements)


def _relations(packs: Mapping[str, Pack]) -> tuple[Relations | None, list[Problem]]:
    try:
        return relations_of(packs), []
    except Invalid as error:
        return None, [_problem(each.path, each.message) for each in problems_in(error)]


def _problems_of_views(relations: Relations, pack: Pack) -> list[Problem]:
    broken = broken_views(relations, pack.folder)
    if broken:
        return broken
    described = describe_views(relations)
    own = {path.name.partition(".")[0] for path in (pack.folder / "views").glob("*.*")} & described.keys()
    found = [fault for name in sorted(own) for fault in _faults_of_view(relations, described[name])]
    found += _problems_of_needs(relations, described, pack.folder)
    if (pack.folder / FOLDER).is_dir():
        for each in look_at_indicators(pack.folder)[0].indicators:
            faults = problems_of_follows(relations.views, each) if each.follows else []
            found += [_problem(f"{FOLDER}/{each.id}.toml follows", fault.message) for fault in faults]
    return found


def _faults_of_view(relations: Relations, view: DescribedView) -> list[Problem]:
    if not view.is_view:
        return []
    file = f"views/{view.name}.{'toml' if view.kind == 'select' else 'view.json'}"
    silent, strange = strange_columns(relations, view)
    found = [_problem(file, "has no title: say what it is called")] if not view.title else []
    found += [_problem(file, f"says nothing of the column {name}") for name in silent]
    return found + [
        _problem(file, f"describes the column {name}, which the view has not") for name in strange
    ]


def _problems_of_needs(
    relations: Relations, described: Mapping[str, DescribedView], folder: Path
) -> list[Problem]:
    try:
        needs = read_needs(folder / "needs.tsv")
    except Invalid:
        return []
    found: list[Problem] = []
    for name, columns in needs.items():
        actual = _columns(relations, described, name)
        if actual is None:
            found.append(_problem(f"needs.tsv {name}", "is no view of any pack: see views-of-packs"))
            continue
        for column, type_ in columns.items():
            if column not in actual:
                there = ", ".join(actual)
                found.append(_problem(f"needs.tsv {name}.{column}", f"is no column of it: it has {there}"))
            elif type_ in _KINDS and actual[column].partition("(")[0] not in _KINDS[type_]:
                found.append(
                    _problem(f"needs.tsv {name}.{column}", f"is {type_} here, and {actual[column]} there")
                )
    return found


def _columns(
    relations: Relations, described: Mapping[str, DescribedView], name: str
) -> dict[str, str] | None:
    if name in relations.models:
        return columns_of_landed(relations.models[name])
    if name.startswith(OF_FACTS) and name.removeprefix(OF_FACTS) in relations.types:
        return _OF_FACTS
    if name in described:
        return {column.name: column.type for column in described[name].columns}
    return None


_OF_FACTS = {
    "id": "VARCHAR",
    "person": "BIGINT",
    "org": "VARCHAR",
    "county": "VARCHAR",
    "recorded": "TIMESTAMP",
}


def _problem(path: str, message: str) -> Problem:
    return Problem("error", "invalid", path, message)
