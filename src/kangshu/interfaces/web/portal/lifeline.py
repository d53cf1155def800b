"""A whole life as one strip: a column per year from birth to today, as tall as much happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from kangshu.domains.record.entry import Kind
from kangshu.domains.record.moment import Moment
from kangshu.domains.record.timeline import Year

WIDTH, HEIGHT = 1000, 84

Band = str

BANDS: tuple[Band, ...] = ("care", "findings", "treatment", "prevention")
_BAND_OF: Mapping[Kind, Band] = {
    "visit": "care",
    "diagnosis": "care",
    "vital": "findings",
    "result": "findings",
    "report": "findings",
    "medicine": "treatment",
    "procedure": "treatment",
    "order": "treatment",
    "vaccine": "prevention",
    "plan": "prevention",
}


@dataclass(frozen=True, slots=True)
class Part:
    """A coloured piece of a column."""

    band: Band
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Column:
    """One calendar year. `age` is the one reached in it, None where the birth is unknown."""

    year: int
    age: int | None
    total: int
    x: float
    width: float
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Lifeline:
    """columns in time order; `ticks` are (x, year, age) for the axis."""

    columns: tuple[Column, ...]
    ticks: tuple[tuple[float, int, int | None], ...]


def lifeline(years: Sequence[Year], born: Moment | None, on: date) -> Lifeline:
    """Lay out the years; heights grow with the square root, so that quiet years stay visible."""
    counts = {year.year: year for year in years if year.year is not None}
    first = min([*counts, born.year if born else on.year])
    last = max([*counts, on.year])
    slot = WIDTH / (last - first + 1)
    most = max((year.total for year in years), default=1)
    columns = [
        _column(number, counts.get(number), born, (number - first) * slot, slot, most)
        for number in range(first, last + 1)
    ]
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100) if (last - first + 1) / step <= 12 or step == 100)
    ticks = [(c.x + c.width / 2, c.year, c.age) for c in columns if c.year % step == 0]
    return Lifeline(tuple(columns), tuple((round(x, 1), year, age) for x, year, age in ticks))


def _column(number: int, year: Year | None, born: Moment | None, x: float, slot: float, most: int) -> Column:
    total = year.total if year else 0
    tally: Counter[Band] = Counter()
    for kind, count in year.counts if year else ():
        tally[_BAND_OF.get(kind, "care")] += count
    full = max(6.0, (total / most) ** 0.5 * HEIGHT) if total else 0.0
    parts: list[Part] = []
    at = float(HEIGHT)
    for band in BANDS:
        height = full * tally[band] / total if total else 0.0
        at -= height
        if height:
            parts.append(Part(band, round(at, 1), round(height, 1)))
    age = number - born.year if born else None
    return Column(number, age, total, round(x, 2), round(max(slot * 0.72, 1.5), 2), tuple(parts))
