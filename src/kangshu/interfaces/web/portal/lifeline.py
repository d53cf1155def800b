"""A whole life as one drawing: a column per year, as tall as much happened, above the long problems."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from kangshu.domains.record.entry import Kind
from kangshu.domains.record.life import Life
from kangshu.domains.record.problems import Problem
from kangshu.domains.record.timeline import Year

WIDTH, HEIGHT = 1000, 84
AXIS, LANE = 24, 22
WIDEST = 46.0
LANES = 5
UNTOLD = 8
"""A gap of more years than this between birth and the first entry is left out of the drawing."""

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
    """One calendar year with entries; `x` is the left edge."""

    year: int
    total: int
    x: float
    width: float
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Lane:
    """A problem from when it was first seen to today or to death; `inside`: its name fits on it."""

    problem: Problem
    x: float
    width: float
    y: float
    inside: bool


@dataclass(frozen=True, slots=True)
class Tick:
    """A year on the axis; `age` reached in it, None where the birth is unknown."""

    x: float
    year: int
    age: int | None


@dataclass(frozen=True, slots=True)
class Lifeline:
    """columns in time order; `born` is the year of birth where it lies before the drawing; height in all."""

    columns: tuple[Column, ...]
    ticks: tuple[Tick, ...]
    lanes: tuple[Lane, ...]
    born: int | None
    height: int


def lifeline(life: Life) -> Lifeline:
    """Lay out a life; heights grow with the square root, so that quiet years stay visible."""
    problems = _long_problems(life)
    seen = [year.year for year in life.years if year.year is not None]
    seen += [problem.cluster.first.year for problem in problems if problem.cluster.first]
    born = life.person.born.year if life.person.born else None
    end = life.person.died.date if life.person.died else life.on
    first, last = min([*seen, end.year]), max([*seen, end.year])
    hidden = born is not None and first - born > UNTOLD
    first = born if born is not None and not hidden and born < first else first
    slot = WIDTH / max(last - first + 1, 6)
    most = max((year.total for year in life.years if year.year), default=1)
    return Lifeline(
        columns=tuple(
            _column(y, y.year, (y.year - first) * slot, slot, most) for y in reversed(life.years) if y.year
        ),
        ticks=_ticks(first, last, slot, born),
        lanes=tuple(_lane(p, n, first, slot, end) for n, p in enumerate(problems)),
        born=born if hidden else None,
        height=HEIGHT + AXIS + len(problems) * LANE,
    )


def _long_problems(life: Life) -> list[Problem]:
    """The problems that last, oldest first."""
    lasting = [p for p in life.problems if p.standing == "active" and p.cluster.first]
    chosen = sorted(lasting, key=lambda p: (not p.register, _since(p)))[:LANES]
    return sorted(chosen, key=_since)


def _since(problem: Problem) -> str:
    return problem.cluster.first.at.isoformat() if problem.cluster.first else ""


def _column(year: Year, number: int, x: float, slot: float, most: int) -> Column:
    tally: Counter[Band] = Counter()
    for kind, count in year.counts:
        tally[_BAND_OF.get(kind, "care")] += count
    full = max(6.0, (year.total / most) ** 0.5 * HEIGHT)
    parts: list[Part] = []
    at = float(HEIGHT)
    for band in BANDS:
        height = full * tally[band] / year.total
        at -= height
        if height:
            parts.append(Part(band, round(at, 1), round(height, 1)))
    width = min(max(slot * 0.72, 1.5), WIDEST)
    return Column(number, year.total, round(x + (slot - width) / 2, 2), round(width, 2), tuple(parts))


def _ticks(first: int, last: int, slot: float, born: int | None) -> tuple[Tick, ...]:
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100) if (last - first + 1) / step <= 13 or step == 100)
    years = (year for year in range(first, last + 1) if year % step == 0)
    return tuple(
        Tick(round((year - first + 0.5) * slot, 1), year, year - born if born is not None else None)
        for year in years
    )


def _lane(problem: Problem, number: int, first: int, slot: float, on: date) -> Lane:
    begun = problem.cluster.first
    share = 0.0 if begun is None else begun.year - first + (begun.at.month - 1) / 12
    x = min(share * slot, WIDTH - 12.0)
    end = (on.year - first + on.month / 12) * slot
    y = HEIGHT + AXIS + number * LANE + LANE / 2
    width = max(end - x, 12.0)
    return Lane(problem, round(x, 1), round(width, 1), y, inside=width > 14.0 * len(problem.cluster.title))
