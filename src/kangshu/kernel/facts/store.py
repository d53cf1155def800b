"""The fact store on PostgreSQL: append versions, never change one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise

from psycopg import Connection
from psycopg.rows import TupleRow

from kangshu.kernel.base.errors import Conflict
from kangshu.kernel.facts.database import Again
from kangshu.kernel.facts.definition import Draft, Outcome
from kangshu.kernel.facts.rows import COLUMNS, COPY_HEADER, COPY_TRAILER, copy_row, moment_of

Address = tuple[str, str]
"""(type, id)"""

_COPY = f"COPY fact ({COLUMNS}) FROM STDIN WITH (FORMAT binary)".encode()

_Planned = tuple[Draft, int, int | None]
"""(draft, the version it becomes, the line it continues)"""


@dataclass(frozen=True, slots=True)
class Current:
    """What is known of the current version of an address before something is appended to it."""

    version: int
    line: int
    hash: bytes
    deleted: bool
    org: str
    county: str
    person: int | None
    recorded_at: datetime


class Appender:
    """Appends facts within one transaction. Make one per transaction; not thread-safe.

    Two writers of the same address are kept apart by the unique key (type, id, version) and by
    checking that what was read is still current when it is superseded; the loser gets `Again`
    or a unique violation, and `Database.transact` runs its transaction anew.
    """

    def __init__(self, connection: Connection[TupleRow], now: datetime) -> None:
        self._connection = connection
        self._now = now
        self._current: dict[Address, Current | None] = {}

    def current(self, addresses: Iterable[Address]) -> dict[Address, Current]:
        """The current versions of those addresses that have one. Asked for once per address."""
        wanted = set(addresses)
        self._read({address for address in wanted if address not in self._current})
        found = {address: self._current[address] for address in wanted}
        return {address: current for address, current in found.items() if current is not None}

    def _read(self, addresses: set[Address]) -> None:
        self._current.update(dict.fromkeys(addresses))
        for type_, group in groupby(sorted(addresses), key=lambda address: address[0]):
            rows = self._connection.execute(
                "SELECT id, version, line, hash, deleted, org, county, person, recorded_at FROM fact"
                " WHERE type = %s AND id = ANY(%s) AND superseded_at IS NULL",
                (type_, [id_ for _, id_ in group]),
            )
            for row in rows:
                self._current[type_, row[0]] = Current(*row[1:])

    def append(self, drafts: Sequence[Draft]) -> list[Outcome]:
        """Append each draft as the next version of its address, unless its body is what is current.

        Several drafts of one address become versions in the order given. Returns one outcome per
        draft. Raises `Conflict` where `if_version` is not the current version.
        """
        self.current((draft.type, draft.id) for draft in drafts)
        stored_before = dict(self._current)
        planned: list[_Planned] = []
        outcomes: list[Outcome] = []
        for draft in drafts:
            outcome = self._plan(draft)
            outcomes.append(outcome)
            if outcome.done != "unchanged":
                current = self._current[draft.type, draft.id]
                line = current.line if current else None
                planned.append((draft, outcome.version, line))
        self._supersede(planned, stored_before)
        self._copy(planned)
        return outcomes

    def _plan(self, draft: Draft) -> Outcome:
        address = (draft.type, draft.id)
        current = self._current[address]
        _check_version(draft, current)
        is_same = current and current.deleted == draft.deleted and current.hash == draft.digest
        if current and is_same and not draft.amends:
            return Outcome(draft.type, draft.id, current.version, "unchanged", current.recorded_at)
        version = current.version + 1 if current else 1
        done = "deleted" if draft.deleted else ("updated" if current and not current.deleted else "created")
        self._current[address] = Current(
            version=version,
            line=current.line if current else 0,
            hash=draft.digest,
            deleted=draft.deleted,
            org=draft.org,
            county=draft.county,
            person=draft.person,
            recorded_at=self._now,
        )
        return Outcome(draft.type, draft.id, version, done, self._now)

    def _supersede(self, planned: list[_Planned], before: dict[Address, Current | None]) -> None:
        """Close the versions that were current; each must still be the one that was read."""
        closing = sorted({(d.type, d.id) for d, *_ in planned if before.get((d.type, d.id)) is not None})
        for type_, group in groupby(closing, key=lambda address: address[0]):
            ids = [id_ for _, id_ in group]
            versions = [current.version for id_ in ids if (current := before[type_, id_]) is not None]
            closed = self._connection.execute(
                "WITH held AS (SELECT f.id, f.version FROM fact f"
                " JOIN unnest(%(ids)s::text[], %(versions)s::int[])"
                " AS w(id, version) ON f.id = w.id AND f.version = w.version"
                " WHERE f.type = %(type)s AND f.superseded_at IS NULL ORDER BY f.id FOR UPDATE OF f)"
                " UPDATE fact f SET superseded_at = %(now)s FROM held"
                " WHERE f.type = %(type)s AND f.id = held.id AND f.version = held.version",
                {"ids": ids, "versions": versions, "type": type_, "now": self._now},
            ).rowcount
            if closed != len(ids):
                raise Again

    def _copy(self, planned: list[_Planned]) -> None:
        if not planned:
            return
        first = self._numbers(len(planned))
        recorded_at = moment_of(self._now)
        # Sorted, so that writers who wait for each other's keys wait in one order.
        planned.sort(key=lambda plan: (plan[0].type, plan[0].id, plan[1]))
        rows = [COPY_HEADER]
        last: dict[Address, int] = {}
        for seq, (draft, version, line) in zip(first, planned, strict=True):
            address = (draft.type, draft.id)
            number = line or last.get(address) or seq
            last[address] = number
            rows.append(copy_row(draft, version, seq, number, recorded_at))
        superseded = _superseded_within(planned)
        with self._connection.cursor().copy(_COPY) as copy:
            copy.write(b"".join((*rows, COPY_TRAILER)))
        if superseded:
            self._connection.cursor().executemany(
                "UPDATE fact SET superseded_at = %s WHERE type = %s AND id = %s AND version = %s",
                [(self._now, *key) for key in superseded],
            )
        for address, number in last.items():
            current = self._current[address]
            if current is not None and not current.line:
                self._current[address] = Current(
                    current.version, number, current.hash, current.deleted, current.org, current.county,
                    current.person, current.recorded_at,
                )  # fmt: skip

    def _numbers(self, count: int) -> list[int]:
        rows = self._connection.execute("SELECT nextval('fact_seq') FROM generate_series(1, %s)", (count,))
        return [row[0] for row in rows]


def _check_version(draft: Draft, current: Current | None) -> None:
    if draft.if_version is None:
        return
    actual = 0 if current is None or current.deleted else current.version
    if actual != draft.if_version:
        raise Conflict(
            f"{draft.type}/{draft.id} is not at version {draft.if_version}.",
            remedy="Read it again, apply the change to what is current, and send that.",
        )


def _superseded_within(planned: list[_Planned]) -> list[tuple[str, str, int]]:
    """Versions of this batch that a later one of the same batch already replaces."""
    keys = [(draft.type, draft.id, version) for draft, version, *_ in planned]
    return [here for here, after in pairwise(keys) if here[:2] == after[:2]]
