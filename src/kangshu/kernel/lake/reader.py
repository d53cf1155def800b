"""The one door to rows of the lake: everything read goes through a grant, and is noted in the access log."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.lake.engine import engine, listed, literal, quoted
from kangshu.kernel.lake.model import Model
from kangshu.kernel.lake.store import COUNTY, SOURCE, Lake
from kangshu.kernel.lake.versions import newest
from kangshu.kernel.policies.definition import Grant

MOST = 10_000
"""Rows handed out at most in one call."""

Note = Callable[[Grant, str, int], None]
"""Told (grant, model or table, rows) of each use; what it writes is durable when it returns."""


class LakeReader:
    """Reads the rows that one grant lets through: of the institutions and counties of its scope."""

    def __init__(self, lake: Lake, grant: Grant, note: Note) -> None:
        self._lake = lake
        self._grant = grant
        self._note = note

    def rows(
        self,
        model: Model,
        columns: Sequence[str] = (),
        *,
        where: Mapping[str, Any] | None = None,
        as_of: datetime | None = None,
        limit: int = 100,
    ) -> list[dict[str, Any]]:
        """The newest version of each thing, now or as of a time, in the order of its key.

        `columns`: none means all; `where`: columns and the value each must have. Raises `Invalid` for a
        column the table has not.
        """
        with engine(self._lake.scratch) as work:
            if not self._lake.offer(work, "offered", model.table):
                found: list[dict[str, Any]] = []
            else:
                known = work.names("SELECT * FROM offered")
                _refuse_unknown([*columns, *(where or {})], known, model.table)
                newest_rows = newest(model, "offered", as_of=as_of, condition=condition_of(self._grant))
                chosen = listed(columns or known)
                tests = " AND ".join(f"{quoted(name)} = ?" for name in where or {}) or "true"
                rows = work.rows(
                    f"SELECT {chosen} FROM ({newest_rows}) WHERE {tests}"
                    f" ORDER BY {SOURCE}, {listed(model.key)} LIMIT {min(limit, MOST)}",
                    list((where or {}).values()),
                )
                found = [dict(zip(columns or known, row, strict=True)) for row in rows]
        self._note(self._grant, model.name, len(found))
        return found


def condition_of(grant: Grant) -> str:
    """The scope of a grant as a condition on the rows of any table of the lake."""
    scope = grant.scope
    if scope.everything:
        return "true"
    parts = [
        f"{column} IN ({', '.join(literal(each) for each in sorted(values))})"
        for column, values in ((SOURCE, scope.orgs), (COUNTY, scope.counties))
        if values
    ]
    return f"({' OR '.join(parts)})" if parts else "false"


def _refuse_unknown(wanted: Sequence[str], known: Sequence[str], table: str) -> None:
    unknown = sorted(set(wanted) - set(known))
    if unknown:
        raise Invalid(
            f"The table {table} has no column {', '.join(unknown)}.", remedy=f"It has {', '.join(known)}."
        )
