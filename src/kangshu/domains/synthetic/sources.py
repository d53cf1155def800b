"""How institutions send: in which format, in codes of their own and with which faults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

What = Literal["test", "diagnosis", "medicine"]


@dataclass(frozen=True, slots=True)
class LocalCode:
    """A row of `local_codes.tsv`.

    `unit` is as the institution writes it, `standard` the truth (LOINC, ICD-10, drug code); `beside` says
    whether the institution sends the standard code beside its own (`yes`, `no`).
    """

    institution: str
    kind: str
    code: str
    name: str
    unit: str
    standard: str
    beside: str


@dataclass(frozen=True, slots=True)
class Format:
    """A row of `formats.tsv`: in which format an institution sends a part of what it knows.

    `part` is `all`, or what alone goes that way while the rest goes as FHIR: `laboratory`; with `visits`
    nothing is taken out of the rest, for a daily report says again what the record says.
    """

    institution: str
    part: str
    format: str
    charset: str


@dataclass(frozen=True, slots=True)
class Fault:
    """A row of `faults.tsv`: what goes wrong in a format, and what of the platform should find it."""

    name: str
    format: str
    title: str
    does: str
    found_by: str


LocalCodes = Mapping[tuple[str, str, str], LocalCode]
"""By institution, kind and standard code."""


def by_standard(rows: Iterable[LocalCode]) -> LocalCodes:
    """The rows ready to be asked what an institution calls a standard code."""
    return {(each.institution, each.kind, each.standard): each for each in rows}
