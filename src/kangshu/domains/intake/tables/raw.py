"""A table as it stands in a file, before anything is made of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kangshu.domains.intake.tables.names import named, refuse_duplicates
from kangshu.domains.intake.tables.refusal import refusal

MOST_COLUMNS = 2_000
HEADED = 20
"""The heading stands in one of so many first rows."""
MOST_BYTES = 64 << 30
"""What a delivery may unpack to."""

DAMAGED = "\ufffd"
"""Stands where a reader met something that is no text: undecodable bytes, digits lost in a number."""


def check_columns(names: Sequence[str], place: str) -> None:
    """Raises `Invalid` where a table has too many columns, or one name twice."""
    if len(names) > MOST_COLUMNS:
        raise refusal(
            place, f"It has {len(names)} columns.", f"A table has at most {MOST_COLUMNS}.", code="too-costly"
        )
    refuse_duplicates(names, place)


@dataclass(frozen=True, slots=True)
class RawTable:
    """One table that SQL can read.

    place     file, sheet or list, for messages
    relation  what stands behind FROM
    names     its columns, in order
    row       SQL for the number of a row in the file, from 1
    ragged    a condition that is true of rows with too few or too many cells; '' if that cannot be
    nested    rows know the number of their thing by a column `_unit`, not by links
    hint      what to say where promised columns are missing
    sheet     the sheet of a workbook it is, its columns beginning at A; '' for another file
    """

    place: str
    relation: str
    names: tuple[str, ...]
    row: str = "rowid + 1"
    ragged: str = ""
    nested: bool = False
    hint: str = ""
    sheet: str = ""

    def letters(self, name: str) -> str:
        """The letters of a column of a sheet."""
        number = self.names.index(name) + 1
        found = ""
        while number:
            number, rest = divmod(number - 1, 26)
            found = chr(ord("A") + rest) + found
        return found

    def column(self, wanted: str) -> str | None:
        """What a column is called here; None if there is none."""
        return named(self.names, wanted)
