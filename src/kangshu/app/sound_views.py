"""The views of packs, read; those of a place that are wrong are left out, so that the others go on."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from kangshu.app.lens import Lens
from kangshu.app.relations import Present, Relations
from kangshu.kernel.base.errors import Invalid, Problem
from kangshu.kernel.indicators.examples import first_of
from kangshu.kernel.lake.engine import Unreadable, engine, reading
from kangshu.kernel.lake.model import Models
from kangshu.kernel.lake.store import Lake
from kangshu.kernel.packs.definition import Pack
from kangshu.kernel.views.elements import Elements
from kangshu.kernel.views.view_set import read_view_set


def read_relations(
    packs: Mapping[str, Pack], types: Sequence[str], models: Models, elements: Elements
) -> Relations:
    """The views of all packs but those of rules, which have views of their own over what is judged."""
    folders = [pack.folder for pack in packs.values() if not (pack.folder / "rules").is_dir()]
    by_table = {model.table: model for model in models.by_name.values()}
    by_lower = {type_.lower(): type_ for type_ in types}
    return Relations(read_view_set(folders, by_lower, by_table), by_table, by_lower, elements)


def read_sound_relations(
    packs: Mapping[str, Pack], types: Sequence[str], models: Models, elements: Elements
) -> tuple[Relations, dict[str, Invalid]]:
    """The same without the places whose views are wrong, and what is wrong with each of those.

    What a standard or a programme brings must be right: nothing is without it. Raises `Invalid` if it is not.
    """
    places = [pack for pack in packs.values() if pack.manifest.kind == "place" and _has_views(pack)]
    sound = {name: pack for name, pack in packs.items() if pack not in places}
    found = read_relations(sound, types, models, elements)
    refused: dict[str, Invalid] = {}
    for pack in places:
        try:
            more = read_relations({**sound, pack.name: pack}, types, models, elements)
        except Invalid as error:
            refused[pack.name] = error
            continue
        if broken := broken_views(more, pack.folder):
            first = f"{broken[0].path}: {broken[0].message}"
            refused[pack.name] = Invalid(f"Views of {pack.name}: {first}.", problems=tuple(broken))
        else:
            found, sound[pack.name] = more, pack
    return found, refused


def _has_views(pack: Pack) -> bool:
    return (pack.folder / "views").is_dir()


def broken_views(relations: Relations, folder: Path) -> list[Problem]:
    """Views that cannot be made over nothing: their SELECT names what is not there."""
    found: list[Problem] = []
    stems = {path.name.partition(".")[0] for path in (folder / "views").glob("*.*")}
    with tempfile.TemporaryDirectory(prefix="kangshu-views-") as scratch:
        nothing = Present(Lake(str(Path(scratch) / "lake"), Path(scratch)))
        for name in sorted(stems & {*relations.views.names}):
            with engine(Path(scratch)) as work:
                try:
                    with reading():
                        relations.make(work, [name], Lens(), nothing)
                except Unreadable as error:
                    kind = "sql" if name in relations.views.selects else "view.json"
                    found.append(Problem("error", "invalid", f"views/{name}.{kind}", first_of(error)))
    return found
