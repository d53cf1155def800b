"""Small tables written as text, for examples that people read:

role   | action
doctor | read
"""

from __future__ import annotations

from kangshu.kernel.base.errors import Invalid


def parse_text_table(text: str) -> list[dict[str, str]]:
    """The rows below the heading, each as column -> trimmed text. Empty lines are skipped.

    Raises `Invalid` if a row has more or fewer cells than the heading, or a column comes twice.
    """
    lines = [[cell.strip() for cell in line.split("|")] for line in text.splitlines() if line.strip()]
    if not lines:
        return []
    heading, *rows = lines
    if len(set(heading)) != len(heading) or "" in heading:
        raise Invalid("The heading of a text table names a column twice, or leaves one without a name.")
    for number, row in enumerate(rows, 1):
        if len(row) != len(heading):
            raise Invalid(
                f"Row {number} of a text table has {len(row)} cells, its heading {len(heading)}.",
                remedy="Put a | between all cells, also around empty ones.",
            )
    return [dict(zip(heading, row, strict=True)) for row in rows]
