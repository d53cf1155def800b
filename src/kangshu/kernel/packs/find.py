"""Find the packs below a root folder."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from kangshu.kernel.base.errors import Invalid, NotFound
from kangshu.kernel.packs.definition import FOLDER_OF_KIND, Pack, parse_manifest

MANIFEST = "pack.toml"

_PACKAGE = Path(__file__).resolve().parents[2]


def default_root() -> Path:
    """The packs that came with this copy: inside an installed wheel, or beside `src` in a checkout."""
    installed = _PACKAGE / "_packs"
    return installed if installed.is_dir() else _PACKAGE.parents[1] / "packs"


def find_packs(root: Path) -> dict[str, Pack]:
    """Every pack below `root`, by name; what a pack requires comes before it, otherwise by name.

    A pack is a folder `<root>/<standards|programmes|places>/<name>` with a `pack.toml`.
    Raises `NotFound` if there is no such root, `Invalid` if a manifest is wrong, stands in the
    wrong place, requires a pack that is not there, or if requirements run in a circle.
    """
    if not root.is_dir():
        raise NotFound(f"There is no folder of packs at {root}.", remedy="Set KANGSHU_PACKS to one.")
    found: dict[str, Pack] = {}
    for folder in FOLDER_OF_KIND.values():
        for path in sorted((root / folder).glob(f"*/{MANIFEST}")):
            pack = _read(path)
            if pack.name in found:
                raise Invalid(
                    f"Two packs are called {pack.name}: {found[pack.name].folder} and {pack.folder}.",
                    remedy="Rename one.",
                )
            found[pack.name] = pack
    return {name: found[name] for name in _in_order(found)}


def _read(path: Path) -> Pack:
    manifest = parse_manifest(path.read_text("utf-8"), str(path))
    expected = Path(FOLDER_OF_KIND[manifest.kind], manifest.name)
    actual = Path(path.parent.parent.name, path.parent.name)
    if actual != expected:
        raise Invalid(
            f"{path} says it is {manifest.kind} {manifest.name}, but lies in {actual}.",
            remedy=f"Move it to {expected}, or correct name and kind.",
        )
    return Pack(manifest, path.parent)


def _in_order(packs: dict[str, Pack]) -> list[str]:
    for pack in packs.values():
        for missing in sorted(set(pack.manifest.requires) - packs.keys()):
            raise Invalid(
                f"Pack {pack.name} requires {missing}, which is not there.",
                remedy=f"Add the pack {missing}, or take it out of requires.",
            )
    try:
        return list(
            TopologicalSorter({name: pack.manifest.requires for name, pack in packs.items()}).static_order()
        )
    except CycleError as error:
        circle = " → ".join(error.args[1])
        raise Invalid(f"Packs require each other in a circle: {circle}.", remedy="Take one out.") from error
