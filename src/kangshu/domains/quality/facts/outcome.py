"""What judging a stretch found, as rows of two tables of the lake that scores are counted from.

They have the columns of `finding` and `delivery`, which landing tables writes. They are tables of their own,
for one process alone writes them, and many small messages at once. Findings belong to facts: those of a fact
that changed are replaced wherever they stand, so that a pass may be repeated, and what was mended disappears.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from kangshu.domains.quality.facts.content import FORM, FORM_FAULT, OTHER, FactContent
from kangshu.domains.quality.facts.gather import CHANGED, EARLIER, FACT, FINISHED, WAITING
from kangshu.kernel.lake.engine import Engine, literal
from kangshu.kernel.lake.given import offer_rows
from kangshu.kernel.lake.store import COUNTY, MESSAGE, RECORDED, SOURCE, Lake
from kangshu.kernel.rules.run import FINDINGS

FINDING, DELIVERY = "fact_finding", "fact_delivery"

MOST_NAMED = 1_000
"""Messages that are replaced by name; of more, all between the first and the last is written anew."""


def offer_kinds(engine: Engine, content: FactContent) -> None:
    """The table `kind`: rule, level and dimension."""
    rows = [
        {"rule": each.id, "level": each.level, "dimension": each.dimension} for each in content.rules.rules
    ]
    rows.append({"rule": FORM, "level": FORM_FAULT.level, "dimension": FORM_FAULT.dimension})
    offer_rows(engine, "kind", rows)


def write_stretch(engine: Engine, lake: Lake, content: FactContent, counties: str, now: datetime) -> int:
    """Write what the table of findings and the gathered messages say; how many findings there are.

    `counties`: name of a table (source, county).
    """
    offer_kinds(engine, content)
    _make_findings(engine, content, counties, now)
    _make_deliveries(engine, content, counties, now)
    # The findings of a fact stand with the message of the version that was judged, now or at an earlier pass.
    engine.run(
        f"CREATE TABLE touched AS SELECT DISTINCT message FROM {CHANGED} UNION SELECT message FROM {EARLIER}"
        f" UNION SELECT message FROM {FINISHED}"
    )
    engine.run(f"CREATE TABLE gone AS SELECT DISTINCT type || '/' || id AS key FROM {CHANGED}")
    stays = (
        f"NOT (e.key IS NOT NULL AND e.key IN (SELECT key FROM gone)) AND NOT (e.rule = {literal(FORM)}"
        f" AND e.{MESSAGE} IN (SELECT message FROM {FINISHED}))"
    )
    replace(engine, lake, FINDING, "new_finding", "touched", stays)
    stays = f"e.{MESSAGE} NOT IN (SELECT {MESSAGE} FROM new_delivery)"
    engine.run(f"CREATE TABLE delivered AS SELECT DISTINCT {MESSAGE} AS message FROM new_delivery")
    replace(engine, lake, DELIVERY, "new_delivery", "delivered", stays)
    return int(engine.one("SELECT count(*) FROM new_finding"))


def _make_findings(engine: Engine, content: FactContent, counties: str, now: datetime) -> None:
    engine.run(
        f"CREATE TABLE new_finding AS SELECT f.org AS {SOURCE}, f.county AS {COUNTY}, f.message AS {MESSAGE},"
        f" {stamp(now)} AS {RECORDED}, f.received AS received_at, f.feed, f.type AS model, o.rule, k.level,"
        " k.dimension, f.unit AS number, nullif(o.part, '') AS part, o.row, o.field,"
        " f.type || '/' || f.id AS key,"
        " CAST(f.happened + INTERVAL 8 HOUR AS DATE) AS happened, false AS aside"
        f" FROM {FINDINGS} AS o JOIN {FACT} AS f USING (unit) JOIN kind AS k USING (rule)"
    )
    # Numbers of entries of a message are negative here: those of facts count upwards.
    engine.run(
        f"INSERT INTO new_finding SELECT m.source, c.county, m.message, {stamp(now)}, m.received,"
        f" {_FEED}, {_model(content, 'w.type')}, k.rule, k.level, k.dimension, -2 - w.position,"
        f" NULL, NULL, NULL, NULL, NULL, true FROM {WAITING} AS w JOIN {FINISHED} AS m USING (message)"
        f" JOIN {counties} AS c USING (source) JOIN kind AS k ON k.rule = {literal(FORM)}"
        " WHERE NOT starts_with(coalesce(m.media, ''), 'table/')"
    )


def _make_deliveries(engine: Engine, content: FactContent, counties: str, now: datetime) -> None:
    """What came by type, as the journal counted it; of single changes over the API, the versions stored.

    Types without rules are one model: their form is all that was checked.
    """
    counts = '{"received": "JSON", "stored": "JSON", "unchanged": "JSON", "quarantined": "JSON"}'
    engine.run(
        "CREATE TABLE counted AS WITH read AS (SELECT message, source, media, received,"
        f" from_json(counts, '{counts}') AS c FROM {FINISHED}"
        " WHERE NOT starts_with(coalesce(media, ''), 'table/')),"
        " each AS (SELECT *, unnest(json_keys(c.received)) AS type FROM read)"
        " SELECT message, source, media, received, type, "
        + ", ".join(
            f"coalesce(CAST(json_extract(c.{name}, '$.\"' || type || '\"') AS BIGINT), 0) AS {column}"
            for name, column in (
                ("received", "came"),
                ("stored", "stored"),
                ("unchanged", "unchanged"),
                ("quarantined", "aside"),
            )
        )
        + " FROM each UNION ALL"
        " SELECT f.message, m.source, m.media, m.received, f.type, count(*), count(*), 0, 0"
        f" FROM {CHANGED} AS f JOIN {FINISHED} AS m USING (message) WHERE m.channel = 'api' GROUP BY ALL"
    )
    whole = "WHERE type <> '?'"
    engine.run(
        f"CREATE TABLE new_delivery AS SELECT m.source AS {SOURCE}, c.county AS {COUNTY},"
        f" m.message AS {MESSAGE}, {stamp(now)} AS {RECORDED}, m.received AS received_at, {_FEED} AS feed,"
        f" {_model(content, 'type')} AS model,"
        f" CAST(coalesce(sum(came) FILTER ({whole}), 0) AS BIGINT) AS received,"
        f" CAST(coalesce(sum(stored) FILTER ({whole}), 0) AS BIGINT) AS stored,"
        f" CAST(coalesce(sum(unchanged) FILTER ({whole}), 0) AS BIGINT) AS unchanged,"
        f" CAST(coalesce(sum(aside) FILTER ({whole}), 0) AS BIGINT) AS aside"
        f" FROM counted AS m JOIN {counties} AS c USING (source) GROUP BY ALL"
    )


def _model(content: FactContent, type_: str) -> str:
    """The model of a type of facts: its own where there are rules about it, '' for what could not be read."""
    known = ", ".join(map(literal, content.types))
    return f"CASE WHEN {type_} = '?' THEN '' WHEN {type_} IN ({known}) THEN {type_} ELSE {literal(OTHER)} END"


_FEED = "CASE WHEN m.media = 'hl7v2' THEN 'hl7v2' WHEN m.media = 'cda' THEN 'cda' ELSE 'fhir' END"


def replace(engine: Engine, lake: Lake, table: str, new: str, messages: str, stays: str) -> None:
    """Put new rows beside those of the same messages that stay, in the place of all of them."""
    there = _messages_there(engine, lake, table, messages)
    replaced = "false"
    if there:
        replaced = _naming(there)
        engine.run(
            f"CREATE TABLE kept_{table} AS SELECT * FROM old_{table} AS e WHERE {replaced} AND {stays}"
        )
        rows = f"FROM kept_{table} UNION ALL BY NAME FROM {new} WHERE {replaced}"
        lake.replace_whole(table, engine.arrow(rows), replaced)
    if engine.one(f"SELECT count(*) FROM {new} WHERE NOT ({replaced})"):
        lake.append_whole(table, engine.arrow(f"FROM {new} WHERE NOT ({replaced})"))


def _messages_there(engine: Engine, lake: Lake, table: str, messages: str) -> Sequence[int]:
    """Those of the messages that the table has rows of."""
    bounds = engine.rows(f"SELECT min(message), max(message) FROM {messages}")
    if not lake.offer(engine, f"old_{table}", table) or bounds[0][0] is None:
        return ()
    low, high = bounds[0]
    return [
        row[0]
        for row in engine.rows(
            f"SELECT DISTINCT {MESSAGE} FROM old_{table} WHERE {MESSAGE} >= {low} AND {MESSAGE} <= {high}"
            f" AND {MESSAGE} IN (SELECT message FROM {messages}) ORDER BY 1"
        )
    ]


def _naming(messages: Sequence[int]) -> str:
    if len(messages) > MOST_NAMED:
        return f"{MESSAGE} >= {messages[0]} AND {MESSAGE} <= {messages[-1]}"
    return f"{MESSAGE} IN ({', '.join(map(str, messages))})"


def stamp(now: datetime) -> str:
    """A time as a literal of SQL, UTC."""
    return f"TIMESTAMP {literal(now.astimezone(UTC).replace(tzinfo=None).isoformat(sep=' '))}"
