"""Versions of things in a table of the lake: the newest row of each key, now or as it was known then.

Few rows come in the place of others, and those that do say so: what was replaced is left out by looking it
up among them. Sorting the rows of each key would read and hold everything.
"""

from __future__ import annotations

from datetime import UTC, datetime

from kangshu.kernel.lake.engine import listed, literal, quoted
from kangshu.kernel.lake.model import Model
from kangshu.kernel.lake.store import MESSAGE, RECORDED, REPLACES, ROW, SOURCE

_ORDER = (RECORDED, MESSAGE, ROW)


def newest(model: Model, relation: str, *, as_of: datetime | None = None, condition: str = "") -> str:
    """A query for the newest row of each key in `relation`, of those recorded until `as_of`.

    `condition` narrows the rows before: it must keep or drop all rows of a key alike.
    """
    known = _where(condition, _until(as_of))
    key = (SOURCE, *model.key)
    # Rows of before there was such a column may have come in the place of others.
    later = _where(condition, _until(as_of), f"coalesce({REPLACES}, true)")
    same = " AND ".join(f"l.{quoted(name)} = r.{quoted(name)}" for name in key)
    after = f"({_of('l')}) > ({_of('r')})"
    return (
        f"SELECT * FROM (SELECT * FROM {relation}{known}) AS r"
        f" ANTI JOIN (SELECT {listed([*key, *_ORDER])} FROM {relation}{later}) AS l ON {same} AND {after}"
    )


def _of(alias: str) -> str:
    return ", ".join(f"{alias}.{name}" for name in _ORDER)


def _where(*conditions: str) -> str:
    told = [each for each in conditions if each]
    return f" WHERE {' AND '.join(told)}" if told else ""


def _until(as_of: datetime | None) -> str:
    if as_of is None:
        return ""
    naive = as_of.astimezone(UTC).replace(tzinfo=None)
    return f"{RECORDED} <= TIMESTAMP {literal(naive.isoformat(sep=' '))}"
