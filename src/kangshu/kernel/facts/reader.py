"""The one door to rows: everything read goes through a grant, and is noted in the access log."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import TupleRow

from kangshu.kernel.base.errors import Gone, Invalid, NotFound, Problem
from kangshu.kernel.facts.database import Database
from kangshu.kernel.facts.definition import Fact, Page
from kangshu.kernel.facts.partitions import REST
from kangshu.kernel.facts.row_security import enter, hides_nothing
from kangshu.kernel.facts.rows import READ_COLUMNS, fact_of
from kangshu.kernel.facts.search.query import Query
from kangshu.kernel.facts.search.statement import CURRENT, Select, is_narrow, is_uncertain
from kangshu.kernel.policies.definition import Grant

COUNTED = 100_000
"""With `total="auto"`, more matches than about this many are not counted: that would take too long.

Counting so many takes some tens of milliseconds; who wants pages fast at any size says `_total=none`."""


WALKED = 3_000
"""So many facts are tried first where the planner cannot know whether matches are many; that takes little."""


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
        position = _Position.parse(query)
        common = self._database.common_tokens().of(query.types)
        with self._session() as session:
            search = _Search(session, query, position, common)
            facts = search.page()
            more = len(facts) > query.count
            facts = facts[: query.count]
            total, estimated = search.total(facts, more=more)
        self._used(query.types[0] if len(query.types) == 1 else None, facts)
        following = position.after(query, facts) if more else None
        return Page(facts, following, total, estimated)

    def count(self, query: Query) -> int:
        """How many facts satisfy the query."""
        with self._session() as session:
            select = Select(_expected(session), _listed(session))
            number = _count(session, select.where(select.followed(query)), select.parameters)
        self._note(self._grant, Use(query.types[0] if len(query.types) == 1 else None, (), (), number))
        return number

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
        with self._transaction() as session, session.cursor("export") as cursor:
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
        """A connection that sees only rows of the grant's scope."""
        if hides_nothing(self._grant.scope):
            with self._database.statements() as connection:
                yield connection
        else:
            with self._transaction() as connection:
                yield connection

    @contextmanager
    def _transaction(self) -> Generator[Connection[TupleRow]]:
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


class _Search:
    """One query on its way through PostgreSQL."""

    def __init__(
        self, session: Connection[TupleRow], query: Query, position: _Position, common: frozenset[int]
    ) -> None:
        self._session = session
        self._position = position
        self._select = Select(_expected(session), _listed(session))
        self._query = self._select.followed(replace(query, types=_with_facts(session, query.types)))
        self._is_narrow = is_narrow(self._query.where, common)
        self._where = self._select.where(self._query)

    def page(self) -> list[Fact]:
        """The facts of the page, and one more if there are more."""
        sort = self._query.sort
        column = self._select.sort_column(sort[0]) if sort else None
        if not sort and not self._is_narrow and is_uncertain(self._query):
            found = self._walked()
            if len(found) > self._query.count:
                return found
            self._is_narrow = True
        if column is None or self._is_narrow:
            return self._rows(self._where, self._select.order(sort))
        # The index on the column is in this order, but leaves out facts without a value, which come last.
        order = self._select.order(sort, are_present=True)
        found = self._rows(f"{self._where} AND {column} IS NOT NULL", order)
        return found if len(found) > self._query.count else self._rows(self._where, self._select.order(sort))

    def _walked(self) -> list[Fact]:
        """What satisfies the query among the next facts of the type."""
        values = {**self._select.parameters, "walked": self._query.types[0], "steps": WALKED}
        values |= {"line": self._position.line or 0, "limit": self._query.count + 1}
        some = (
            f"SELECT f.* FROM fact f WHERE f.type = %(walked)s AND {CURRENT.format(a='f')}"
            " AND f.line > %(line)s ORDER BY f.line LIMIT %(steps)s"
        )
        sql = f"SELECT {_COLUMNS} FROM ({some}) f WHERE {self._where} ORDER BY f.line LIMIT %(limit)s"
        return [fact_of(row) for row in self._session.execute(sql, values)]  # pyright: ignore[reportArgumentType]

    def _rows(self, condition: str, order: str) -> list[Fact]:
        values = dict(self._select.parameters)
        if self._position.line is not None:
            condition += " AND f.line > %(line)s"
            values["line"] = self._position.line
        source = f"fact f WHERE {condition}"
        if self._is_narrow:
            # OFFSET 0 keeps the order and the limit out of the choice of the index.
            source = f"(SELECT f.* FROM {source} OFFSET 0) f"
        values |= {"limit": self._query.count + 1, "offset": self._position.offset}
        sql = f"SELECT {_COLUMNS} FROM {source} ORDER BY {order} LIMIT %(limit)s OFFSET %(offset)s"
        return [fact_of(row) for row in self._session.execute(sql, values)]  # pyright: ignore[reportArgumentType]

    def total(self, facts: list[Fact], *, more: bool) -> tuple[int | None, bool]:
        """How many facts there are on all pages, if known, and whether that is an estimate."""
        wanted = self._query.total
        if wanted == "none":
            return None, False
        if not more and self._position.is_first:
            return len(facts), False
        if wanted == "accurate" or (wanted == "auto" and self._is_narrow):
            return self._counted(), False
        expected = _expected(self._session)(f"FROM fact f WHERE {self._where}", self._select.parameters)
        if wanted == "auto" and expected <= COUNTED:
            return self._counted(), False
        return (expected, True) if wanted == "estimate" else (None, False)

    def _counted(self) -> int:
        return _count(self._session, self._where, self._select.parameters)


def _with_facts(session: Connection[TupleRow], types: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the types whose table is not empty: planning takes its time for every table."""
    if len(types) == 1:
        return types
    rows = session.execute(
        "SELECT c.relname, pg_relation_size(c.oid) > 0"
        " FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'fact'::regclass"
    )
    filled: dict[str, bool] = dict(rows.fetchall())
    rest = filled[REST]
    return tuple(name for name in types if filled.get(f"fact_{name.lower()}", rest)) or types[:1]


def _facts(session: Connection[TupleRow], condition: str, values: dict[str, Any]) -> list[Fact]:
    sql = f"SELECT {_COLUMNS} FROM fact f WHERE {condition}"
    return [fact_of(row) for row in session.execute(sql, values)]  # pyright: ignore[reportArgumentType]


def _count(session: Connection[TupleRow], where: str, values: dict[str, Any]) -> int:
    row = session.execute(f"SELECT count(*) FROM fact f WHERE {where}", values).fetchone()  # pyright: ignore[reportArgumentType]
    return row[0] if row else 0


def _listed(session: Connection[TupleRow]) -> Callable[[str, dict[str, Any]], list[str]]:
    """The values of a statement of one column."""
    return lambda statement, values: [row[0] for row in session.execute(statement, values)]  # pyright: ignore[reportArgumentType]


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
