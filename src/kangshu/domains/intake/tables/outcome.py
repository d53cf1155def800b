"""What became of a delivery: for the quarantine, and as two tables of the lake that quality is counted from.

`finding` has one row per fault and finding, `delivery` one per message and model. Both name places and rules
and the key of the thing, never what stands in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC

from kangshu.domains.intake.tables.faults import FAULTS as KINDS
from kangshu.domains.intake.tables.feed import Feed
from kangshu.domains.intake.tables.judging import LATE, Content
from kangshu.domains.intake.tables.merging import Origin
from kangshu.domains.intake.tables.setting_aside import NOTED
from kangshu.domains.intake.tables.staging import CELLS, FAULTS
from kangshu.kernel.base.errors import Problem
from kangshu.kernel.lake.engine import Engine, literal
from kangshu.kernel.lake.given import offer_rows
from kangshu.kernel.lake.model import Model
from kangshu.kernel.lake.store import COUNTY, MESSAGE, RECORDED, SOURCE, Lake
from kangshu.kernel.rules.run import FINDINGS

FINDING, DELIVERY = "finding", "delivery"

MOST_LISTED = 1_000
"""Things of one message and model that the quarantine lists one by one; the findings have them all."""

Bad = tuple[int, str, list[Problem]]
"""(number of the row in the message, model, problems)"""


def make_outcome(engine: Engine, content: Content) -> None:
    """Put faults and findings together as the table `outcome`, with what is known of rule and thing."""
    rules = [rule for each in content.rules for rule in each.rules]
    rows = [
        {"rule": rule.id, "level": rule.level, "dimension": rule.dimension, "message": rule.title}
        for rule in rules
    ]
    rows += [
        {
            "rule": name,
            "level": "W" if name == LATE else "E",
            "dimension": kind.dimension,
            "message": kind.message,
        }
        for name, kind in KINDS.items()
    ]
    offer_rows(engine, "kind", rows)
    engine.run(
        "CREATE TABLE outcome AS SELECT o.*, k.level, k.dimension, k.message, n.row AS number, n.key,"
        " n.happened, coalesce(n.aside, true) AS aside FROM ("
        f"SELECT model, rule, unit, nullif(part, '') AS part, row, field FROM {FAULTS}"
        f" UNION ALL SELECT model, rule, unit, nullif(part, ''), row, field FROM {FINDINGS}) AS o"
        f" JOIN kind AS k USING (rule) LEFT JOIN {NOTED} AS n ON n.model = o.model AND n.unit = o.unit"
    )


def bad_things(engine: Engine, model: Model, offset: int) -> list[Bad]:
    """What was set aside, thing by thing, at most `MOST_LISTED`; `offset`: rows of the message before."""
    rows = engine.rows(
        "SELECT coalesce(number, row), list({'rule': rule, 'part': o.part, 'row': row, 'field': o.field,"
        " 'message': message, 'cell': s.place || coalesce(row, number)}) FROM outcome AS o"
        f" LEFT JOIN {CELLS} AS s"
        " ON s.model = o.model AND s.part = coalesce(o.part, '') AND s.field = o.field"
        f" WHERE o.model = {literal(model.name)} AND aside AND level = 'E'"
        f" GROUP BY coalesce(number, row), number IS NULL, unit ORDER BY 1 LIMIT {MOST_LISTED}"
    )
    found: dict[int, list[Problem]] = {}
    for number, problems in rows:
        listed = [_problem(model, number, each) for each in problems]
        found.setdefault(offset + int(number or 0), []).extend(listed)
    return [(number, model.name, problems) for number, problems in found.items()]


def _problem(model: Model, number: int | None, found: Mapping[str, object]) -> Problem:
    part, row, field = found["part"], found["row"], found["field"]
    place = f"{model.table}[{number}]"
    if part:
        place = f"{place}.{part}[{row}]" if row is not None else f"{place}.{part}"
    if field:
        place = f"{place}.{field}"
    words = f"{found['message']} ({found['cell']})" if found["cell"] else str(found["message"])
    return Problem("error", str(found["rule"]), place, words)


def count_findings(engine: Engine) -> Counter[str]:
    """How often each rule and each kind of fault was found."""
    return Counter(dict(engine.rows("SELECT rule, count(*) FROM outcome GROUP BY rule ORDER BY rule")))


def write_outcome(
    engine: Engine, lake: Lake, feed: Feed, counts: Mapping[str, Mapping[str, int]], origin: Origin
) -> None:
    """Write findings and deliveries of the message, in the place of what an earlier try wrote."""
    head = _head(feed, origin)
    findings = (
        f"SELECT {head}, model, rule, level, dimension, coalesce(number, unit, row) AS number, part, row,"
        " field, key, happened, aside FROM outcome"
    )
    lake.replace_message(FINDING, engine.arrow(findings), origin.source, origin.message)
    values = ", ".join(
        f"({literal(model)}, {found['received']}, {found['stored']}, {found['unchanged']},"
        f" {found['quarantined']})"
        for model, found in counts.items()
    )
    deliveries = (
        f"SELECT {head}, model, CAST(received AS BIGINT) AS received, CAST(stored AS BIGINT) AS stored,"
        " CAST(unchanged AS BIGINT) AS unchanged, CAST(aside AS BIGINT) AS aside"
        f" FROM (VALUES {values}) AS v(model, received, stored, unchanged, aside)"
    )
    lake.replace_message(DELIVERY, engine.arrow(deliveries), origin.source, origin.message)


def note_refused(engine: Engine, lake: Lake, feed: Feed, origin: Origin) -> None:
    """Write that nothing of a message could be used."""
    nothing = (
        f"SELECT {_head(feed, origin)}, '' AS model, 0::BIGINT AS received, 0::BIGINT AS stored,"
        " 0::BIGINT AS unchanged, 0::BIGINT AS aside"
    )
    lake.replace_message(DELIVERY, engine.arrow(nothing), origin.source, origin.message)


def _head(feed: Feed, origin: Origin) -> str:
    received = origin.received.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")
    recorded = origin.now.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")
    return (
        f"{literal(origin.source)} AS {SOURCE}, {literal(origin.county)} AS {COUNTY},"
        f" {origin.message}::BIGINT AS {MESSAGE}, TIMESTAMP {literal(recorded)} AS {RECORDED},"
        f" TIMESTAMP {literal(received)} AS received_at, {literal(feed.name)} AS feed"
    )
