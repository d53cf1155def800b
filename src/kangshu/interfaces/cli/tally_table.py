"""What became of what came, as a table on the screen."""

from __future__ import annotations

from collections.abc import Mapping

from rich.table import Table


def tally_table(what: str, counts: Mapping[str, Mapping[str, int]], title: str | None = None) -> Table:
    """A row for each type or model, a column for each thing that became of it. `what`: heads the rows."""
    table = Table(what, *counts, title=title)
    for name in sorted({name for found in counts.values() for name in found}):
        table.add_row(name, *(str(found.get(name, 0)) for found in counts.values()))
    return table
