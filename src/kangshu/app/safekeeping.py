"""Backup and restore of an installation: the database, and the small files of its home.

A backup is a tar file with `database.dump`, `home/…` and `manifest.json`, which says what has to
be in it; restoring compares.
"""

from __future__ import annotations

import json
import tarfile
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from kangshu.app.platform import Platform
from kangshu.app.settings import Settings
from kangshu.app.wiring import build, database_url
from kangshu.kernel.base.errors import Conflict, Invalid, NotFound
from kangshu.kernel.facts import dump
from kangshu.kernel.facts.journal import Inventory

KEPT = ("keys", "users.toml", "oidc.toml", "demonstration.json")
"""What of `home` belongs to a backup. The embedded database's own files do not: they are in the dump."""


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
        manifest.write_text(json.dumps(asdict(inventory)))
        whole = Path(folder) / "backup"
        whole.touch(mode=0o600)
        with tarfile.open(whole, "w") as archive:
            archive.add(manifest, "manifest.json")
            archive.add(database, "database.dump")
            for name in KEPT:
                path = platform.settings.home / name
                if path.exists():
                    archive.add(path, f"home/{name}")
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
    present = [name for name in KEPT if (settings.home / name).exists()]
    if present:
        raise Conflict(
            f"{settings.home} already holds {', '.join(present)}.",
            remedy="Restore into an empty KANGSHU_HOME.",
        )
    with tempfile.TemporaryDirectory(dir=settings.home) as folder:
        _unpack(source, Path(folder))
        expected = Inventory(**json.loads((Path(folder) / "manifest.json").read_text()))
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


def _folder_of(target: Path) -> Path:
    folder = target.absolute().parent
    if not folder.is_dir():
        raise NotFound(f"There is no folder {folder}.", remedy="Make it first.")
    return folder
