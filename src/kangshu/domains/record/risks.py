"""What a reader must not miss: alerts, long-term conditions, newest results out of range."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from kangshu.domains.record.clusters import newest_first
from kangshu.domains.record.entry import Entry
from kangshu.domains.record.problems import Problem
from kangshu.domains.record.trends import FRESH, Line, Trend

_OVER = frozenset({"inactive", "finished", "cancelled", "completed", "final-over"})


@dataclass(frozen=True, slots=True)
class OutOfRange:
    """The newest value of something measured, outside its limits."""

    trend: Trend
    line: Line


@dataclass(frozen=True, slots=True)
class Risks:
    """alerts: flags and assessments in force; registers: long-term conditions; results: out of range."""

    alerts: tuple[Entry, ...]
    registers: tuple[Problem, ...]
    programmes: tuple[Entry, ...]
    results: tuple[OutOfRange, ...]

    @property
    def count(self) -> int:
        """How many there are in all."""
        return len(self.alerts) + len(self.registers) + len(self.programmes) + len(self.results)


def read_risks(
    entries: Iterable[Entry], problems: Sequence[Problem], trends: Sequence[Trend], on: date
) -> Risks:
    """Gather the risks in force on a day."""
    current = [e for e in newest_first(entries) if not e.withdrawn and not _ended(e, on)]
    return Risks(
        alerts=tuple(e for e in current if e.kind == "risk"),
        registers=tuple(p for p in problems if p.register and p.standing == "active"),
        programmes=tuple(e for e in current if e.source.type == "EpisodeOfCare"),
        results=tuple(
            OutOfRange(trend, line)
            for trend in trends
            for line in trend.lines
            if line.latest.mark and on - line.latest.when.date <= FRESH
        ),
    )


def _ended(entry: Entry, on: date) -> bool:
    return entry.status in _OVER or (entry.until is not None and entry.until.date < on)
