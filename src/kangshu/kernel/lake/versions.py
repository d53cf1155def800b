"""Versions of things in a table of the lake: the newest row of each key, now or as it was known then."""

from __future__ import annotations

from datetime import UTC, datetime

from kangshu.kernel.lake.engine import listed, literal
from kangshu.kernel.lake.model import Model
from kangshu.kernel.lake.store import MESSAGE, RECORDED, ROW, SOURCE


def newest(model: Model, relation: str, *, as_of: datetime | None = None, condition: str = "") -> str:
    """A query for the newest row of each key in `relation`, of those recorded until `as_of`.

    `condition` narrows the rows before: it must keep or drop all rows of a key alike.
    """
    conditions = [each for each in (condition, _until(as_of)) if each]
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    order = f"{RECORDED} DESC, {MESSAGE} DESC, {ROW} DESC"
    return (
        f"SELECT * FROM {relation}{where} QUALIFY row_number() OVER ("
        f"PARTITION BY {SOURCE}, {listed(model.key)} ORDER BY {order}) = 1"
    )


def _until(as_of: datetime | None) -> str:
    if as_of is None:
        return ""
    naive = as_of.astimezone(UTC).replace(tzinfo=None)
    return f"{RECORDED} <= TIMESTAMP {literal(naive.isoformat(sep=' '))}"
