"""Scores: per institution, feed and day, in five dimensions.

A thing loses, in each dimension, what its worst finding there weighs. The score of a dimension is what is
left on average over everything received, of 100; the whole score weighs the dimensions. Things of different
models are not added up, for a settlement list has fifty fee lines: each model of a feed has its score, and
several together have the mean of theirs. A message that could not be used at all counts as a model of its
own that lost everything in validity and completeness.
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
    """One institution, feed, model and day. The model is '' for messages that could not be used at all.

    received    things that came; `refused`: messages that could not be used at all
    lost        by dimension: what all things together lost
    """

    source: str
    feed: str
    model: str
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
        return _total(self, scoring)


@dataclass(frozen=True, slots=True)
class Joined:
    """Several scores as one: one part for each feed and model, over all their days."""

    parts: tuple[Score, ...]

    @property
    def received(self) -> int:
        """Things of all models."""
        return sum(part.received for part in self.parts)

    @property
    def aside(self) -> int:
        """Things set aside."""
        return sum(part.aside for part in self.parts)

    @property
    def refused(self) -> int:
        """Messages that could not be used at all."""
        return sum(part.refused for part in self.parts)

    def of(self, dimension: str) -> Decimal:
        """The score of a dimension, 0 to 100: the mean over the parts."""
        return sum((part.of(dimension) for part in self.parts), Decimal(0)) / len(self.parts)

    def total(self, scoring: Scoring) -> Decimal:
        """The whole score, 0 to 100."""
        return _total(self, scoring)


def _total(score: Score | Joined, scoring: Scoring) -> Decimal:
    return sum((score.of(name) * share for name, share in scoring.dimensions.items()), Decimal(0))


def joined(scores: Iterable[Score]) -> Joined | None:
    """Several scores as one, each day weighing as much as came; None where nothing came."""
    parts: dict[tuple[str, str], list[Score]] = {}
    for score in scores:
        if score.weight:
            parts.setdefault((score.feed, score.model), []).append(score)
    return Joined(tuple(_added(each) for each in parts.values())) if parts else None


def _added(scores: Sequence[Score]) -> Score:
    lost = {
        name: sum((score.lost.get(name, Decimal(0)) for score in scores), Decimal(0)) for name in DIMENSIONS
    }
    return Score(
        source=scores[0].source,
        feed=scores[0].feed,
        model=scores[0].model,
        day=max(score.day for score in scores),
        received=sum(score.received for score in scores),
        aside=sum(score.aside for score in scores),
        refused=sum(score.refused for score in scores),
        lost=lost,
    )


def read_scores(engine: Engine, scoring: Scoring, condition: str, *, since: date, until: date) -> list[Score]:
    """From the tables `delivery` and `finding` that the engine was offered, of rows that meet a condition."""
    levels = ", ".join(f"({literal(name)}, {weight})" for name, weight in scoring.levels.items())
    span = f"BETWEEN DATE '{since}' AND DATE '{until}'"
    day = f"CAST(received_at + INTERVAL {HOURS_AHEAD} HOUR AS DATE)"
    rows = engine.rows(
        f"WITH weight(level, weight) AS (VALUES {levels}),"
        f" came AS (SELECT _source, feed, model, {day} AS day, sum(received) AS received,"
        " sum(aside) AS aside, count(*) FILTER (model = '') AS refused"
        f" FROM delivery WHERE ({condition}) AND {day} {span}"
        " GROUP BY ALL),"
        f" worst AS (SELECT _source, feed, {day} AS day, _message, model, number, dimension,"
        " max(w.weight) AS weight FROM finding JOIN weight AS w USING (level)"
        f" WHERE ({condition}) AND {day} {span} GROUP BY ALL),"
        " lost AS (SELECT _source, feed, model, day, dimension, sum(weight) AS lost FROM worst GROUP BY ALL)"
        " SELECT c._source, c.feed, c.model, c.day, c.received, c.aside, c.refused,"
        " list(l.dimension) FILTER (l.dimension IS NOT NULL), list(l.lost) FILTER (l.lost IS NOT NULL)"
        " FROM came AS c LEFT JOIN lost AS l USING (_source, feed, model, day)"
        " GROUP BY ALL ORDER BY c.day, c._source, c.feed, c.model"
    )
    return [
        Score(
            source,
            feed,
            model,
            on,
            int(received),
            int(aside),
            int(refused),
            {name: Decimal(str(value)) for name, value in zip(names or (), values or (), strict=True)},
        )
        for source, feed, model, on, received, aside, refused, names, values in rows
    ]


@dataclass(frozen=True, slots=True)
class Place:
    """An institution in the ranking.

    `change`: against the same span before, over the feeds and models that came in both; None: none did.
    """

    source: str
    score: Joined
    total: Decimal
    change: Decimal | None


def ranking(scores: Sequence[Score], scoring: Scoring, *, until: date, days: int) -> list[Place]:
    """Institutions by their score over the last `days`, worst first."""
    start = until - timedelta(days=days - 1)
    before = start - timedelta(days=days)
    found: list[Place] = []
    for source in sorted({score.source for score in scores}):
        own = [score for score in scores if score.source == source]
        lately = [score for score in own if start <= score.day <= until]
        now = joined(lately)
        if now is None:
            continue
        change = _change([score for score in own if before <= score.day < start], lately, scoring)
        found.append(Place(source, now, now.total(scoring), change))
    return sorted(found, key=lambda place: (place.total, place.source))


def _change(before: Sequence[Score], lately: Sequence[Score], scoring: Scoring) -> Decimal | None:
    """A feed that began or ended is no change of quality, so both spans are cut to what came in both."""
    both = _kinds(before) & _kinds(lately)
    then = joined(score for score in before if (score.feed, score.model) in both)
    now = joined(score for score in lately if (score.feed, score.model) in both)
    return now.total(scoring) - then.total(scoring) if now and then else None


def _kinds(scores: Iterable[Score]) -> set[tuple[str, str]]:
    return {(score.feed, score.model) for score in scores if score.weight}


def courses(scores: Sequence[Score], scoring: Scoring) -> dict[str, list[tuple[date, Decimal]]]:
    """By feed the whole score of each day on which something came, oldest first."""
    found: dict[str, list[tuple[date, Decimal]]] = {}
    for feed, day in sorted({(score.feed, score.day) for score in scores}):
        each = joined(score for score in scores if (score.feed, score.day) == (feed, day))
        if each is not None:
            found.setdefault(feed, []).append((day, each.total(scoring)))
    return found
