"""A pass: judge what the change feed brought since the last one, stretch by stretch.

Killed anywhere, the next one does the last stretch again, and nothing is doubled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from kangshu.domains.quality.facts.content import FactContent
from kangshu.domains.quality.facts.gather import gather
from kangshu.domains.quality.facts.outcome import write_stretch
from kangshu.domains.quality.scores import HOURS_AHEAD
from kangshu.kernel.facts import stretch as feed
from kangshu.kernel.facts.database import Database
from kangshu.kernel.facts.stretch import Place, Stretch
from kangshu.kernel.lake.arrow import pa
from kangshu.kernel.lake.engine import Engine, engine
from kangshu.kernel.lake.store import Lake
from kangshu.kernel.rules.run import run

READER = "quality"
"""Under this name it is kept how far the passes have come."""

COUNTIES = "institution"

Progress = Callable[[int, int], None]
"""Called with (transactions done, transactions in all)."""


@dataclass(frozen=True, slots=True)
class Passed:
    """What a pass did."""

    facts: int = 0
    messages: int = 0
    findings: int = 0
    stretches: int = 0

    def and_then(self, other: Passed) -> Passed:
        """Both together."""
        return Passed(
            self.facts + other.facts,
            self.messages + other.messages,
            self.findings + other.findings,
            self.stretches + other.stretches,
        )

    def plus(self, stretch: Stretch, findings: int) -> Passed:
        """With one stretch more."""
        return Passed(
            self.facts + stretch.versions,
            self.messages + stretch.messages,
            self.findings + findings,
            self.stretches + 1,
        )


@dataclass(frozen=True, slots=True)
class Passes:
    """What passes need. `county_of`: the county of an institution."""

    database: Database
    lake: Lake
    content: FactContent
    county_of: Callable[[str], str]

    def catch_up(
        self, now: datetime, *, progress: Progress | None = None, stopped: Callable[[], bool] = lambda: False
    ) -> Passed:
        """Judge what came since the last pass. One process at a time; the caller sees to that."""
        with self.database.connection() as session:
            place, end = feed.place_of(session, READER), feed.horizon(session)
        passed = Passed()
        low, wide = place.tx, feed.FIRST
        start = low
        while low < end and not stopped():
            stretch = self._judge(low, end, wide, now)
            passed = passed if stretch[0].is_empty else passed.plus(*stretch)
            low = stretch[0].high
            wide = 2 * (stretch[0].high - stretch[0].low)
            with self.database.connection() as session:
                feed.move(session, READER, Place(place.epoch, low), now)
            if progress is not None:
                progress(low - start, end - start)
        return passed

    def judge_again(self, since: date, now: datetime, *, progress: Progress | None = None) -> Passed:
        """Judge once more what came since a day and was judged before; the passes stay where they are."""
        day = datetime.combine(since, time(), UTC) - timedelta(hours=HOURS_AHEAD)
        with self.database.connection() as session:
            low, end = feed.before(session, day), feed.place_of(session, READER).tx
        passed = Passed()
        start, wide = low, feed.FIRST
        while low < end:
            stretch = self._judge(low, end, wide, now)
            passed = passed if stretch[0].is_empty else passed.plus(*stretch)
            low, wide = stretch[0].high, 2 * (stretch[0].high - stretch[0].low)
            if progress is not None:
                progress(low - start, end - start)
        return passed

    def _judge(self, low: int, end: int, wide: int, now: datetime) -> tuple[Stretch, int]:
        with self.database.connection() as session:
            stretch = feed.next_stretch(session, low, end, wide)
        if stretch.is_empty:
            return stretch, 0
        with engine(self.lake.scratch) as work:
            there = gather(work, self.database, stretch, self.content)
            run(work, self.content.of_facts, there, on=now.date(), received=now)
            self._offer_counties(work)
            found = write_stretch(work, self.lake, self.content, COUNTIES, now)
        return stretch, found

    def _offer_counties(self, work: Engine) -> None:
        sources = [row[0] for row in work.rows("SELECT DISTINCT source FROM finished")]
        counties: Mapping[str, list[str]] = {
            "source": sources,
            "county": [self.county_of(source) for source in sources],
        }
        work.offer(
            COUNTIES, pa.table({name: pa.array(values, pa.string()) for name, values in counties.items()})
        )
