"""Writers look things up by their keys, however small a table was when the plan was made."""

from __future__ import annotations

import pytest

from kangshu.kernel.facts.database import Database, Session

KEYS = "'{" + ",".join(f"a{number}" for number in range(2000)) + "}'::text[]"
LOOKUPS = [
    f"SELECT version FROM fact WHERE type = 'Observation' AND id = ANY({KEYS}) AND superseded_at IS NULL",
    f"SELECT c.org FROM claim c JOIN unnest({KEYS}, {KEYS}) AS w(type, id) USING (type, id)",
    f"SELECT person FROM person_key JOIN unnest({KEYS}, {KEYS}) AS w(system, value) USING (system, value)",
]


@pytest.mark.parametrize("lookup", LOOKUPS, ids=["fact", "claim", "person_key"])
def test_no_table_is_read_from_end_to_end(database_url: str, lookup: str) -> None:
    database = Database(database_url)

    def plan(session: Session) -> str:
        return "\n".join(row[0] for row in session.execute(f"EXPLAIN {lookup}".encode()))

    try:
        found = database.transact(plan)
    finally:
        database.close()
    assert "Seq Scan" not in found
    assert "Hash Join" not in found
    assert "Merge Join" not in found
