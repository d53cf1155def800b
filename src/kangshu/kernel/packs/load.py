"""Load the items of a pack: the files that share one stem."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kangshu.kernel.base.errors import NotFound
from kangshu.kernel.packs.definition import Pack
from kangshu.kernel.packs.find import MANIFEST


@dataclass(frozen=True, slots=True)
class Item:
    """One thing a pack brings.

    stem   path inside the pack without endings, with forward slashes (`policies/doctor`)
    texts  content by ending, without the first dot (`toml`, `cedar`, `examples.toml`)
    """

    pack: str
    stem: str
    texts: Mapping[str, str]


def list_stems(pack: Pack, folder: str = "") -> list[str]:
    """The stems of the items in one folder of the pack (not in folders below it), in order."""
    start = pack.folder / folder
    if not start.is_dir():
        return []
    stems = {
        path.name.partition(".")[0] for path in start.iterdir() if path.is_file() and path.name != MANIFEST
    }
    return sorted(f"{folder}/{stem}".lstrip("/") for stem in stems if stem)


def load_item(pack: Pack, stem: str) -> Item:
    """Read all files of one item as UTF-8 text. Raises `NotFound` if there is none with that stem."""
    folder, _, name = stem.rpartition("/")
    paths = sorted((pack.folder / folder).glob(f"{name}.*"))
    texts = {path.name.partition(".")[2]: path.read_text("utf-8") for path in paths if path.name != MANIFEST}
    if not texts:
        raise NotFound(f"Pack {pack.name} has no item {stem}.", remedy="Stems are written without endings.")
    return Item(pack.name, stem, texts)


def load_items(pack: Pack, folder: str = "") -> dict[str, Item]:
    """Every item in one folder of the pack, by stem."""
    return {stem: load_item(pack, stem) for stem in list_stems(pack, folder)}
