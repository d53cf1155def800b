"""Which tokens many facts carry, as PostgreSQL's statistics know it.

Of a token that is not among the common ones the planner knows only that it is rarer than those; it
guesses half of the rarest. With a hundred thousand patients the guess for the observations of one of
them is hundreds of times too high, and then it may read the whole table in order instead of looking
the few rows up. So the reader looks here first, and asks in a form that leaves no such choice.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

from psycopg import Connection
from psycopg.rows import TupleRow

_USES = 1_000
"""After so many questions the statistics are read again. Outdated ones cost time, never an answer."""


class CommonTokens:
    """The common tokens of each table of facts. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_table: Mapping[str, frozenset[int]] = {}
        self._anywhere: frozenset[int] = frozenset()
        self._uses = 0

    def is_due(self) -> bool:
        """Whether `refresh` is to be called; true for one caller now and then."""
        with self._lock:
            self._uses -= 1
            if self._uses >= 0:
                return False
            self._uses = _USES
            return True

    def refresh(self, connection: Connection[TupleRow]) -> None:
        """Read the statistics. The connection must not be behind row security: it would see none."""
        rows = connection.execute(
            "SELECT tablename, most_common_elems::text::bigint[] FROM pg_stats"
            " WHERE attname = 'tokens' AND tablename LIKE 'fact\\_%' AND most_common_elems IS NOT NULL"
        ).fetchall()
        self._by_table = {table: frozenset(tokens) for table, tokens in rows}
        self._anywhere = frozenset(token for tokens in self._by_table.values() for token in tokens)

    def of(self, types: Sequence[str]) -> frozenset[int]:
        """The common tokens of the table of the type; of several types, those common in any table."""
        if len(types) > 1:
            return self._anywhere
        rest = self._by_table.get("fact_rest", frozenset())
        return self._by_table.get(f"fact_{types[0].lower()}", rest)
