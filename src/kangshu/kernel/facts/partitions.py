"""The tables behind `fact`: one per fact type of high volume, one for the rest, each with its indexes.

Which types there are, and which have what ranges and strings, comes from a pack; so this is
not a migration but runs after the migrations, and again when a pack brings new types.
"""

from __future__ import annotations

from psycopg import Connection, sql
from psycopg.rows import TupleRow

from kangshu.kernel.facts.definition import MAX_RANGES
from kangshu.kernel.facts.parameters import Catalogue

REST = "fact_rest"

_CURRENT = "WHERE superseded_at IS NULL AND NOT deleted"


def install(connection: Connection[TupleRow], catalogue: Catalogue) -> None:
    """Create what is missing; leave alone what is there."""
    existing = _existing(connection)
    for fact_type in catalogue.types.values():
        table = f"fact_{fact_type.name.lower()}"
        if not fact_type.partitioned or table in existing:
            continue
        _create(connection, table, sql.SQL("FOR VALUES IN ({})").format(sql.Literal(fact_type.name)))
        parameters = catalogue.parameters(fact_type.name)
        slots = sorted({p.slot for p in parameters if p.slot is not None})
        wide = {p.slot for p in parameters if p.slot is not None and p.kind in ("date", "quantity")}
        texts = any(p.kind in ("string", "uri") for p in parameters)
        _index(connection, table, "", slots, wide, texts=texts)
    if REST not in existing:
        _create(connection, REST, sql.SQL("DEFAULT"))
        slots = list(range(MAX_RANGES))
        _index(connection, REST, "type, ", slots, set(slots), texts=True)


def _existing(connection: Connection[TupleRow]) -> set[str]:
    rows = connection.execute(
        "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
        " WHERE i.inhparent = 'fact'::regclass"
    )
    return {row[0] for row in rows}


def _create(connection: Connection[TupleRow], table: str, bounds: sql.Composable) -> None:
    name = sql.Identifier(table)
    connection.execute(sql.SQL("CREATE TABLE {} PARTITION OF fact {}").format(name, bounds))
    # Half of the common values and elements decide the plan; their frequencies must be known.
    connection.execute(sql.SQL("ALTER TABLE {} ALTER tokens SET STATISTICS 1000").format(name))
    for column in ("hash", "repeats", "body"):
        connection.execute(
            sql.SQL("ALTER TABLE {} ALTER {} SET STATISTICS 0").format(name, sql.Identifier(column))
        )


def _index(
    connection: Connection[TupleRow], table: str, lead: str, slots: list[int], wide: set[int], *, texts: bool
) -> None:
    """`wide` slots can hold intervals (dates, quantities): both ends are searched; the others hold points.

    `lead` goes before the key where one table holds several types.
    """
    kinds = [
        ("version", "UNIQUE", f"btree ({lead}id, version)", ""),
        ("line", "", f"btree ({lead}line)", _CURRENT),
        ("person", "", "btree (person, happened)", _CURRENT + " AND person IS NOT NULL"),
        ("tx", "", "brin (tx) WITH (autosummarize = on)", ""),
        ("tokens", "", "gin (tokens)", _CURRENT),
    ]
    for slot in slots:
        kinds.append(
            (f"low{slot}", "", f"btree ({lead}low{slot}, line)", f"{_CURRENT} AND low{slot} IS NOT NULL")
        )
        if slot in wide:
            kinds.append(
                (
                    f"high{slot}",
                    "",
                    f"btree ({lead}high{slot}, line)",
                    f"{_CURRENT} AND high{slot} IS NOT NULL",
                )
            )
    if texts:
        kinds.append(("strings", "", "gin (strings gin_trgm_ops)", _CURRENT + " AND strings IS NOT NULL"))
    for name, unique, method, where in kinds:
        connection.execute(f"CREATE {unique} INDEX {table}_{name} ON {table} USING {method} {where}".encode())


MANY = 500
"""Rows changed since the statistics of a table were last taken, from which it is worth taking them anew, if
they are also a tenth of the table. With fewer the planner's guesses do no harm."""


def unsettled(connection: Connection[TupleRow]) -> list[str]:
    """Tables that many rows were added to, for their size, the largest first."""
    rows = connection.execute(
        "SELECT relname FROM pg_stat_user_tables"
        " WHERE n_mod_since_analyze > greatest(%s, n_live_tup / 10) AND (relname IN"
        " (SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
        " WHERE i.inhparent = 'fact'::regclass) OR relname IN ('person_key', 'claim'))"
        " ORDER BY n_live_tup DESC",
        (MANY,),
    )
    return [row[0] for row in rows]


def settle(connection: Connection[TupleRow], table: str) -> None:
    """Take fresh statistics of a table that many rows were added to.

    PostgreSQL does so by itself, but later; searches right after a load would be slower until then.
    """
    connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table)))


def clean_pending(connection: Connection[TupleRow]) -> None:
    """Work off what the indexes of all tables put aside: a list that is short to load is long to search."""
    connection.execute(
        "SELECT gin_clean_pending_list(x.indexrelid) FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid"
        " JOIN pg_am m ON m.oid = c.relam JOIN pg_inherits i ON i.inhrelid = x.indrelid"
        " WHERE m.amname = 'gin' AND i.inhparent = 'fact'::regclass"
    )
