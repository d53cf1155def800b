"""Scores: per institution, feed and day, in five dimensions.

A thing loses, in each dimension, what its worst finding there weighs. The score of a dimension is what is left
on average over everything received, of 100; the whole score weighs the dimensions. A message that could not be
used at all counts as one thing that lost everything in validity and completeness.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from kangshu.domains.quality.scoring import Scoring
from kangshu.kernel.lake.engine import Engine, literal
from kangshu.kernel.rules.definition import DIMENSIONS

HOURS_AHEAD = 8
"""The days are those of Beijing; the lake keeps UTC."""

_REFUSED = ("completeness", "validity")


@dataclass(frozen=True, slots=True)
class Score:
    """One institution, feed and day.

    received    things that came; `refused`: messages that could not be used at all
    lost        by dimension: what all things together lost
    """

    source: str
    feed: str
    day: date
    received: int
    aside: int
    refused: int
    lost: Mapping[str, Decimal]

    @property
    def weight(self) -> int:
        """What the score is an average over."""
        return self.received + self.refused

    def of(self, dimension: str) -> Decimal:
        """The score of a dimension, 0 to 100."""
        more = self.refused if dimension in _REFUSED else 0
        lost = self.lost.get(dimension, Decimal(0)) + more
        return 100 * (1 - min(Decimal(1), lost / self.weight)) if self.weight else Decimal(100)

    def total(self, scoring: Scoring) -> Decimal:
        """The whole score, 0 to 100."""
        return sum((self.of(name) * share for name, share in scoring.dimensions.items()), Decimal(0))


def joined(scores: Iterable[Score]) -> Score | None:
    """Several scores as one, each weighing as much as came; None for none."""
    all_ = list(scores)
    if not all_:
        return None
    lost = {
        name: sum((score.lost.get(name, Decimal(0)) for score in all_), Decimal(0)) for name in DIMENSIONS
    }
    return Score(
        source=all_[0].source,
        feed=all_[0].feed,
        day=max(score.day for score in all_),
        received=sum(score.received for score in all_),
        aside=sum(score.aside for score in all_),
        refused=sum(score.refused for score in all_),
        lost=lost,
    )


def read_scores(engine: Engine, scoring: Scoring, condition: str, *, since: date, until: date) -> list[Score]:
    """From the tables `delivery` and `finding` that the engine was offered, of rows that meet a condition."""
    levels = ", ".join(f"({literal(name)}, {weight})" for name, weight in scoring.levels.items())
    span = f"BETWEEN DATE '{since}' AND DATE '{until}'"
    day = f"CAST(received_at + INTERVAL {HOURS_AHEAD} HOUR AS DATE)"
    rows = engine.rows(
        f"WITH weight(level, weight) AS (VALUES {levels}),"
        f" came AS (SELECT _source, feed, {day} AS day, sum(received) AS received, sum(aside) AS aside,"
        f" count(*) FILTER (model = '') AS refused FROM delivery WHERE ({condition}) AND {day} {span}"
        " GROUP BY ALL),"
        f" worst AS (SELECT _source, feed, {day} AS day, _message, model, number, dimension,"
        " max(w.weight) AS weight FROM finding JOIN weight AS w USING (level)"
        f" WHERE ({condition}) AND {day} {span} GROUP BY ALL),"
        " lost AS (SELECT _source, feed, day, dimension, sum(weight) AS lost FROM worst GROUP BY ALL)"
        " SELECT c._source, c.feed, c.day, c.received, c.aside, c.refused,"
        " list(l.dimension) FILTER (l.dimension IS NOT NULL), list(l.lost) FILTER (l.lost IS NOT NULL)"
        " FROM came AS c LEFT JOIN lost AS l ON l._source = c._source AND l.feed = c.feed AND l.day = c.day"
        " GROUP BY ALL ORDER BY c.day, c._source, c.feed"
    )
    return [
        Score(
            source,
            feed,
            on,
            int(received),
            int(aside),
            int(refused),
            {name: Decimal(str(value)) for name, value in zip(names or (), values or (), strict=True)},
        )
        for source, feed, on, received, aside, refused, names, values in rows
    ]


@dataclass(frozen=True, slots=True)
class Place:
    """An institution in the ranking. `change`: against the time of the same length before; None: nothing then."""

    source: str
    score: Score
    total: Decimal
    change: Decimal | None


def ranking(scores: Sequence[Score], scoring: Scoring, *, until: date, days: int) -> list[Place]:
    """Institutions by their score over the last `days`, worst first."""
    start = until - timedelta(days=days - 1)
    before = start - timedelta(days=days)
    found: list[Place] = []
    for source in sorted({score.source for score in scores}):
        own = [score for score in scores if score.source == source]
        now = joined(score for score in own if start <= score.day <= until)
        if now is None:
            continue
        then = joined(score for score in own if before <= score.day < start)
        total = now.total(scoring)
        found.append(Place(source, now, total, total - then.total(scoring) if then else None))
    return sorted(found, key=lambda place: (place.total, place.source))


def missed_days(scores: Sequence[Score], feed: str, source: str, until: date) -> int:
    """Days since the first delivery on which a daily feed brought nothing."""
    days = {score.day for score in scores if score.feed == feed and score.source == source}
    return (until - min(days)).days + 1 - len(days) if days else 0
