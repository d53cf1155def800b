"""The document: sections of tables in the words of one language, whatever it is written as afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

Tone = Literal["", "good", "bad", "warn", "soft"]
Kind = Literal["text", "number", "sign"]


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell. `text` is what people read, `number` the same for calculating, `note` small print below it."""

    text: str
    number: Decimal | None = None
    tone: Tone = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `sign`: short words in a colour; `wide`: its share of the width beside the others."""

    label: str
    kind: Kind = "text"
    wide: float = 1


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart as a Vega-Lite specification; the table of its section says the same."""

    title: str
    spec: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the document.

    hint     what the reader should know before the table
    empty    said in place of a table without rows
    sums     columns (by number) that a workbook charts against the first one
    """

    id: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    hint: str = ""
    empty: str = ""
    drawings: tuple[Drawing, ...] = ()
    sums: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """facts: what it is about, from what, as of when; points: sentences that sum it up; notice: what stands
    above everything, that the data is synthetic."""

    title: str
    subtitle: str
    language: str
    facts: tuple[tuple[str, str], ...]
    points: tuple[str, ...]
    sections: tuple[Section, ...]
    footer: str
    notice: str = ""


def plain(number: Decimal | None) -> str:
    """A number as it was rounded, with thousands apart; nothing for none."""
    return "" if number is None else f"{number:,f}"


def number_cell(number: Decimal | None, tone: Tone = "", note: str = "") -> Cell:
    """A cell of a number; a dash where there is none."""
    return Cell("–" if number is None else plain(number), number, tone, note)
