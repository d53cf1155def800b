"""Who owns a plain id: the institution that first stored it, or first referred to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from psycopg import Connection
from psycopg.rows import TupleRow

from kangshu.kernel.facts.database import Again
from kangshu.kernel.facts.store import Address, Current


def foreign(
    connection: Connection[TupleRow],
    current: Mapping[Address, Current],
    addresses: Iterable[Address],
    org: str,
) -> set[Address]:
    """Those of the addresses that another institution than `org` owns."""
    wanted = set(addresses)
    found = {address for address, fact in current.items() if address in wanted and fact.org != org}
    unknown = sorted(wanted - current.keys())
    if not unknown:
        return found
    rows = connection.execute(
        "SELECT c.type, c.id FROM claim c JOIN unnest(%s::text[], %s::text[]) AS w(type, id) USING (type, id)"
        " WHERE c.org <> %s",
        ([address[0] for address in unknown], [address[1] for address in unknown], org),
    )
    return found | {(type_, id_) for type_, id_ in rows}


def claim(connection: Connection[TupleRow], addresses: Iterable[Address], org: str) -> None:
    """Claim addresses that nothing is stored under yet, for good.

    Raises `Again` where another institution claims one at the same moment and is first.
    """
    wanted = sorted(addresses)
    if not wanted:
        return
    connection.execute(
        "INSERT INTO claim (type, id, org)"
        " SELECT type, id, %s FROM unnest(%s::text[], %s::text[]) AS w(type, id)"
        " ON CONFLICT (type, id) DO NOTHING",
        (org, [address[0] for address in wanted], [address[1] for address in wanted]),
    )
    if foreign(connection, {}, wanted, org):
        raise Again
