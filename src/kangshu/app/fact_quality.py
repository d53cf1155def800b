"""Quality of facts, wired: what packs bring for it, and that one process at a time makes a pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from kangshu.app.tables import FACTS
from kangshu.domains.quality.facts.content import FactContent
from kangshu.domains.quality.facts.days import due_days, judge_day
from kangshu.domains.quality.facts.outcome import DELIVERY, FINDING
from kangshu.domains.quality.facts.passing import Passed, Passes, Progress
from kangshu.domains.quality.scores import HOURS_AHEAD
from kangshu.kernel.base.time import Clock
from kangshu.kernel.facts.exclusive import exclusive, exclusive_if_free
from kangshu.kernel.facts.stretch import Place, move, place_of
from kangshu.kernel.lake.model import read_models
from kangshu.kernel.packs.definition import Pack
from kangshu.kernel.rules.definition import read_rules

_TURN = "quality of facts"
_DAYS = "quality of days"
"""Under this name it is kept which day was judged last."""


@dataclass(frozen=True, slots=True)
class FactQuality:
    """Passes over what the change feed brought, and over days that are over."""

    passes: Passes
    clock: Clock

    def check(self, *, since: date | None = None, progress: Progress | None = None) -> Passed:
        """Judge what came since the last pass; before it, what came since a day once more. Waits its turn."""
        with self.passes.database.statements() as session, exclusive(session, _TURN):
            again = Passed()
            if since is not None:
                again = self.passes.judge_again(since, self.clock(), progress=progress)
            return again.and_then(self._pass(progress, lambda: False))

    def check_if_free(self, stopped: Callable[[], bool]) -> Passed | None:
        """The same in the background: None where another process is at it."""
        with (
            self.passes.database.statements() as session,
            exclusive_if_free(session, _TURN) as free,
        ):
            return self._pass(None, stopped) if free else None

    def _pass(self, progress: Progress | None, stopped: Callable[[], bool]) -> Passed:
        now = self.clock()
        passed = self.passes.catch_up(now, progress=progress, stopped=stopped)
        lake, content = self.passes.lake, self.passes.content
        today = (now + timedelta(hours=HOURS_AHEAD)).date()
        due = due_days(self._last_day(), today)
        for day in due:
            passed = passed.and_then(Passed(findings=judge_day(lake, content, day, now)))
            self._note_day(day)
        if due:
            for table in (FINDING, DELIVERY):
                lake.tidy(table)
        return passed

    def _last_day(self) -> date | None:
        """The day judged last. As a reader of the change feed is at a transaction, this one is at a day."""
        with self.passes.database.connection() as session:
            place = place_of(session, _DAYS)
        return date.fromordinal(place.tx) if place.tx else None

    def _note_day(self, day: date) -> None:
        with self.passes.database.connection() as session:
            epoch = place_of(session, _DAYS).epoch
            move(session, _DAYS, Place(epoch, day.toordinal()), self.clock())


def read_fact_content(packs: Mapping[str, Pack], macros: str) -> FactContent:
    """The rules about facts. Raises `Invalid` with every problem."""
    folder = packs[FACTS].folder
    return FactContent(read_rules(folder), read_models(folder / "models"), macros)
