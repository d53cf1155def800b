"""Code tables on their way in: described by packs, read from a folder, stored through intake."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from kangshu.app.platform import Platform
from kangshu.domains.intake.tally import Tally
from kangshu.domains.terminology.descriptions import Described, parse_described
from kangshu.domains.terminology.making import Made, make
from kangshu.domains.terminology.map_table import MapDescription, id_of, make_maps, retired
from kangshu.domains.terminology.parts import split
from kangshu.domains.terminology.shelf import OWN
from kangshu.domains.terminology.table import Description
from kangshu.domains.terminology.ucum_essence import make_ucum
from kangshu.domains.terminology.value_set_table import ValueSetDescription, make_value_set
from kangshu.kernel.base.errors import Conflict, Invalid, NotFound, Problem
from kangshu.kernel.packs.find import find_packs
from kangshu.kernel.policies.definition import Grant

UCUM_FILE = "ucum-essence.xml"


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one code system, value set or concept map. `count` of codes, or of pairs of codes."""

    title: str
    system: str
    count: int
    problems: tuple[Problem, ...]
    tally: Tally


def descriptions(platform: Platform) -> Mapping[str, tuple[Described, Path]]:
    """What packs describe, by the name of its file, with the pack's folder."""
    found: dict[str, tuple[Described, Path]] = {}
    for pack in find_packs(platform.settings.packs).values():
        for path in sorted(pack.folder.glob("*.toml")):
            described = parse_described(path.read_text("utf-8"), f"{pack.name}/{path.name}")
            if described is not None:
                found[path.stem] = (described, pack.folder)
    return found


def import_described(
    platform: Platform, grant: Grant, name: str, folders: Sequence[Path], version: str = ""
) -> Imported:
    """Import what a pack describes under the name; tables are taken from the folders.

    `version`: of the tables, if it is not the one the description says. Raises `NotFound` for a name no pack
    has, or a table that is not there, `Conflict` for a part of a code system that is here as a whole.
    """
    if name == "ucum":
        return _import_ucum(platform, grant, folders)
    known = descriptions(platform)
    if name not in known:
        raise NotFound(f"No pack describes {name}.", remedy=f"There are {', '.join(sorted(known))}.")
    described, folder = known[name]
    described = replace(described, version=version or described.version)
    match described:
        case Description():
            return import_table(platform, grant, described, [folder, *folders])
        case ValueSetDescription():
            made = make_value_set(described, [folder, *folders])
            tally = _stored(platform, grant, [made.resource])
            return Imported(described.title, described.url, made.count, made.problems, tally)
        case MapDescription():
            return _import_maps(platform, grant, described, [folder, *folders])


def import_table(
    platform: Platform, grant: Grant, description: Description, folders: Sequence[Path]
) -> Imported:
    """Make the code system and store it like any other message; the same tables again change nothing."""
    if description.content == "fragment":
        _refuse_if_whole(platform, description)
    return _store(platform, grant, make(description, folders))


def _refuse_if_whole(platform: Platform, description: Description) -> None:
    versions = platform.codes.library().system_versions(description.url)
    if any(each.content == "complete" for each in versions.values()):
        raise Conflict(
            f"All of {description.url} is here already; {description.title} is a part of it.",
            remedy="Nothing is to be done.",
        )


def _import_ucum(platform: Platform, grant: Grant, folders: Sequence[Path]) -> Imported:
    """UCUM comes as XML, with a grammar beside its table."""
    path = next((each / UCUM_FILE for each in folders if (each / UCUM_FILE).is_file()), None)
    if path is None:
        raise NotFound(f"{UCUM_FILE} is not there.", remedy="Name its folder with --from.")
    return _store(platform, grant, make_ucum(path))


def _import_maps(
    platform: Platform, grant: Grant, description: MapDescription, folders: Sequence[Path]
) -> Imported:
    """Store the maps of a table; those of an earlier import whose days it does not know are retired."""
    made = make_maps(description, folders)
    if not made.resources:
        raise Invalid("There is no row that can be used.", remedy="See the problems.", problems=made.problems)
    new = {str(each["id"]) for each in made.resources}
    before = {each.first for each in platform.codes.library().map_versions(description.url).values()}
    gone = [retired(description, first) for first in before if id_of(description.id, first) not in new]
    tally = _stored(platform, grant, [*made.resources, *gone])
    return Imported(description.title, description.url, made.count, made.problems, tally)


def _store(platform: Platform, grant: Grant, made: Made) -> Imported:
    if not made.count:
        raise Invalid("There is no row that can be used.", remedy="See the problems.", problems=made.problems)
    tally = _stored(platform, grant, split(made.resource))
    title, url = str(made.resource["title"]), str(made.resource["url"])
    return Imported(title, url, made.count, made.problems, tally)


def _stored(platform: Platform, grant: Grant, resources: Iterable[dict[str, Any]]) -> Tally:
    """One message each, in their order."""
    tally = Tally()
    for each in resources:
        tally.add(platform.intake.receive(grant, OWN, [orjson.dumps(each)]))
    return tally
