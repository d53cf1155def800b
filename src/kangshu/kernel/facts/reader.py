"""The one door to rows: everything read goes through a grant, and is noted in the access log."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import TupleRow

from kangshu.kernel.base.errors import Gone, NotFound
from kangshu.kernel.facts.database import Database
from kangshu.kernel.facts.definition import Fact, Page
from kangshu.kernel.facts.fetch import COLUMNS, count_of, fetch
from kangshu.kernel.facts.row_security import enter, hides_nothing
from kangshu.kernel.facts.rows import fact_of
from kangshu.kernel.facts.search.conditions import CURRENT
from kangshu.kernel.facts.search.cursor import Position, cursor_number, cursor_of
from kangshu.kernel.facts.search.execution import Execution, matches
from kangshu.kernel.facts.search.query import Query
from kangshu.kernel.policies.definition import Grant


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
                found += fetch(session, f"fact f WHERE {condition}", {"type": type_, "ids": ids})
        self._used(None, found)
        return found

    # -- search

    def search(self, query: Query) -> Page:
        """One page of the facts that satisfy the query, with a cursor to the next."""
        position = Position.parse(query)
        common = self._database.common_tokens().of(query.types)
        with self._session() as session:
            search = Execution(session, query, position, common)
            facts = search.page()
            more = len(facts) > query.count
            facts = facts[: query.count]
            total = search.total(facts, more=more)
        self._used(query.types[0] if len(query.types) == 1 else None, facts)
        following = position.after(query, facts) if more else None
        return Page(facts, following, total)

    def count(self, query: Query) -> int:
        """How many facts satisfy the query."""
        with self._session() as session:
            number = matches(session, query)
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
            values["seq"] = cursor_number(cursor)
            conditions.append("f.seq < %(seq)s")
        where = " AND ".join(conditions)
        with self._session() as session:
            facts = fetch(session, f"fact f WHERE {where} ORDER BY f.seq DESC LIMIT %(limit)s", values)
            total = count_of(session, base, values) if id is not None else None
        if id is not None and not facts and cursor is None and total == 0 and since is None and at is None:
            raise _not_found(type or "fact")
        more = len(facts) > count
        facts = facts[:count]
        self._used(type, facts)
        return Page(facts, cursor_of(facts[-1].seq) if more else None, total)

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
            facts = fetch(session, f"fact f WHERE {condition} ORDER BY {order}", values)
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
            cursor.execute(f"SELECT {COLUMNS} FROM fact f WHERE {condition} ORDER BY f.line", values)  # pyright: ignore[reportArgumentType]
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
            return fetch(session, f"fact f WHERE {condition}", values)

    def _used(self, type: str | None, facts: Sequence[Fact]) -> None:
        persons = sorted({fact.person for fact in facts if fact.person is not None})
        addresses = tuple(f"{fact.type}/{fact.id}" for fact in facts)
        self._note(self._grant, Use(type, addresses, tuple(persons), len(facts)))


def _not_found(type: str) -> NotFound:
    return NotFound(f"There is no {type} with this id here, or it is not for you to see.")
