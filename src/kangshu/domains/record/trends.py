"""Measurements over time: one trend per thing measured and unit, with reference limits and marks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from kangshu.domains.record.datatypes import Json, choice, codes_of, concept_text, tables
from kangshu.domains.record.entry import Entry, Mark, Source
from kangshu.domains.record.moment import Moment
from kangshu.domains.record.read import limits_of, mark_of, quantity_of
from kangshu.kernel.base.ids import derived_id


@dataclass(frozen=True, slots=True)
class Point:
    """One measured value with the limits its own source gave for it."""

    when: Moment
    value: Decimal
    mark: Mark
    low: Decimal | None
    high: Decimal | None
    source: Source


@dataclass(frozen=True, slots=True)
class Line:
    """The values of one thing measured, oldest first; never empty."""

    name: str
    points: tuple[Point, ...]

    @property
    def latest(self) -> Point:
        """The newest value."""
        return self.points[-1]

    @property
    def limits(self) -> tuple[Decimal | None, Decimal | None]:
        """(low, high) of the newest value that came with any."""
        given = (p for p in reversed(self.points) if p.low is not None or p.high is not None)
        found = next(given, None)
        return (found.low, found.high) if found else (None, None)


@dataclass(frozen=True, slots=True)
class Trend:
    """One chart: a single line, or the components of one observation (both blood pressures).

    `key` is stable for the same code and unit and safe in an address. `vital` tells vital signs from
    laboratory results.
    """

    key: str
    title: str
    unit: str
    lines: tuple[Line, ...]
    vital: bool

    @property
    def last(self) -> Moment:
        """When anything of it was last measured."""
        return max(line.latest.when for line in self.lines)

    @property
    def count(self) -> int:
        """Number of values."""
        return sum(len(line.points) for line in self.lines)

    @property
    def marked(self) -> bool:
        """Whether the newest values are outside their limits."""
        return any(line.latest.mark for line in self.lines)


FRESH = timedelta(days=730)
"""How old the newest out-of-range result may be and still be put first, and shown as a risk."""


@dataclass(frozen=True, slots=True)
class _Measured:
    group: str
    group_title: str
    key: str
    name: str
    unit: str
    vital: bool
    point: Point


def read_trends(observations: Sequence[tuple[Entry, Json]]) -> tuple[Trend, ...]:
    """Every numeric observation (as entry and body), grouped; those marked lately first, then the longest."""
    groups: dict[tuple[str, str], list[_Measured]] = {}
    for entry, body in observations:
        for measured in _measured(entry, body):
            groups.setdefault((measured.group, measured.unit), []).append(measured)
    trends = [_trend(group, unit, found) for (group, unit), found in groups.items()]
    newest = max((trend.last.at for trend in trends), default=None)

    def place(trend: Trend) -> tuple[bool, bool, int, str]:
        marked = trend.marked and newest is not None and newest - trend.last.at <= FRESH
        return (not marked, not trend.vital, -trend.count, trend.title)

    return tuple(sorted(trends, key=place))


def _trend(group: str, unit: str, found: Sequence[_Measured]) -> Trend:
    ordered = sorted(found, key=lambda m: (m.point.when, m.point.source.address))
    lines: dict[str, list[_Measured]] = {}
    for measured in ordered:
        lines.setdefault(measured.key, []).append(measured)
    return Trend(
        key=derived_id("trend", group, unit)[:8],
        title=ordered[-1].group_title,
        unit=unit,
        lines=tuple(Line(m[-1].name, tuple(x.point for x in m)) for m in lines.values()),
        vital=ordered[-1].vital,
    )


def _measured(entry: Entry, body: Json) -> Iterator[_Measured]:
    if entry.withdrawn or entry.when is None:
        return
    group = _key(body)
    for part in _parts(body):
        quantity = quantity_of(choice(part, "value"))
        if quantity is None or not group:
            continue
        number, unit = quantity
        low, high = limits_of(part)
        point = Point(entry.when, number, mark_of(part, choice(part, "value")), low, high, entry.source)
        name = concept_text(part.get("code")) or entry.title
        yield _Measured(group, entry.title, _key(part), name, unit, entry.kind == "vital", point)


def _parts(body: Json) -> Iterable[Json]:
    return [body, *tables(body.get("component"))]


def _key(observed: Json) -> str:
    codes = codes_of(observed.get("code"))
    return f"{codes[0].system}|{codes[0].code}" if codes else concept_text(observed.get("code")).casefold()
