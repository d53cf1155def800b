"""What loads came to, as one table."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

PUBLISHED = "2,200–2,700"


@dataclass(frozen=True, slots=True)
class Row:
    """One load: seconds of the clock, of the program's and of PostgreSQL's processors; bytes on disk."""

    name: str
    resources: int
    seconds: float
    program: float
    postgres: float
    size: int


def show(rows: Sequence[Row]) -> None:
    """Print them, and how busy the machine was while they were measured."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count()
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    table = Table(
        title=f"Loading FHIR resources, {cores} cores",
        caption=f"load average after 1, 5, 15 minutes: {load}",
        caption_justify="left",
    )
    for name in (
        "",
        "resources",
        "seconds",
        "resources/s",
        "CPU s program",
        "CPU s PostgreSQL",
        "µs CPU each",
        "GB on disk",
    ):
        table.add_column(name, justify="right" if name else "left")
    for row in rows:
        table.add_row(
            row.name,
            f"{row.resources:,}",
            f"{row.seconds:.1f}",
            f"{row.resources / row.seconds:,.0f}",
            f"{row.program:.0f}",
            f"{row.postgres:.0f}",
            f"{(row.program + row.postgres) / row.resources * 1e6:.0f}",
            f"{row.size / 1e9:.1f}",
        )
    table.add_row("published anchors, other hardware, 8 cores", "", "", PUBLISHED, "", "", "", "")
    Console(width=130).print(table)


def size_of(folder: Path) -> int:
    """Bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
