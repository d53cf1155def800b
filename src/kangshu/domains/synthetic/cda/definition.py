"""What synthetic documents are made of: plans by kind, lists and tables, and the pen that draws from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from random import Random

KINDS = tuple(f"C{number:04d}" for number in range(1, 54))
MARK = "（合成数据）"

ROOT = "2.16.156.10011"
ELEMENTS = f"{ROOT}.2.2.1"

Said = tuple[str, ...]
"""Something a document says: (what, …)."""


@dataclass(frozen=True, slots=True)
class EntryPlan:
    """form: how it is written; element, name: its data element; source: the list it is taken from."""

    form: str
    element: str
    name: str
    source: str


@dataclass(frozen=True, slots=True)
class SectionPlan:
    """code: LOINC, empty for none."""

    code: str
    title: str
    entries: tuple[EntryPlan, ...]


@dataclass(frozen=True, slots=True)
class DocumentPlan:
    """visit: kind of visit (1 outpatient, 2 emergency, 3 inpatient)."""

    visit: str
    sections: tuple[SectionPlan, ...]


@dataclass(frozen=True, slots=True)
class Contents:
    """What documents are made of: lists of texts, tables of codes, plans by kind (`""`: any other)."""

    lists: Mapping[str, Sequence[str]]
    tables: Mapping[str, Sequence[Sequence[str]]]
    plans: Mapping[str, DocumentPlan]


@dataclass(frozen=True, slots=True)
class Patient:
    """An invented person."""

    number: int
    name: str
    birth: date
    female: bool
    identity: str
    card: str


@dataclass(frozen=True, slots=True)
class Document:
    """xml: its bytes; said: what a reader should find in it."""

    kind: str
    xml: bytes
    patient: Patient
    said: frozenset[Said]


@dataclass(slots=True)
class Pen:
    """What one document is written with."""

    contents: Contents
    throw: Random
    moment: datetime
    said: set[Said] = field(default_factory=set[Said])

    def text(self, source: str) -> str:
        return self.throw.choice(list(self.contents.lists[source]))

    def row(self, source: str) -> Sequence[str]:
        return self.throw.choice(list(self.contents.tables[source]))
