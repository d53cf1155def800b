"""What the person takes and has taken, each medicine once across institutions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from kangshu.domains.record.clusters import Cluster, cluster
from kangshu.domains.record.entry import Dosage, Entry
from kangshu.domains.record.problems import Standing

_RUNNING = frozenset({"active", "on-hold", "intended", "draft", "in-progress", "preparation"})


@dataclass(frozen=True, slots=True)
class Medicine:
    """All orders, dispenses and statements of one medicine; `dosage` is the latest one given."""

    cluster: Cluster
    standing: Standing
    dosage: tuple[Dosage, ...]


def read_medicines(entries: Iterable[Entry], on: date) -> tuple[Medicine, ...]:
    """Every medicine, current ones first."""
    groups = cluster(e for e in entries if e.kind == "medicine" and e.status != "not-taken")
    found = [Medicine(group, _standing(group, on), _dosage(group)) for group in groups]
    return tuple(sorted(found, key=lambda m: m.standing != "active"))


def _standing(group: Cluster, on: date) -> Standing:
    running = (e for e in group.entries if e.status in _RUNNING)
    return "active" if any(e.until is None or e.until.date >= on for e in running) else "past"


def _dosage(group: Cluster) -> tuple[Dosage, ...]:
    return next((entry.dosage for entry in group.entries if entry.dosage), ())
