"""Tables of a pack: tab-separated, a heading, every cell a text, no quoting."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection
from pathlib import Path

from kangshu.kernel.base.errors import Invalid, Problem
from kangshu.kernel.base.text_file import read_text_file

_BEYOND = "\t"
"""What cells beyond the heading are put under: no heading has it."""


def read_tsv(path: Path, columns: Collection[str] = ()) -> list[dict[str, str]]:
    """The rows below the heading; cells that a short row lacks are empty.

    Raises `Invalid` with every line that has more cells than the heading, and every one of `columns` that
    the heading lacks.
    """
    text = io.StringIO(read_text_file(path))
    reader = csv.DictReader(text, restkey=_BEYOND, restval="", delimiter="\t", quoting=csv.QUOTE_NONE)
    rows = [dict(row) for row in reader]
    lacking = [name for name in columns if name not in (reader.fieldnames or ())]
    problems = [Problem("error", "invalid", "", f"has no column {name}") for name in lacking]
    problems += [
        Problem("error", "invalid", f"row {number}", "has more cells than the heading")
        for number, row in enumerate(rows, 1)
        if _BEYOND in row
    ]
    if problems:
        listed = "; ".join(f"{each.path} {each.message}".strip() for each in problems)
        raise Invalid(
            f"{path.name} {listed}.", remedy="Put one tab between two cells.", problems=tuple(problems)
        )
    return rows


def read_needs(path: Path) -> dict[str, dict[str, str]]:
    """A `needs.tsv`: view -> column -> type, as models write types. Empty if there is no such file."""
    found: dict[str, dict[str, str]] = {}
    for row in read_tsv(path, ("view", "name", "type")) if path.exists() else ():
        found.setdefault(row["view"], {})[row["name"]] = row["type"]
    return found
