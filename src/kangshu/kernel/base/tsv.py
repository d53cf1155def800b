"""Tables of a pack: tab-separated, a heading, every cell a text, no quoting."""

from __future__ import annotations

import csv
import io
from pathlib import Path


def read_tsv(path: Path) -> list[dict[str, str]]:
    """The rows below the heading; cells that a short row lacks are empty."""
    text = io.StringIO(path.read_text("utf-8"))
    return [dict(row) for row in csv.DictReader(text, delimiter="\t", quoting=csv.QUOTE_NONE, restval="")]


def read_needs(path: Path) -> dict[str, dict[str, str]]:
    """A `needs.tsv`: view -> column -> type, as models write types. Empty if there is no such file."""
    found: dict[str, dict[str, str]] = {}
    for row in read_tsv(path) if path.exists() else ():
        found.setdefault(row["view"], {})[row["name"]] = row["type"]
    return found
