"""The person registry: which keys belong to which person.

It stores and joins; what counts as a key, and when two keys contradict each other, is decided
by the identity domain.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

Key = tuple[str, str]
"""(system, value)"""

ADDRESS = "address"
"""System of the keys that are addresses of source records (`Type/id`)."""


def find(connection: Connection[TupleRow], keys: Iterable[Key]) -> dict[Key, int]:
    """The persons that hold those keys, where there are any."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    rows = connection.execute(
        "SELECT k.system, k.value, k.person FROM person_key k"
        " JOIN unnest(%s::text[], %s::text[]) AS w(system, value) USING (system, value)",
        ([key[0] for key in wanted], [key[1] for key in wanted]),
    )
    return {(system, value): person for system, value, person in rows}


def traits(connection: Connection[TupleRow], persons: Iterable[int]) -> dict[int, Mapping[str, Any]]:
    """What is noted of each person for recognising contradictions."""
    rows = connection.execute("SELECT id, traits FROM person WHERE id = ANY(%s)", (sorted(set(persons)),))
    return dict(rows.fetchall())


def create(connection: Connection[TupleRow], each: Sequence[Mapping[str, Any]], now: datetime) -> list[int]:
    """New persons with these traits; their numbers, in the same order."""
    numbers = [
        row[0]
        for row in connection.execute(
            "SELECT nextval(pg_get_serial_sequence('person', 'id')) FROM generate_series(1, %s)", (len(each),)
        )
    ]
    with connection.cursor().copy("COPY person (id, created_at, traits) FROM STDIN") as copy:
        for number, person_traits in zip(numbers, each, strict=True):
            copy.write_row((number, now, Jsonb(dict(person_traits))))
    return numbers


def note(connection: Connection[TupleRow], person: int, person_traits: Mapping[str, Any]) -> None:
    """Replace the traits of a person."""
    connection.execute("UPDATE person SET traits = %s WHERE id = %s", (Jsonb(dict(person_traits)), person))


def hold(connection: Connection[TupleRow], keys: Mapping[Key, int]) -> None:
    """Give keys to persons. A key someone else was given at the same moment raises a unique violation,
    and the transaction is run again."""
    if not keys:
        return
    with connection.cursor().copy("COPY person_key (system, value, person) FROM STDIN") as copy:
        for (system, value), person in sorted(keys.items()):
            copy.write_row((system, value, person))


def move(connection: Connection[TupleRow], source: int, target: int) -> None:
    """Make two persons one: keys and facts of `source` become those of `target`."""
    connection.execute("UPDATE person_key SET person = %s WHERE person = %s", (target, source))
    connection.execute("UPDATE fact SET person = %s WHERE person = %s", (target, source))


def keys_of(connection: Connection[TupleRow], person: int) -> list[Key]:
    """Every key a person holds."""
    rows = connection.execute(
        "SELECT system, value FROM person_key WHERE person = %s ORDER BY 1, 2", (person,)
    )
    return [(system, value) for system, value in rows]


def orgs_of(connection: Connection[TupleRow], person: int) -> frozenset[str]:
    """The institutions that hold current facts about a person."""
    rows = connection.execute(
        "SELECT DISTINCT org FROM fact WHERE person = %s AND superseded_at IS NULL AND NOT deleted", (person,)
    )
    return frozenset(row[0] for row in rows)
