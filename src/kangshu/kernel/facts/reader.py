"""The one door to rows: everything read goes through a grant, and is noted in the access log."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import TupleRow

from kangshu.kernel.base.errors import Gone, Invalid, NotFound, Problem
from kangshu.kernel.facts.database import Database
from kangshu.kernel.facts.definition import Fact, Page
from kangshu.kernel.facts.query import Query
from kangshu.kernel.facts.row_security import enter
from kangshu.kernel.facts.rows import READ_COLUMNS, fact_of
from kangshu.kernel.facts.search import CURRENT, Select
from kangshu.kernel.policies.definition import Grant

COUNTED = 100_000
"""With `total="auto"`, more matches than about this many are not counted."""


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a grant: what was read, by number and address, never by content."""

    type: str | None
    addresses: tuple[str, ...]
    persons: tuple[int, ...]
    count: int


Note = Callable[[Grant, Use], None]

_EXPORTED = 2_000
"""Facts of an export that one entry of the access log stands for."""

_COLUMNS = ", ".join(f"f.{name}" for name in READ_COLUMNS.split(", "))


class Reader:
    """Reads what one grant lets through. Cheap to make; safe to use from one thread at a time."""

    def __init__(self, database: Database, grant: Grant, note: Note) -> None:
        self._database = database
        self._grant = grant
        self._note = note

    # -- one fact

    def read(self, type: str, id: str) -> Fact:
        """The current version. Raises `NotFound`, or `Gone` if it was deleted."""
        rows = self._rows(
            "f.type = %(type)s AND f.id = %(id)s AND f.superseded_at IS NULL", {"type": type, "id": id}
        )
        self._used(type, rows)
        if not rows:
            raise _not_found(type)
        if rows[0].deleted:
            raise Gone(f"{type}/{id} has been deleted.", remedy="Its history can still be read.")
        return rows[0]

    def vread(self, type: str, id: str, version: int) -> Fact:
        """One version. Raises `NotFound`, or `Gone` if that version is the deletion."""
        if not 0 < version < 2**31:
            raise _not_found(type)
        rows = self._rows(
            "f.type = %(type)s AND f.id = %(id)s AND f.version = %(version)s",
            {"type": type, "id": id, "version": version},
        )
        self._used(type, rows)
        if not rows:
            raise _not_found(type)
        if rows[0].deleted:
            raise Gone(f"Version {version} of {type}/{id} is its deletion.")
        return rows[0]

    def read_many(self, addresses: Sequence[tuple[str, str]]) -> list[Fact]:
        """The current versions of those addresses that can be seen, less the deleted; in no special order."""
        found: list[Fact] = []
        by_type: dict[str, list[str]] = {}
        for type_, id_ in dict.fromkeys(addresses):
            by_type.setdefault(type_, []).append(id_)
        with self._session() as session:
            for type_, ids in by_type.items():
                condition = f"f.type = %(type)s AND f.id = ANY(%(ids)s) AND {CURRENT.format(a='f')}"
                found += _facts(session, condition, {"type": type_, "ids": ids})
        self._used(None, found)
        return found

    # -- search

    def search(self, query: Query) -> Page:
        """One page of the facts that satisfy the query, with a cursor to the next."""
        with self._session() as session:
            select = Select(_expected(session))
            where = select.where(query)
            position = _Position.parse(query)
            facts = self._page(session, query, select, where, position)
            more = len(facts) > query.count
            facts = facts[: query.count]
            total, estimated = self._total(session, query, select, where, position, facts, more=more)
        self._used(query.types[0] if len(query.types) == 1 else None, facts)
        following = position.after(query, facts) if more else None
        return Page(facts, following, total, estimated)

    def count(self, query: Query) -> int:
        """How many facts satisfy the query."""
        with self._session() as session:
            select = Select(_expected(session))
            number = _count(session, select.where(query), select.parameters)
        self._note(self._grant, Use(query.types[0] if len(query.types) == 1 else None, (), (), number))
        return number

    def _page(
        self, session: Connection[TupleRow], query: Query, select: Select, where: str, position: _Position
    ) -> list[Fact]:
        order = select.order(query.sort)
        condition = where
        if position.line is not None:
            condition += f" AND f.line > {select.bind(position.line)}"
        sql = (
            f"SELECT {_COLUMNS} FROM fact f WHERE {condition} ORDER BY {order}"
            f" LIMIT {select.bind(query.count + 1)} OFFSET {select.bind(position.offset)}"
        )
        return [fact_of(row) for row in session.execute(sql, select.parameters)]  # pyright: ignore[reportArgumentType]

    def _total(
        self,
        session: Connection[TupleRow],
        query: Query,
        select: Select,
        where: str,
        position: _Position,
        facts: list[Fact],
        *,
        more: bool,
    ) -> tuple[int | None, bool]:
        if query.total == "none":
            return None, False
        if not more and position.is_first:
            return len(facts), False
        if query.total == "accurate":
            return _count(session, where, select.parameters), False
        expected = _expected(session)(f"FROM fact f WHERE {where}", select.parameters)
        if query.total == "auto" and expected <= COUNTED:
            return _count(session, where, select.parameters), False
        return (expected, True) if query.total == "estimate" else (None, False)

    # -- history

    def history(
        self,
        *,
        type: str | None = None,
        id: str | None = None,
        since: datetime | None = None,
        at: tuple[datetime, datetime] | None = None,
        count: int = 100,
        cursor: str | None = None,
    ) -> Page:
        """Versions, newest first, with deletions. `at`: current at some moment of that stretch of time."""
        conditions = ["true"]
        values: dict[str, Any] = {"type": type, "id": id, "since": since, "limit": count + 1}
        if type is not None:
            conditions.append("f.type = %(type)s")
        if id is not None:
            conditions.append("f.id = %(id)s")
        if since is not None:
            conditions.append("f.recorded_at >= %(since)s")
        if at is not None:
            values |= {"from": at[0], "to": at[1]}
            conditions.append(
                "f.recorded_at < %(to)s AND (f.superseded_at IS NULL OR f.superseded_at > %(from)s)"
            )
        base = " AND ".join(conditions)
        if cursor is not None:
            values["seq"] = _number(cursor)
            conditions.append("f.seq < %(seq)s")
        where = " AND ".join(conditions)
        with self._session() as session:
            sql = f"SELECT {_COLUMNS} FROM fact f WHERE {where} ORDER BY f.seq DESC LIMIT %(limit)s"
            facts = [fact_of(row) for row in session.execute(sql, values)]  # pyright: ignore[reportArgumentType]
            total = _count(session, base, values) if id is not None else None
        if id is not None and not facts and cursor is None and total == 0 and since is None and at is None:
            raise _not_found(type or "fact")
        more = len(facts) > count
        facts = facts[:count]
        self._used(type, facts)
        return Page(facts, _written(facts[-1].seq) if more else None, total)

    # -- a person, and everything

    def of_person(self, person: int, types: Sequence[str] | None = None) -> list[Fact]:
        """All current facts of a person, over all institutions, newest first by when they happened."""
        condition = f"f.person = %(person)s AND {CURRENT.format(a='f')}"
        values: dict[str, Any] = {"person": person}
        if types is not None:
            condition += " AND f.type = ANY(%(types)s)"
            values["types"] = list(types)
        with self._session() as session:
            order = "f.happened DESC NULLS LAST, f.line DESC"
            sql = f"SELECT {_COLUMNS} FROM fact f WHERE {condition} ORDER BY {order}"
            facts = [fact_of(row) for row in session.execute(sql, values)]  # pyright: ignore[reportArgumentType]
        self._note(self._grant, Use(None, (), (person,), len(facts)))
        return facts

    def export(
        self, type: str, since: datetime | None = None, subjects: Sequence[str] | None = None
    ) -> Iterator[Fact]:
        """Every current fact of a type, streamed; only those about `subjects` (addresses) if given."""
        condition = f"f.type = %(type)s AND {CURRENT.format(a='f')}"
        values: dict[str, Any] = {"type": type}
        if since is not None:
            condition += " AND f.recorded_at >= %(since)s"
            values["since"] = since
        if subjects is not None:
            condition += " AND f.tokens && ARRAY(SELECT token('@' || s) FROM unnest(%(subjects)s::text[]) s)"
            values["subjects"] = list(subjects)
        with self._session() as session, session.cursor("export") as cursor:
            cursor.execute(f"SELECT {_COLUMNS} FROM fact f WHERE {condition} ORDER BY f.line", values)  # pyright: ignore[reportArgumentType]
            while True:
                facts = [fact_of(row) for row in cursor.fetchmany(_EXPORTED)]
                self._exported(type, facts)
                if not facts:
                    return
                yield from facts

    def _exported(self, type: str, facts: Sequence[Fact]) -> None:
        """Note a stretch before it is given out; the last one, which is empty, ends the export."""
        persons = sorted({fact.person for fact in facts if fact.person is not None})
        self._note(self._grant, Use(type, (), tuple(persons), len(facts)))

    # -- below

    @contextmanager
    def _session(self) -> Generator[Connection[TupleRow]]:
        """A transaction in which only rows of the grant's scope exist."""
        with self._database.connection() as connection:
            enter(connection, self._grant.scope)
            yield connection

    def _rows(self, condition: str, values: dict[str, Any]) -> list[Fact]:
        with self._session() as session:
            return _facts(session, condition, values)

    def _used(self, type: str | None, facts: Sequence[Fact]) -> None:
        persons = sorted({fact.person for fact in facts if fact.person is not None})
        addresses = tuple(f"{fact.type}/{fact.id}" for fact in facts)
        self._note(self._grant, Use(type, addresses, tuple(persons), len(facts)))


def _facts(session: Connection[TupleRow], condition: str, values: dict[str, Any]) -> list[Fact]:
    sql = f"SELECT {_COLUMNS} FROM fact f WHERE {condition}"
    return [fact_of(row) for row in session.execute(sql, values)]  # pyright: ignore[reportArgumentType]


def _count(session: Connection[TupleRow], where: str, values: dict[str, Any]) -> int:
    row = session.execute(f"SELECT count(*) FROM fact f WHERE {where}", values).fetchone()  # pyright: ignore[reportArgumentType]
    return row[0] if row else 0


def _expected(session: Connection[TupleRow]) -> Callable[[str, dict[str, Any]], int]:
    """How many rows the planner thinks a statement would return."""

    def expected(statement: str, values: dict[str, Any]) -> int:
        row = session.execute(f"EXPLAIN (FORMAT JSON) SELECT 1 {statement}", values).fetchone()  # pyright: ignore[reportArgumentType]
        assert row is not None
        return int(row[0][0]["Plan"]["Plan Rows"])

    return expected


def _not_found(type: str) -> NotFound:
    return NotFound(f"There is no {type} with this id here, or it is not for you to see.")


# -- cursors


@dataclass(frozen=True, slots=True)
class _Position:
    """Where a page starts: after a line (in the order of storing), or at an offset (sorted)."""

    line: int | None
    offset: int

    @property
    def is_first(self) -> bool:
        return self.line is None and self.offset == 0

    @classmethod
    def parse(cls, query: Query) -> _Position:
        if query.cursor is None:
            return cls(None, 0)
        number = _number(query.cursor)
        return cls(None, number) if query.sort else cls(number, 0)

    def after(self, query: Query, facts: Sequence[Fact]) -> str | None:
        if not facts:
            return None
        return _written(self.offset + len(facts) if query.sort else facts[-1].line)


def _written(number: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([number]).encode()).decode().rstrip("=")


def _number(cursor: str) -> int:
    try:
        content = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        number = content[0]
        if isinstance(number, int) and 0 <= number < 2**62:
            return number
    except (ValueError, TypeError, IndexError, KeyError):
        pass
    raise Invalid(
        "The page cursor is not one that was given out here.",
        remedy="Start the search again from its first page.",
        problems=(Problem("error", "value", "_cursor", "Not a cursor of this server."),),
    )
