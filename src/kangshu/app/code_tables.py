"""Code tables on their way in: described by packs, read from a folder, stored through intake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from kangshu.app.platform import Platform
from kangshu.domains.intake.tally import Tally
from kangshu.domains.terminology.making import Made, make
from kangshu.domains.terminology.shelf import OWN
from kangshu.domains.terminology.table import Description, parse_description
from kangshu.domains.terminology.ucum_essence import make_ucum
from kangshu.kernel.base.errors import Invalid, NotFound
from kangshu.kernel.packs.find import find_packs
from kangshu.kernel.policies.definition import Grant

UCUM_FILE = "ucum-essence.xml"
_FIRST_KEY = "[[table]]"
"""By this a description is told from the other TOML files of a pack."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one code system."""

    title: str
    system: str
    made: Made
    tally: Tally


def descriptions(platform: Platform) -> Mapping[str, tuple[Description, Path]]:
    """Every code system that a pack describes, by the name of its file, with the pack's folder."""
    found: dict[str, tuple[Description, Path]] = {}
    for pack in find_packs(platform.settings.packs).values():
        for path in sorted(pack.folder.glob("*.toml")):
            text = path.read_text("utf-8")
            if _FIRST_KEY in text and path.name != "pack.toml":
                found[path.stem] = (parse_description(text, f"{pack.name}/{path.name}"), pack.folder)
    return found


def import_described(platform: Platform, grant: Grant, name: str, folders: Sequence[Path]) -> Imported:
    """Import the code system a pack describes under the name; tables are taken from the folders.

    Raises `NotFound` for a name no pack has, or a table that is not there.
    """
    if name == "ucum":
        return _import_ucum(platform, grant, folders)
    known = descriptions(platform)
    if name not in known:
        raise NotFound(f"No pack describes {name}.", remedy=f"There are {', '.join(sorted(known))}.")
    description, folder = known[name]
    return import_table(platform, grant, description, [folder, *folders])


def import_table(
    platform: Platform, grant: Grant, description: Description, folders: Sequence[Path]
) -> Imported:
    """Make the code system and store it like any other message; the same tables again change nothing."""
    made = make(description, folders)
    return _store(platform, grant, made)


def _import_ucum(platform: Platform, grant: Grant, folders: Sequence[Path]) -> Imported:
    """UCUM comes as XML, with a grammar beside its table."""
    path = next((each / UCUM_FILE for each in folders if (each / UCUM_FILE).is_file()), None)
    if path is None:
        raise NotFound(f"{UCUM_FILE} is not there.", remedy="Name its folder with --from.")
    return _store(platform, grant, make_ucum(path))


def _store(platform: Platform, grant: Grant, made: Made) -> Imported:
    if not made.count:
        raise Invalid("There is no row that can be used.", remedy="See the problems.", problems=made.problems)
    tally = platform.intake.receive(grant, OWN, [orjson.dumps(made.resource)])
    return Imported(str(made.resource["title"]), str(made.resource["url"]), made, tally)
