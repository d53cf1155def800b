"""Problems, allergies and vaccines: what is known about the person, each once across institutions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from kangshu.domains.record.clusters import Cluster, cluster
from kangshu.domains.record.datatypes import Code
from kangshu.domains.record.entry import Entry

Standing = Literal["active", "past"]

RECENT = timedelta(days=365)
"""How long a diagnosis without a clinical status counts as active."""

_ACTIVE = frozenset({"active", "recurrence", "relapse"})
_PAST = frozenset({"inactive", "remission", "resolved"})

CHRONIC: Mapping[str, tuple[str, ...]] = {
    "hypertension": ("I10", "I11", "I12", "I13", "I15", "38341003", "59621000", "1201005"),
    "diabetes": ("E10", "E11", "E12", "E13", "E14", "44054006", "46635009", "73211009"),
    "copd": ("J44", "13645005", "185086009", "87433001"),
    "coronary": ("I20", "I25", "53741008", "414545008"),
    "stroke": ("I63", "I64", "I69", "230690007"),
    "asthma": ("J45", "195967001", "233678006"),
    "kidney": ("N18", "709044004", "431855005", "431856006", "433144002"),
    "psychosis": ("F20", "F25", "F31", "58214004", "13746004"),
    "tuberculosis": ("A15", "A16", "56717001", "154283005"),
}
"""Long-term conditions primary care keeps a register of: ICD-10 categories and SNOMED CT codes."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A diagnosis. `register` is a key of CHRONIC, empty for anything else."""

    cluster: Cluster
    standing: Standing
    register: str


def read_problems(entries: Iterable[Entry], on: date) -> tuple[Problem, ...]:
    """Every diagnosis, active and long-term ones first."""
    found = [
        Problem(group, standing_of(group.newest, on), register_of(group.newest.codes))
        for group in cluster(e for e in entries if e.kind == "diagnosis")
    ]
    return tuple(sorted(found, key=lambda p: (p.standing != "active", not p.register)))


def read_allergies(entries: Iterable[Entry]) -> tuple[Problem, ...]:
    """Every allergy or intolerance, those in force first."""
    found = [
        Problem(group, "past" if group.newest.status in _PAST else "active", "")
        for group in cluster(e for e in entries if e.kind == "allergy")
    ]
    return tuple(sorted(found, key=lambda p: p.standing != "active"))


def read_vaccines(entries: Iterable[Entry]) -> tuple[Cluster, ...]:
    """Vaccines given, the doses of one vaccine together."""
    return cluster(e for e in entries if e.kind == "vaccine" and e.status != "not-done")


def standing_of(entry: Entry, on: date) -> Standing:
    """The source's clinical status; without one, active while recent and not ended."""
    if entry.status in _ACTIVE:
        return "active"
    if entry.status in _PAST or (entry.until and entry.until.date <= on):
        return "past"
    return "active" if entry.when and on - entry.when.date <= RECENT else "past"


def register_of(codes: Iterable[Code]) -> str:
    """The long-term condition a diagnosis stands for, empty if none."""
    for code in codes:
        for register, stems in CHRONIC.items():
            if code.code in stems or (code.code[:3] in stems and not code.code.isdigit()):
                return register
    return ""
