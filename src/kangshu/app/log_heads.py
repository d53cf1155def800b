"""Heads of the access log, written down outside the database from time to time.

Who owns the database can cut off the end of the log, or write it anew from some entry on, and the
chain fits again. Against a head that lies elsewhere it does not.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.policies.access_log import Head, parse_head

NAME = "access-log-heads"
"""The file in `KANGSHU_HOME`: a line for each head, when it was read and what it was."""


def written_heads(home: Path) -> list[Head]:
    """All heads that were written down, oldest first. Raises `Invalid` when the file holds anything else."""
    path = home / NAME
    if not path.exists():
        return []
    heads: list[Head] = []
    for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1):
        try:
            heads.append(parse_head(line.partition(" ")[2]))
        except Invalid:
            raise Invalid(
                f"Line {number} of {path} is no head of the access log.",
                remedy="Was it changed? Compare it with a copy; without that line the others still count.",
            ) from None
    return heads


def write_head(home: Path, head: Head, at: datetime) -> None:
    """Add a head to the file, on disk when this returns. One that is there already, or of nothing, is not."""
    path = home / NAME
    line = f"{at.astimezone(UTC).isoformat(timespec='seconds')} {head}\n"
    if head.number == 0 or (path.exists() and path.read_text("utf-8", "replace").endswith(f" {head}\n")):
        return
    home.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())
