"""Backup and restore of an installation: the database, the lake, and the small files of its home.

A backup is a tar file with `database.dump`, `home/…` and `manifest.json`, which says what has to
be in it, with a checksum of every file; restoring compares before and after. A lake in an object store
is not in it: such stores keep versions themselves.
"""

from __future__ import annotations

import hashlib
import json
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from kangshu.app.fact_lake import is_of_facts
from kangshu.app.kept_views import is_kept
from kangshu.app.platform import Platform
from kangshu.app.settings import Settings
from kangshu.app.wiring import build, database_url
from kangshu.kernel.base.errors import Conflict, Invalid, NotFound
from kangshu.kernel.facts import dump
from kangshu.kernel.facts.inventory import Inventory
from kangshu.kernel.lake.snapshot import snapshot

LAKE = "lake"
KEPT = ("keys", "users.toml", "oidc.toml", "demonstration.json")
"""The small files of `home` that belong to a backup. Those of the embedded database are in the dump."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What was found after a restore."""

    facts: int
    log_entries: int


def backup(platform: Platform, target: Path) -> int:
    """Write a backup; its size in bytes. The file appears under its name only when it is whole."""
    with tempfile.TemporaryDirectory(dir=_folder_of(target)) as folder:
        database = Path(folder) / "database.dump"
        # Counted before the dump is taken: it then holds at least this much.
        inventory = platform.inventory()
        dump.dump(platform.database.url, database)
        manifest = Path(folder) / "manifest.json"
        kept = [(name, platform.settings.home / name) for name in KEPT]
        if platform.settings.lake_url is None:
            # After the dump: what landed in between is in the lake already when its message is worked
            # through again, and landing the same twice adds nothing.
            kept.append((LAKE, Path(folder) / LAKE))
            snapshot(platform.settings.home / LAKE, Path(folder) / LAKE, leave_out=_is_made)
        contents = {
            "database.dump": database,
            **{f"home/{name}": path for name, path in kept if path.exists()},
        }
        manifest.write_text(json.dumps({"inventory": asdict(inventory), "files": _checksums(contents)}))
        whole = Path(folder) / "backup"
        whole.touch(mode=0o600)
        with tarfile.open(whole, "w") as archive:
            archive.add(manifest, "manifest.json")
            for name, path in contents.items():
                archive.add(path, name)
        size = whole.stat().st_size
        whole.replace(target)
    return size


def restore(settings: Settings, source: Path) -> Restored:
    """Put a backup into an empty installation and compare it with what the backup says of itself.

    Raises `Conflict` where something is there already, `Invalid` where the file is not a whole backup.
    """
    if not source.is_file():
        raise NotFound(f"There is no backup {source}.", remedy="Check the path.")
    settings.home.mkdir(parents=True, exist_ok=True)
    present = [name for name in (*KEPT, LAKE) if (settings.home / name).exists()]
    if present:
        raise Conflict(
            f"{settings.home} already holds {', '.join(present)}.",
            remedy="Restore into an empty KANGSHU_HOME.",
        )
    with tempfile.TemporaryDirectory(dir=settings.home) as folder:
        _unpack(source, Path(folder))
        expected = _promised(source, Path(folder))
        dump.restore(database_url(settings), Path(folder) / "database.dump")
        for path in sorted((Path(folder) / "home").glob("*")):
            path.replace(settings.home / path.name)
    with build(settings).closing() as platform:
        return _compare(platform, expected)


def _unpack(source: Path, folder: Path) -> None:
    try:
        with tarfile.open(source) as archive:
            archive.extractall(folder, filter="data")
    except (tarfile.TarError, OSError):
        raise _not_whole(source) from None
    if not (folder / "manifest.json").exists() or not (folder / "database.dump").exists():
        raise _not_whole(source)
    (folder / "home").mkdir(exist_ok=True)


def _promised(source: Path, folder: Path) -> Inventory:
    """What the manifest promises of the database. Raises `Invalid` where the files are not those it names."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
        inventory = Inventory(**manifest["inventory"])
        promised = manifest["files"]
    except (ValueError, KeyError, TypeError):
        raise _not_whole(source) from None
    found = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    found.pop("manifest.json")
    if _checksums(found) != promised:
        raise _not_whole(source)
    return inventory


def _checksums(contents: Mapping[str, Path]) -> dict[str, str]:
    """SHA-256 of every file by its name in the archive, folders gone into."""
    sums: dict[str, str] = {}
    for name, path in contents.items():
        if path.is_dir():
            sums |= _checksums({f"{name}/{child.name}": child for child in path.iterdir()})
        else:
            with path.open("rb") as file:
                sums[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return sums


def _not_whole(source: Path) -> Invalid:
    return Invalid(f"{source.name} is not a whole backup of Kangshu.", remedy="Use another backup.")


def _compare(platform: Platform, expected: Inventory) -> Restored:
    found = platform.inventory()
    short = [name for name, number in asdict(expected).items() if asdict(found)[name] < number]
    if short:
        raise Invalid(
            f"The restored database has too few of: {', '.join(short)}.", remedy="Use another backup."
        )
    verdict = platform.access_log.verify()
    if verdict.problems:
        raise Invalid("The restored access log is broken.", problems=verdict.problems)
    return Restored(found.facts, verdict.head.number)


def _is_made(table: str) -> bool:
    return is_of_facts(table) or is_kept(table)


def _folder_of(target: Path) -> Path:
    folder = target.absolute().parent
    if not folder.is_dir():
        raise NotFound(f"There is no folder {folder}.", remedy="Make it first.")
    return folder
