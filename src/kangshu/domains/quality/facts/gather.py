"""Gather a stretch of the change feed: what is judged, and what else rules must know to judge it.

The pack says what else, by two views over what is judged: `reference` (addresses of patients, encounters …)
and `occasion` (persons and times whose other facts may be the same thing twice).
"""

from __future__ import annotations

from collections.abc import Mapping

from kangshu.domains.quality.facts.content import FactContent
from kangshu.kernel.facts import stretch_rows as feed
from kangshu.kernel.facts.database import Database
from kangshu.kernel.facts.stretch import Stretch
from kangshu.kernel.facts.stretch_rows import FACT_COLUMNS, MESSAGE_COLUMNS
from kangshu.kernel.lake.engine import Engine
from kangshu.kernel.lake.given import offer_rows
from kangshu.kernel.rules.run import prepare

CHANGED, FACT, KNOWN, EARLIER, FINISHED, WAITING = (
    "changed",
    "fact",
    "known",
    "earlier",
    "finished",
    "waiting",
)
"""Every version of the stretch; what of it is judged; what is stored besides; messages of earlier versions;
messages finished in the stretch; what of them is in quarantine."""

_FEED = (
    "CASE WHEN media = 'hl7v2' OR media LIKE 'x-application/hl7%' THEN 'hl7v2'"
    " WHEN media = 'cda' THEN 'cda' ELSE 'fhir' END"
)


def gather(engine: Engine, database: Database, stretch: Stretch, content: FactContent) -> frozenset[str]:
    """Make the tables and the pack's views; the names of all."""
    folder = engine.folder
    with database.connection() as session:
        feed.write_facts(session, stretch, content.types, folder / CHANGED)
        feed.write_earlier(session, stretch, folder / EARLIER)
        feed.write_messages(session, stretch, folder / FINISHED)
        feed.write_quarantine(session, stretch, folder / WAITING)
    engine.run(content.macros)
    _read(engine, CHANGED, FACT_COLUMNS)
    _read(engine, EARLIER, {"message": "BIGINT", "type": "VARCHAR", "id": "VARCHAR"})
    _read(engine, FINISHED, MESSAGE_COLUMNS)
    # A client of the interface may belong to no institution: there is nobody whose score that would be.
    engine.run(f"DELETE FROM {FINISHED} WHERE source = ''")
    _read(engine, WAITING, {"message": "BIGINT", "position": "INTEGER", "type": "VARCHAR"})
    engine.run(
        f"CREATE TABLE {FACT} AS SELECT line AS unit, * EXCLUDE (line, current), {_FEED} AS feed"
        f" FROM {CHANGED} WHERE current AND body IS NOT NULL AND org <> ''"
    )
    offer_values(engine, content)
    there = prepare(engine, content.rules, {FACT, "value_set"})
    with database.connection() as session:
        addresses = engine.rows("SELECT DISTINCT type, id FROM reference ORDER BY ALL")
        occasions = engine.rows("SELECT DISTINCT type, person, happened FROM occasion ORDER BY ALL")
        feed.write_known(session, stretch, addresses, occasions, folder / KNOWN)
    _read(engine, f"{KNOWN}_read", FACT_COLUMNS)
    engine.run(
        f"CREATE TABLE {KNOWN} AS SELECT DISTINCT line AS unit, * EXCLUDE (line, current), {_FEED} AS feed"
        f" FROM {KNOWN}_read"
    )
    return prepare(engine, content.rules, {*there, KNOWN})


def offer_values(engine: Engine, content: FactContent) -> None:
    """The code sets of the models, as rules see them."""
    sets = content.models.codes.items()
    offer_rows(engine, "value_set", [{"set": set_, "code": code} for set_, codes in sets for code in codes])


def _read(engine: Engine, name: str, columns: Mapping[str, str]) -> None:
    engine.take_copied(name, columns, engine.folder / name.removesuffix("_read"))
