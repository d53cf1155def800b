"""The bodies that are current while something is added to them, inside a writing transaction.

Not a door to anybody's data: what comes out goes into the next version of the same thing.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from psycopg import Connection
from psycopg.rows import TupleRow

Address = tuple[str, str]
"""(type, id)"""


def current_bodies(
    connection: Connection[TupleRow], org: str, addresses: Sequence[Address]
) -> dict[Address, bytes]:
    """The bodies of those addresses that have one and are the institution's own.

    Until the transaction ends, nobody else gets those of the same institution: two that add to one
    thing at the same time would each lose what the other added.
    """
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 7))", (org,))
    found: dict[Address, bytes] = {}
    for type_, group in groupby(sorted(set(addresses)), key=lambda address: address[0]):
        rows = connection.execute(
            "SELECT id, body FROM fact WHERE type = %s AND id = ANY(%s) AND org = %s"
            " AND superseded_at IS NULL AND NOT deleted",
            (type_, [id_ for _, id_ in group], org),
        )
        found |= {(type_, id_): body.encode() for id_, body in rows}
    return found
