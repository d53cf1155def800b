"""Finding facts where there is no grant yet: what a condition of a message means, whom a fact is about.

Not a door to anybody's data: only ids and numbers come out, and they go into the message being stored,
or into the decision who may see the fact.
"""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import Connection
from psycopg.rows import TupleRow

from kangshu.kernel.facts.search.execution import named
from kangshu.kernel.facts.search.query import Query
from kangshu.kernel.facts.search.statement import Select


def ids_of(connection: Connection[TupleRow], query: Query) -> list[tuple[str, str]]:
    """(id, institution) of the first `query.count` facts that satisfy the query."""
    select = Select()
    where = select.where(named(connection, query))
    sql = f"SELECT f.id, f.org FROM fact f WHERE {where} ORDER BY f.line LIMIT {select.bind(query.count)}"
    return [(row[0], row[1]) for row in connection.execute(sql, select.parameters)]  # pyright: ignore[reportArgumentType]


def subjects_of(connection: Connection[TupleRow], type: str, ids: Sequence[str]) -> dict[str, int]:
    """The persons that the newest versions of facts are about, by id; those about nobody are left out."""
    rows = connection.execute(
        "SELECT id, person FROM fact WHERE type = %s AND id = ANY(%s) AND superseded_at IS NULL"
        " AND person IS NOT NULL",
        (type, list(ids)),
    )
    return dict(rows.fetchall())


def subject_of(connection: Connection[TupleRow], type: str, id: str) -> int | None:
    """The person that the newest version of a fact is about; None for nobody, or no such fact."""
    row = connection.execute(
        "SELECT person FROM fact WHERE type = %s AND id = %s AND superseded_at IS NULL", (type, id)
    ).fetchone()
    return row[0] if row else None
