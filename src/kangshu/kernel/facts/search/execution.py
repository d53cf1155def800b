"""A query on its way through PostgreSQL: how it is asked, so that the planner's ignorance does no harm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from psycopg import Connection
from psycopg.rows import TupleRow

from kangshu.kernel.facts.definition import Fact
from kangshu.kernel.facts.fetch import count_of, fetch
from kangshu.kernel.facts.partitions import REST
from kangshu.kernel.facts.search.conditions import any_of
from kangshu.kernel.facts.search.cursor import Position, not_a_cursor
from kangshu.kernel.facts.search.following import followed
from kangshu.kernel.facts.search.narrowness import is_narrow, is_uncertain
from kangshu.kernel.facts.search.order import follows, key_column, order, sort_column
from kangshu.kernel.facts.search.query import Query, SortKey
from kangshu.kernel.facts.search.statement import Select
from kangshu.kernel.facts.search.windows import windows

COUNTED = 100_000
"""With `total="auto"`, more matches than about this many are not counted: that would take too long.

Counting so many takes some tens of milliseconds; who wants pages fast at any size says `_total=none`."""

WALKED = 3_000
"""So many facts are tried first where the planner cannot know whether matches are many; that takes little."""

COLLECTED = 10
"""Facts one can walk over in the time that one match takes where all are collected to be put in order.

Those lie apart from each other, and an index finds several that do not satisfy the rest for one that does."""


class Execution:
    """One query on its way through PostgreSQL."""

    def __init__(
        self, session: Connection[TupleRow], query: Query, position: Position, common: frozenset[int]
    ) -> None:
        self._session = session
        self._position = position
        self._expected = _expected_on(session)
        self._select = Select()
        self._query = followed(
            replace(query, types=_with_facts(session, query.types)), self._expected, _listed(session)
        )
        # Of the query as it was asked, as in its cursors: of several types maybe one only has facts.
        self._key = key_column(query)
        self._is_narrow = is_narrow(self._query.where, common)
        self._where = self._select.where(self._query)

    def page(self) -> list[Fact]:
        """The facts of the page, and one more if there are more."""
        sort = self._query.sort
        if not sort and not self._is_narrow and is_uncertain(self._query):
            found = self._walked()
            if len(found) > self._query.count:
                return found
            self._is_narrow = True
        if self._key is not None:
            return self._by_key(sort[0], self._key)
        column = sort_column(sort[0]) if sort else None
        if column is None or self._is_narrow:
            return self._rows(self._where, order(self._select.bind, sort))
        # The index on the column is in this order, but leaves out facts without a value, which come last.
        present = order(self._select.bind, sort, are_present=True)
        found = self._rows(f"{self._where} AND {column} IS NOT NULL", present)
        if len(found) > self._query.count:
            return found
        return self._rows(self._where, order(self._select.bind, sort))

    def _by_key(self, key: SortKey, column: str) -> list[Fact]:
        """Sorted by that column alone: stretch after stretch of its index until the page is full."""
        has, lacks = self._rest(key, column)
        if self._is_narrow:
            rest = any_of([has, lacks] if has else [lacks])
            return self._rows(f"{self._where} AND {rest}", order(self._select.bind, (key,)))
        by = order(self._select.bind, (key,), are_present=True)
        found: list[Fact] = []
        for condition in self._stretches(key, column, has, lacks):
            # A fact that was changed between two statements may be in both stretches.
            known = {fact.line for fact in found}
            more = self._rows(condition, by)
            found += [fact for fact in more if fact.line not in known]
            if len(found) > self._query.count:
                break
        return found[: self._query.count + 1]

    def _stretches(self, key: SortKey, column: str, has: str | None, lacks: str) -> list[str]:
        """Conditions on facts that come one after the other, each a single stretch of the index."""
        if has is None:
            return [f"{self._where} AND {lacks}"]
        window = next((w for w in windows(self._query.where).values() if column == f"f.low{w.slot}"), None)
        if window is None:
            return [f"{self._where} AND {has}", f"{self._where} AND {lacks}"]
        if window.said:
            return [f"{self._where} AND {has}"]
        bind = self._select.bind
        where = f"{self._select.where(self._query, less=window)} AND {has}"
        before = f"{where} AND {window.starts_before(bind, 'f')}"
        near = f"{where} AND {window.starts_near(bind, 'f')}"
        return [near, before] if key.descending else [before, near]

    def _rest(self, key: SortKey, column: str) -> tuple[str | None, str]:
        """What is still to come: of the facts with a value (None: nothing), and of those without."""
        has, lacks = f"{column} IS NOT NULL", f"{column} IS NULL"
        if self._position.version is None:
            return has, lacks
        id_, version = self._position.version
        row = self._session.execute(
            f"SELECT {column}, f.line FROM fact f"  # pyright: ignore[reportArgumentType]
            " WHERE f.type = %(type)s AND f.id = %(id)s AND f.version = %(version)s",
            {"type": self._query.types[0], "id": id_, "version": version},
        ).fetchone()
        if row is None:
            raise not_a_cursor()
        value, line = row
        if value is None:
            return None, f"{lacks} AND f.line > {self._select.bind(line)}"
        return f"({follows(self._select.bind, key, value, line)})", lacks

    def _walked(self) -> list[Fact]:
        """What satisfies the query among the next facts of the type; looked for further if that soon ends."""
        limit = self._query.count + 1
        of_type = self._select.where(Query(self._query.types))
        found = self._walk(of_type, self._position.line or 0, WALKED, limit)
        if not found or len(found) == limit:
            return found
        share = len(found) / WALKED
        further = round(2 * (limit - len(found)) / share)
        matches = share * self._expected(f"FROM fact f WHERE {of_type}", self._select.parameters)
        if further <= COLLECTED * matches:
            found += self._walk(of_type, found[-1].line, further, limit - len(found))
        return found

    def _walk(self, of_type: str, line: int, steps: int, limit: int) -> list[Fact]:
        """What satisfies the query among so many facts of the type after the line."""
        values = {**self._select.parameters, "line": line, "steps": steps, "limit": limit}
        some = f"SELECT f.* FROM fact f WHERE {of_type} AND f.line > %(line)s ORDER BY f.line LIMIT %(steps)s"
        return fetch(self._session, f"({some}) f WHERE {self._where} ORDER BY f.line LIMIT %(limit)s", values)

    def _rows(self, condition: str, by: str) -> list[Fact]:
        values = dict(self._select.parameters)
        if self._position.line is not None:
            condition += " AND f.line > %(line)s"
            values["line"] = self._position.line
        source = f"fact f WHERE {condition}"
        if self._is_narrow:
            # OFFSET 0 keeps the order and the limit out of the choice of the index.
            source = f"(SELECT f.* FROM {source} OFFSET 0) f"
        values |= {"limit": self._query.count + 1, "offset": self._position.offset}
        return fetch(self._session, f"{source} ORDER BY {by} LIMIT %(limit)s OFFSET %(offset)s", values)

    def total(self, facts: list[Fact], *, more: bool) -> int | None:
        """How many facts there are on all pages, if known and worth knowing."""
        wanted = self._query.total
        if wanted == "none":
            return None
        if not more and self._position.is_first:
            return len(facts)
        if wanted == "accurate" or (wanted == "auto" and self._is_narrow):
            return self._counted()
        expected = self._expected(f"FROM fact f WHERE {self._where}", self._select.parameters)
        if wanted == "auto" and expected <= COUNTED:
            return self._counted()
        return expected if wanted == "estimate" else None

    def _counted(self) -> int:
        return _count(self._session, self._query)


def matches(session: Connection[TupleRow], query: Query) -> int:
    """How many facts satisfy the query."""
    return _count(session, named(session, query))


def named(session: Connection[TupleRow], query: Query) -> Query:
    """The same query with what its clauses lead to found and named, as far as that is little."""
    return followed(query, _expected_on(session), _listed(session))


def _count(session: Connection[TupleRow], query: Query) -> int:
    select = Select(collects=True)
    where = select.where(query)
    return count_of(session, where, select.parameters)


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


def _listed(session: Connection[TupleRow]) -> Callable[[str, dict[str, Any]], list[str]]:
    """The values of a statement of one column."""
    return lambda statement, values: [row[0] for row in session.execute(statement, values)]  # pyright: ignore[reportArgumentType]


def _expected_on(session: Connection[TupleRow]) -> Callable[[str, dict[str, Any]], int]:
    """How many rows the planner thinks a statement would return."""

    def expected(statement: str, values: dict[str, Any]) -> int:
        row = session.execute(f"EXPLAIN (FORMAT JSON) SELECT 1 {statement}", values).fetchone()  # pyright: ignore[reportArgumentType]
        assert row is not None
        return int(row[0][0]["Plan"]["Plan Rows"])

    return expected
