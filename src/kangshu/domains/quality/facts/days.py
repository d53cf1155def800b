"""Rules that need a day as a whole: judged once the day is over, as findings about a feed of that day."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from kangshu.domains.quality.facts.content import DAY, FactContent
from kangshu.domains.quality.facts.gather import offer_values
from kangshu.domains.quality.facts.outcome import DELIVERY, FINDING, offer_kinds, replace, stamp
from kangshu.domains.quality.scores import HOURS_AHEAD
from kangshu.kernel.lake.engine import Engine, engine
from kangshu.kernel.lake.store import COUNTY, MESSAGE, RECORDED, SOURCE, Lake
from kangshu.kernel.rules.run import FINDINGS, prepare, run

LOOK_BACK = 28
"""Days before a day that say what usually comes."""

MOST = 7
"""Days that are made up for after a longer pause."""

_LANDED = "delivery"


def due_days(last: date | None, today: date) -> list[date]:
    """The days that are over and were not judged yet, oldest first; `last`: the one judged last, if any."""
    first = today - timedelta(days=1)
    if last is not None:
        first = max(last + timedelta(days=1), today - timedelta(days=MOST))
    return [first + timedelta(days=number) for number in range((today - first).days)]


def judge_day(lake: Lake, content: FactContent, day: date, now: datetime) -> int:
    """Judge a day, in the place of what an earlier try found; how many findings."""
    with engine(lake.scratch) as work:
        work.run(content.macros)
        offer_values(work, content)
        offer_kinds(work, content)
        if not _make_view(work, lake, day):
            return 0
        there = prepare(work, content.rules, {"feed_day", "value_set"})
        run(work, content.of_days, there, on=day, received=now)
        head = (
            f"d.org AS {SOURCE}, d.county AS {COUNTY}, {_number_of(day)}::BIGINT AS {MESSAGE},"
            f" {stamp(now)} AS {RECORDED}, CAST(d.day AS TIMESTAMP) + INTERVAL {24 - HOURS_AHEAD} HOUR"
            " - INTERVAL 1 SECOND AS received_at, d.feed"
        )
        work.run(
            f"CREATE TABLE new_finding AS SELECT {head}, o.model, o.rule, k.level, k.dimension,"
            " d.unit AS number, o.part, o.row, o.field, CAST(NULL AS VARCHAR) AS key, d.day AS happened,"
            f" false AS aside FROM {FINDINGS} AS o JOIN feed_day AS d USING (unit)"
            " JOIN kind AS k USING (rule)"
        )
        work.run(
            f"CREATE TABLE new_delivery AS SELECT {head}, '{DAY}' AS model, 1::BIGINT AS received,"
            " 0::BIGINT AS stored, 0::BIGINT AS unchanged, 0::BIGINT AS aside FROM feed_day AS d"
            f" WHERE d.came > 0 OR d.unit IN (SELECT unit FROM {FINDINGS})"
        )
        work.run(f"CREATE TABLE touched AS SELECT {_number_of(day)}::BIGINT AS message")
        replace(work, lake, FINDING, "new_finding", "touched", "false")
        replace(work, lake, DELIVERY, "new_delivery", "touched", "false")
        return int(work.one("SELECT count(*) FROM new_finding"))


def _make_view(work: Engine, lake: Lake, day: date) -> bool:
    """`feed_day`: every feed of the weeks before, how much came on the day, and how often on its weekday.

    False while nothing has come at all.
    """
    tables = [table for table in (_LANDED, DELIVERY) if lake.offer(work, f"came_{table}", table)]
    if not tables:
        return False
    local = f"CAST(received_at + INTERVAL {HOURS_AHEAD} HOUR AS DATE)"
    every = " UNION ALL ".join(
        f"SELECT {SOURCE} AS org, {COUNTY} AS county, feed, {MESSAGE} AS message, {local} AS day"
        f" FROM came_{table} WHERE {MESSAGE} > 0"
        for table in tables
    )
    work.run(
        "CREATE TABLE feed_day AS WITH came AS"
        " (SELECT org, county, feed, day, count(DISTINCT message) AS came"
        f" FROM ({every}) WHERE day BETWEEN DATE '{day}' - {LOOK_BACK} AND DATE '{day}' GROUP BY ALL)"
        f" SELECT row_number() OVER (ORDER BY org, feed) AS unit, org, any_value(county) AS county, feed,"
        f" DATE '{day}' AS day, CAST(coalesce(sum(came) FILTER (day = DATE '{day}'), 0) AS BIGINT) AS came,"
        f" count(*) FILTER (day < DATE '{day}' AND date_diff('day', day, DATE '{day}') % 7 = 0)"
        " AS same_weekday"
        " FROM came GROUP BY org, feed"
    )
    return True


def _number_of(day: date) -> int:
    """What stands for a message where there is none."""
    return -int(day.strftime("%Y%m%d"))
