"""The work list of local codes: what institutions send that no map leads anywhere, and what was decided.

Rows are about codes, never about persons: `example` is the address of a fact, whose reader asks for leave.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from psycopg import Connection
from psycopg.rows import TupleRow

from kangshu.kernel.base.errors import NotFound
from kangshu.kernel.facts.search.execution import named
from kangshu.kernel.facts.search.query import Query
from kangshu.kernel.facts.search.statement import Select

State = Literal["open", "approved", "rejected"]
Counting = Literal["more", "all"]

_KEY = "org, type, element, system, code, target"


@dataclass(frozen=True, slots=True)
class Seen:
    """A local code as it occurred: `element` is its place in the type, `target` the standard wanted."""

    org: str
    type: str
    element: str
    system: str
    code: str
    target: str
    display: str = ""
    unit: str = ""
    example: str = ""
    occurrences: int = 1

    @property
    def key(self) -> tuple[str, str, str, str, str, str]:
        return self.org, self.type, self.element, self.system, self.code, self.target


@dataclass(frozen=True, slots=True)
class LocalCode:
    """A row of the list. `target_code` … `note` are the decision; `applied_at`: old facts have it too."""

    id: int
    org: str
    type: str
    element: str
    system: str
    code: str
    target: str
    display: str
    unit: str
    example: str
    occurrences: int
    first_seen: datetime
    last_seen: datetime
    state: State
    target_code: str
    target_display: str
    equivalence: str
    decided_by: str
    decided_at: datetime | None
    note: str
    applied_at: datetime | None


_COLUMNS = (
    "id, org, type, element, system, code, target, display, unit, example, occurrences, first_seen,"
    " last_seen, state, target_code, target_display, equivalence, decided_by, decided_at, note, applied_at"
)


def note(
    connection: Connection[TupleRow], seen: Sequence[Seen], now: datetime, *, counting: Counting = "more"
) -> None:
    """Put codes on the list, all in one statement.

    What is there already is counted up (`more`), or was counted from the beginning (`all`).

    Ordered by key, so that two writers never wait for each other in a circle.
    """
    merged: dict[tuple[str, ...], Seen] = {}
    counts: dict[tuple[str, ...], int] = {}
    for each in seen:
        merged.setdefault(each.key, each)
        counts[each.key] = counts.get(each.key, 0) + each.occurrences
    rows = [merged[key] for key in sorted(merged)]
    if not rows:
        return
    counted = "l.occurrences + excluded.occurrences" if counting == "more" else "excluded.occurrences"
    columns = [[getattr(row, name) for row in rows] for name in _KEY.split(", ")]
    more = [[getattr(row, name) for row in rows] for name in ("display", "unit", "example")]
    values = ", ".join(f"%(c{number})s::text[]" for number in range(9))
    sql = (
        f"INSERT INTO local_code AS l ({_KEY}, display, unit, example, occurrences, first_seen, last_seen)"
        f" SELECT u.*, %(now)s, %(now)s FROM unnest({values}, %(counts)s::bigint[]) AS u"
        f" ON CONFLICT ({_KEY}) DO UPDATE SET occurrences = {counted}, last_seen = excluded.last_seen"
    )
    parameters = {f"c{number}": column for number, column in enumerate([*columns, *more])}
    parameters |= {"now": now, "counts": [counts[row.key] for row in rows]}
    connection.execute(sql, parameters)  # pyright: ignore[reportArgumentType]


def listed(
    connection: Connection[TupleRow],
    *,
    state: State = "open",
    orgs: Sequence[str] | None = None,
    after: int = 0,
    limit: int = 100,
) -> list[LocalCode]:
    """Codes in a state, the most frequent first; only of those institutions, if given. `after` skips."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM local_code WHERE state = %(state)s"
        " AND (%(orgs)s::text[] IS NULL OR org = ANY(%(orgs)s)) ORDER BY occurrences DESC, id"
        " LIMIT %(limit)s OFFSET %(after)s",
        {"state": state, "orgs": None if orgs is None else list(orgs), "limit": limit, "after": after},
    )
    return [LocalCode(*row) for row in rows]


def one(connection: Connection[TupleRow], identifier: int) -> LocalCode:
    """The row of that number. Raises `NotFound`."""
    row = connection.execute(f"SELECT {_COLUMNS} FROM local_code WHERE id = %s", (identifier,)).fetchone()
    if row is None:
        raise NotFound(f"There is no local code {identifier}.")
    return LocalCode(*row)


def decide(
    connection: Connection[TupleRow],
    identifier: int,
    state: State,
    *,
    by: str,
    now: datetime,
    target: tuple[str, str] = ("", ""),
    equivalence: str = "",
    note: str = "",
) -> LocalCode:
    """Write a decision down; `target` is (code, name) of the standard. A later one replaces it.

    Raises `NotFound`.
    """
    row = connection.execute(
        "UPDATE local_code SET state = %s, target_code = %s, target_display = %s, equivalence = %s,"
        " decided_by = %s, decided_at = %s, note = %s, applied_at = NULL"
        f" WHERE id = %s RETURNING {_COLUMNS}",
        (state, *target, equivalence, by, now, note, identifier),
    ).fetchone()
    if row is None:
        raise NotFound(f"There is no local code {identifier}.")
    return LocalCode(*row)


def applied(connection: Connection[TupleRow], row: LocalCode, now: datetime) -> None:
    """Note that all older facts have been translated, unless something else was decided meanwhile."""
    connection.execute(
        "UPDATE local_code SET applied_at = %s WHERE id = %s AND decided_at = %s",
        (now, row.id, row.decided_at),
    )


def mapped(connection: Connection[TupleRow], *, org: str, target: str) -> list[LocalCode]:
    """Everything approved for an institution and a standard: what its concept map is made of."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM local_code WHERE state = 'approved' AND org = %s AND target = %s"
        " ORDER BY system, code, id",
        (org, target),
    )
    return [LocalCode(*row) for row in rows]


def unapplied(connection: Connection[TupleRow]) -> list[LocalCode]:
    """What was approved and has not been taken to older facts yet."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM local_code WHERE state = 'approved' AND applied_at IS NULL ORDER BY id"
    )
    return [LocalCode(*row) for row in rows]


def others(connection: Connection[TupleRow], row: LocalCode) -> list[tuple[str, str, int]]:
    """(standard code, name, institutions) that others led the same code, or the same name, to."""
    rows = connection.execute(
        "SELECT target_code, min(target_display), count(DISTINCT org) FROM local_code"
        " WHERE state = 'approved' AND target = %s AND org <> %s"
        " AND (lower(display) = lower(%s) OR (code = %s AND system = %s AND system <> ''))"
        " GROUP BY target_code ORDER BY count(DISTINCT org) DESC, target_code LIMIT 10",
        (row.target, row.org, row.display, row.code, row.system),
    )
    return [(found[0], found[1], found[2]) for found in rows]


@dataclass(frozen=True, slots=True)
class Old:
    """A current fact that may have to be translated."""

    line: int
    type: str
    id: str
    version: int
    county: str
    body: bytes


def facts_with(
    connection: Connection[TupleRow], query: Query, org: str, *, after: int, limit: int
) -> list[Old]:
    """Current facts of an institution that satisfy a query, in the order of storing, behind a line.

    Not a door to anybody's data: for the program that adds standard codes to them.
    """
    select = Select()
    where = select.where(named(connection, query))
    sql = (
        f"SELECT f.line, f.type, f.id, f.version, f.county, f.body FROM fact f WHERE {where}"
        f" AND f.org = {select.bind(org)} AND f.line > {select.bind(after)} ORDER BY f.line"
        f" LIMIT {select.bind(limit)}"
    )
    rows = connection.execute(sql, select.parameters)  # pyright: ignore[reportArgumentType]
    return [Old(row[0], row[1], row[2], row[3], row[4], row[5].encode()) for row in rows]
