"""A copy of the lake as of now, for a backup, while others go on writing to it.

Files of Delta tables never change once they are named in a log, so they are linked and not copied where the
target lies on the same disk.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from deltalake import DeltaTable

from kangshu.kernel.lake.files import local
from kangshu.kernel.lake.held import LOG


def snapshot(root: Path, target: Path, leave_out: Callable[[str], bool]) -> None:
    """Put the tables of a lake in the folder `root` into the folder `target`, each as of one version of it.

    What the tables held before that version stays behind, as after a clean-up. `leave_out`: by its name.
    """
    target.mkdir()
    for log in sorted(root.glob(f"*/{LOG}")):
        folder = log.parent
        if leave_out(folder.name):
            continue
        table = DeltaTable(str(folder))
        for path in _log_until(log, table.version()):
            _link(path, target / folder.name / LOG / path.name)
        for uri in table.file_uris():
            path = local(uri)
            _link(path, target / folder.name / path.relative_to(folder.absolute()))


def _log_until(log: Path, version: int) -> list[Path]:
    """Entries and checkpoints; the pointer to the last checkpoint is only a shortcut, and may be too new."""
    numbered = (path for path in sorted(log.iterdir()) if path.name[:20].isdigit())
    return [path for path in numbered if int(path.name[:20]) <= version]


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
