"""Finding facts inside a writing transaction: what a conditional reference or a conditional create means.

Not a door to anybody's data: only ids come out, and they go into the message being stored.
"""

from __future__ import annotations

from psycopg import Connection
from psycopg.rows import TupleRow

from kangshu.kernel.facts.search.query import Query
from kangshu.kernel.facts.search.statement import Select


def ids_of(connection: Connection[TupleRow], query: Query) -> list[tuple[str, str]]:
    """(id, institution) of the first `query.count` facts that satisfy the query."""
    select = Select()
    where = select.where(query)
    sql = f"SELECT f.id, f.org FROM fact f WHERE {where} ORDER BY f.line LIMIT {select.bind(query.count)}"
    return [(row[0], row[1]) for row in connection.execute(sql, select.parameters)]  # pyright: ignore[reportArgumentType]
