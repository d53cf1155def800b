"""Row-level security: PostgreSQL itself keeps a scope, and keeps using its indexes while it does."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import psycopg
import pytest

from kangshu.kernel.facts.row_security import READER, enter
from kangshu.kernel.policies.definition import Scope

ORGS = ("H1", "H2")
COUNTIES = ("C1", "C2")
PERSONS = (None, 1, 2)
TYPES = ("Observation", "Condition", "Organization")

ROWS = [
    {"type": type_, "org": org, "county": county, "person": person}
    for type_, org, county, person in itertools.product(TYPES, ORGS, COUNTIES, PERSONS)
]


COLUMNS = "type, id, version, seq, line, message, org, county, recorded_at, deleted, hash, tokens, body"


def lets_through(scope: Scope, row: dict[str, object]) -> bool:
    """What `Scope` promises, in plain words."""
    if row["type"] in scope.open_types:
        return True
    if scope.types is not None and row["type"] not in scope.types:
        return False
    return (
        scope.everything
        or row["county"] in scope.counties
        or row["org"] in scope.orgs
        or row["person"] in scope.persons
    )


@pytest.fixture(scope="module")
def connection(databases: object) -> Iterator[psycopg.Connection]:
    url = databases.new()  # pyright: ignore[reportAttributeAccessIssue]
    with psycopg.connect(url) as made:
        for number, row in enumerate(ROWS, 1):
            values = row | {"id": f"f{number}", "number": number}
            made.execute(
                f"INSERT INTO fact ({COLUMNS}, person) VALUES (%(type)s, %(id)s, 1, %(number)s,"
                " %(number)s, 1, %(org)s, %(county)s, now(), false, '\\x00', ARRAY[%(number)s]::bigint[],"
                " '{}', %(person)s)",
                values,
            )
        made.execute(
            f"INSERT INTO fact ({COLUMNS}, low0, high0, strings) SELECT 'Encounter', 'e' || i, 1, 1000 + i,"
            " 1000 + i, 1, 'H1', 'C1', now(), false, '\\x00', ARRAY[i % 500, 100000 + i]::bigint[], '{}',"
            " i, i,"
            " 'reason=pain' || i FROM generate_series(1, 20000) i"
        )
        made.commit()
        made.autocommit = True
        made.execute("VACUUM ANALYZE fact")
        made.autocommit = False
        yield made
    databases.drop(url)  # pyright: ignore[reportAttributeAccessIssue]


def seen(connection: psycopg.Connection, scope: Scope) -> set[str]:
    with connection.transaction(force_rollback=True):
        enter(connection, scope)
        return {row[0] for row in connection.execute("SELECT id FROM fact WHERE type <> 'Encounter'")}


SCOPES = [
    Scope(),
    Scope(everything=True),
    Scope(everything=True, types=frozenset({"Organization"})),
    Scope(everything=True, types=frozenset()),
    Scope(orgs=frozenset({"H1"})),
    Scope(orgs=frozenset({"H1"}), open_types=frozenset({"Organization"})),
    Scope(orgs=frozenset({"H1"}), persons=frozenset({2})),
    Scope(counties=frozenset({"C2"}), types=frozenset({"Observation", "Condition"})),
    Scope(persons=frozenset({1})),
    Scope(persons=frozenset({1, 2}), orgs=frozenset({"H2"}), types=frozenset({"Condition"})),
    Scope(open_types=frozenset({"Organization"})),
    Scope(types=frozenset({"Condition"})),
    Scope(orgs=frozenset({"none", 'it\'s {a} "quoted" \\ name'})),
]


@pytest.mark.parametrize("scope", SCOPES)
def test_postgresql_lets_through_what_the_scope_says(connection: psycopg.Connection, scope: Scope) -> None:
    expected = {f"f{number}" for number, row in enumerate(ROWS, 1) if lets_through(scope, row)}
    assert seen(connection, scope) == expected


def test_without_a_scope_the_reader_sees_nothing(connection: psycopg.Connection) -> None:
    with connection.transaction(force_rollback=True):
        connection.execute(f"SET LOCAL ROLE {READER}".encode())
        assert connection.execute("SELECT count(*) FROM fact").fetchone() == (0,)


def test_a_scope_ends_with_its_transaction(connection: psycopg.Connection) -> None:
    seen(connection, Scope(orgs=frozenset({"H1"})))
    row = connection.execute(
        "SELECT current_user, coalesce(current_setting('kangshu.scope', true), '')"
    ).fetchone()
    connection.rollback()
    assert row is not None
    assert row[0] != READER
    assert row[1] == ""


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1 FROM fact_encounter",
        "SELECT 1 FROM message",
        "SELECT 1 FROM person_key",
        "SELECT 1 FROM access_log",
        "UPDATE fact SET org = 'H9'",
        "DELETE FROM fact",
        "ALTER TABLE fact DISABLE ROW LEVEL SECURITY",
    ],
)
def test_the_reader_may_read_facts_and_nothing_else(connection: psycopg.Connection, statement: str) -> None:
    with connection.transaction(force_rollback=True):
        enter(connection, Scope(orgs=frozenset({"H1"})))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement.encode())


CURRENT = "type = 'Encounter' AND superseded_at IS NULL AND NOT deleted"


@pytest.mark.parametrize(
    ("condition", "index"),
    [
        ("tokens @> ARRAY[7]::bigint[]", "tokens"),
        ("tokens && ARRAY[100007, 100009]::bigint[]", "tokens"),
        ("strings LIKE '%pain1234%'", "strings"),
        ("strings LIKE '%pain1234%' AND strings ~ 'pain1234[0-9]'", "strings"),
        ("low0 >= 100 AND low0 < 120 AND low0 IS NOT NULL", "low0"),
        ("id = 'e77'", "version"),
    ],
)
def test_a_search_behind_the_lock_still_uses_the_index(
    connection: psycopg.Connection, condition: str, index: str
) -> None:
    with connection.transaction(force_rollback=True):
        enter(connection, Scope(orgs=frozenset({"H1"}), open_types=frozenset({"Organization"})))
        rows = connection.execute(
            f"EXPLAIN SELECT id, body FROM fact WHERE {CURRENT} AND {condition}".encode()
        )
        plan = "\n".join(row[0] for row in rows)
    assert "Seq Scan" not in plan
    assert index in plan
