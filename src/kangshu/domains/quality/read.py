"""Read quality with a grant: scores, which rules found how much, and the failing records themselves."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Generator, Hashable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from threading import Lock

from kangshu.domains.quality.facts.outcome import DELIVERY, FINDING
from kangshu.domains.quality.scores import HOURS_AHEAD, Score, read_scores
from kangshu.domains.quality.scoring import Scoring
from kangshu.kernel.lake.engine import Engine, engine, literal
from kangshu.kernel.lake.reader import Note, condition_of
from kangshu.kernel.lake.store import Lake
from kangshu.kernel.policies.definition import Grant

_TABLES = {"delivery": ("delivery", DELIVERY), "finding": ("finding", FINDING)}
"""What landing tables writes, and what passes over facts write: with the same columns, read as one."""

MOST = 64
"""Scores that are remembered: grants, institutions and spans of time."""

_NO_FINDING = (
    "CREATE TEMP TABLE finding (_source VARCHAR, _county VARCHAR, _message BIGINT, received_at TIMESTAMP,"
    " feed VARCHAR, model VARCHAR, rule VARCHAR, level VARCHAR, dimension VARCHAR, number BIGINT,"
    " part VARCHAR, row BIGINT, field VARCHAR, key VARCHAR, happened DATE, aside BOOLEAN)"
)


@dataclass(frozen=True, slots=True)
class Found:
    """How much one rule found: findings, and what share of everything received had one."""

    rule: str
    level: str
    dimension: str
    feed: str
    count: int
    things: int


@dataclass(frozen=True, slots=True)
class Failing:
    """One finding: where it is, never what stands there. `key` is what the institution calls the record."""

    source: str
    received_at: datetime
    message: int
    feed: str
    model: str
    rule: str
    level: str
    number: int | None
    part: str | None
    row: int | None
    field: str | None
    key: str | None
    happened: date | None
    aside: bool


class RememberedScores:
    """Scores by what they are of: the rows a grant lets through of tables as they are. Safe to share between
    threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: OrderedDict[Hashable, tuple[Score, ...]] = OrderedDict()

    def find(self, key: Hashable) -> tuple[Score, ...] | None:
        """What is known under a key."""
        with self._lock:
            return self._known.get(key)

    def keep(self, key: Hashable, found: tuple[Score, ...]) -> None:
        """Remember scores; those that were kept first go first."""
        with self._lock:
            self._known[key] = found
            while len(self._known) > MOST:
                self._known.popitem(last=False)


class QualityReader:
    """What one grant lets through of deliveries and findings."""

    def __init__(
        self,
        lake: Lake,
        scoring: Scoring,
        grant: Grant,
        note: Note,
        remembered: RememberedScores | None = None,
    ) -> None:
        self._lake = lake
        self.scoring = scoring
        self._grant = grant
        self._note = note
        self._remembered = remembered or RememberedScores()

    def scores(self, *, since: date, until: date, source: str | None = None) -> list[Score]:
        """Scores per institution, feed and day, oldest first."""
        condition = self._condition(source)
        key = (self._state(), condition, since, until)
        found = self._remembered.find(key)
        if found is None:
            with self._tables() as work:
                scores = read_scores(work, self.scoring, condition, since=since, until=until) if work else []
            found = tuple(scores)
            # What came meanwhile is in it, or is not.
            if self._state() == key[0]:
                self._remembered.keep(key, found)
        self._note(self._grant, "delivery", len(found))
        return list(found)

    def found(self, *, since: date, until: date, source: str | None = None) -> list[Found]:
        """What each rule found, most first."""
        with self._tables() as work:
            if work is None:
                return []
            rows = work.rows(
                "SELECT rule, any_value(level), any_value(dimension), feed, count(*),"
                " count(DISTINCT (_source, _message, model, number)) FROM finding"
                f" WHERE {self._condition(source)} AND {_within(since, until)}"
                " GROUP BY rule, feed ORDER BY 5 DESC, rule"
            )
        self._note(self._grant, "finding", len(rows))
        return [Found(*row) for row in rows]

    def failing(
        self,
        *,
        since: date,
        until: date,
        source: str | None = None,
        rule: str | None = None,
        skip: int = 0,
        limit: int = 100,
    ) -> Sequence[Failing]:
        """Failing records, newest first, after the first `skip`."""
        more = f" AND rule = {literal(rule)}" if rule else ""
        with self._tables() as work:
            if work is None:
                return []
            rows = work.rows(
                "SELECT _source, received_at, _message, feed, model, rule, level, number, part, row, field,"
                f" key, happened, aside FROM finding WHERE {self._condition(source)}"
                f" AND {_within(since, until)}{more} ORDER BY received_at DESC, _message DESC, number, rule,"
                f" part, row, field LIMIT {min(limit, 10_000)} OFFSET {skip}"
            )
        self._note(self._grant, "finding", len(rows))
        return [Failing(*row) for row in rows]

    def _state(self) -> Hashable:
        """The files that the tables have."""
        held = [self._lake.held(table) for tables in _TABLES.values() for table in tables]
        return tuple((each.version, each.uris) if each else None for each in held)

    def _condition(self, source: str | None) -> str:
        mine = condition_of(self._grant)
        return mine if source is None else f"({mine}) AND _source = {literal(source)}"

    @contextmanager
    def _tables(self) -> Generator[Engine | None]:
        """An engine with both; None as long as nothing has come."""
        with engine(self._lake.scratch) as work:
            there = {view: self._offer(work, view, tables) for view, tables in _TABLES.items()}
            if there["delivery"] and not there["finding"]:
                work.run(_NO_FINDING)
            yield work if there["delivery"] else None

    def _offer(self, work: Engine, view: str, tables: Sequence[str]) -> bool:
        there = [table for table in tables if self._lake.offer(work, f"lake_{table}", table)]
        if there:
            every = " UNION ALL BY NAME ".join(f"FROM lake_{table}" for table in there)
            work.run(f"CREATE TEMP VIEW {view} AS {every}")
        return bool(there)


def _within(since: date, until: date) -> str:
    day = f"CAST(received_at + INTERVAL {HOURS_AHEAD} HOUR AS DATE)"
    return f"{day} BETWEEN DATE '{since}' AND DATE '{until}'"
