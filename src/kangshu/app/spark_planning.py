"""Counting on Spark: the same views and indicators, over the same lake, by many machines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from kangshu.app.planning import EVERYBODY, Planning
from kangshu.domains.planning.plan import PlaceContent
from kangshu.kernel.facts.reader import Use
from kangshu.kernel.indicators.definition import Indicator
from kangshu.kernel.indicators.run import Result, run
from kangshu.kernel.lake.engine import Engine
from kangshu.kernel.policies.definition import Grant
from kangshu.kernel.views.spark.session import spark_session


@dataclass(frozen=True, slots=True)
class SparkPlanning:
    """Counts what `Planning` counts, on Spark. Keeps nothing: every count goes over all rows.

    master    `local[*]`, or the address of a cluster whose machines can read the lake
    settings  of Spark, beyond those on which the meaning of statements depends
    """

    planning: Planning
    master: str
    settings: Mapping[str, str]

    def count(
        self,
        grant: Grant,
        content: PlaceContent,
        indicators: Iterable[Indicator],
        *,
        on: date,
        as_of: datetime | None = None,
        county: str | None = None,
    ) -> dict[str, Result]:
        """The same as `Planning.count`, counted by Spark.

        Raises `NotSupported` where Spark is not installed, or a statement has no counterpart there.
        """
        scratch = self.planning.views.facts.lake.scratch / "spark"
        with spark_session(self.master, scratch, self.settings) as session:
            return self.count_in(session, grant, content, indicators, on=on, as_of=as_of, county=county)

    def count_in(
        self,
        session: Any,
        grant: Grant,
        content: PlaceContent,
        indicators: Iterable[Indicator],
        *,
        on: date,
        as_of: datetime | None = None,
        county: str | None = None,
    ) -> dict[str, Result]:
        """The same in a session that is there already."""
        # Every command imports this module, few count on Spark, and its dialect takes long to import.
        from kangshu.kernel.views.spark.engine import spark_engine  # noqa: PLC0415

        chosen = self.planning.countable(content, indicators)
        if not chosen:
            return {}
        small = int(content.parameters.on("small_number", on).value)
        with spark_engine(session) as spark:
            # It understands the statements that views and indicators are made of, as the engine does.
            work = cast("Engine", spark)
            self.planning.prepare(work, content, chosen, EVERYBODY, county=county, as_of=as_of)
            found = {each.id: run(work, each, on=on, as_of=as_of, small_number=small) for each in chosen}
        self.planning.note(grant, Use("indicator", tuple(sorted(found)), (), len(found)))
        return found
