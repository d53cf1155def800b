"""The journal: every message as it came, kept before anything is done with it."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, LiteralString

import zstandard
from psycopg import Connection
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from kangshu.kernel.base.errors import NotFound

PART = 1 << 20
"""Bytes per row: a large message is never held in memory as one value."""

Channel = Literal["intake", "api"]


@dataclass(frozen=True, slots=True)
class Message:
    """A journalled message. `counts` is None until it has been worked through."""

    id: int
    source: str
    media: str
    size: int
    received_at: datetime
    counts: Mapping[str, Any] | None


def keep(
    connection: Connection[TupleRow],
    *,
    source: str,
    channel: Channel,
    media: str,
    parts: Iterable[bytes],
    now: datetime,
) -> Message:
    """Write a message to the journal; durable once the transaction commits.

    The same bytes from the same source over `intake` are the same message: it is returned as it
    stands, with its counts if it was finished.
    """
    identifier = _reserve(connection, source, channel, media, now)
    digest = hashlib.sha256()
    size = 0
    for number, part in enumerate(_even(parts)):
        digest.update(part)
        size += len(part)
        packed = _pack(part)
        connection.execute(
            "INSERT INTO message_part (message, part, packed, content) VALUES (%s, %s, %s, %s)",
            (identifier, number, packed is not part, packed),
        )
    if channel == "intake":
        known = _known(connection, source, digest.digest())
        if known is not None:
            connection.execute("DELETE FROM message_part WHERE message = %s", (identifier,))
            connection.execute("DELETE FROM message WHERE id = %s", (identifier,))
            return known
    connection.execute(
        "UPDATE message SET content_hash = %s, size = %s WHERE id = %s", (digest.digest(), size, identifier)
    )
    return Message(identifier, source, media, size, now, None)


def keep_all(
    connection: Connection[TupleRow], incoming: Sequence[tuple[str, str, bytes]], now: datetime
) -> list[tuple[Message, bool]]:
    """Write messages given as (source, media, bytes) to the journal with channel `intake`, in their order.

    Returns each with whether it is new; one that came before stands as in `keep`. A few statements
    for all of them: senders of small messages wait for the answer to each.
    """
    found: list[tuple[Message, bool]] = []
    small: list[tuple[str, str, bytes]] = []
    for source, media, content in incoming:
        if len(content) <= PART:
            small.append((source, media, content))
            continue
        found += _keep_small(connection, small, now)
        small = []
        kept = keep(connection, source=source, channel="intake", media=media, parts=[content], now=now)
        found.append((kept, kept.received_at == now and kept.counts is None))
    return found + _keep_small(connection, small, now)


def _keep_small(
    connection: Connection[TupleRow], incoming: Sequence[tuple[str, str, bytes]], now: datetime
) -> list[tuple[Message, bool]]:
    if not incoming:
        return []
    digests = [hashlib.sha256(content).digest() for _, _, content in incoming]
    sources = [source for source, _, _ in incoming]
    sizes = [len(content) for _, _, content in incoming]
    rows = connection.execute(
        "INSERT INTO message (source, channel, media, content_hash, size, received_at)"
        " SELECT source, 'intake', media, hash, size, %(now)s FROM unnest(%(sources)s::text[],"
        " %(media)s::text[], %(hashes)s::bytea[], %(sizes)s::bigint[]) WITH ORDINALITY"
        " AS t(source, media, hash, size, place) ORDER BY place"
        " ON CONFLICT (source, content_hash) WHERE channel = 'intake' DO NOTHING"
        " RETURNING source, content_hash, id",
        {
            "now": now,
            "sources": sources,
            "media": [media for _, media, _ in incoming],
            "hashes": digests,
            "sizes": sizes,
        },
    ).fetchall()
    new = {(source, digest): identifier for source, digest, identifier in rows}
    known = _all_known(connection, [key for key in zip(sources, digests, strict=True) if key not in new])
    found: list[tuple[Message, bool]] = []
    parts: list[tuple[int, bool, bytes]] = []
    for (source, media, content), digest in zip(incoming, digests, strict=True):
        identifier = new.pop((source, digest), None)
        if identifier is None:
            found.append((known[source, digest], False))
            continue
        message = known[source, digest] = Message(identifier, source, media, len(content), now, None)
        found.append((message, True))
        packed = _pack(content)
        parts.append((identifier, packed is not content, packed))
    connection.execute(
        "INSERT INTO message_part (message, part, packed, content) SELECT message, 0, packed, content"
        " FROM unnest(%s::bigint[], %s::boolean[], %s::bytea[]) AS t(message, packed, content)",
        ([part[0] for part in parts], [part[1] for part in parts], [part[2] for part in parts]),
    )
    return found


def _all_known(
    connection: Connection[TupleRow], keys: Sequence[tuple[str, bytes]]
) -> dict[tuple[str, bytes], Message]:
    if not keys:
        return {}
    rows = connection.execute(
        "SELECT m.content_hash, m.id, m.source, m.media, m.size, m.received_at, m.counts FROM message m"
        " JOIN unnest(%s::text[], %s::bytea[]) AS t(source, hash)"
        " ON m.source = t.source AND m.content_hash = t.hash WHERE m.channel = 'intake'",
        ([source for source, _ in keys], [digest for _, digest in keys]),
    )
    return {(row[2], row[0]): Message(*row[1:]) for row in rows}


def _reserve(
    connection: Connection[TupleRow], source: str, channel: Channel, media: str, now: datetime
) -> int:
    """A row to hang the parts on; its hash is provisional and unique until the content is known."""
    row = connection.execute(
        "INSERT INTO message (source, channel, media, content_hash, size, received_at)"
        " VALUES (%s, %s, %s, uuid_send(gen_random_uuid()), 0, %s) RETURNING id",
        (source, channel, media, now),
    ).fetchone()
    assert row is not None
    return row[0]


_of_this_thread = threading.local()
"""A packer takes longer to make than to pack a small message, and is for one thread at a time."""


def _pack(part: bytes) -> bytes:
    """Compressed if that saves space, else as it is (already compressed)."""
    packer = getattr(_of_this_thread, "packer", None)
    if packer is None:
        packer = _of_this_thread.packer = zstandard.ZstdCompressor(level=1)
    packed = packer.compress(part)
    return packed if len(packed) < len(part) else part


def _even(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Cut into pieces of at most `PART` bytes."""
    for part in parts:
        for start in range(0, len(part), PART):
            yield part[start : start + PART]


_SELECT = "SELECT id, source, media, size, received_at, counts FROM message"


def _known(connection: Connection[TupleRow], source: str, digest: bytes) -> Message | None:
    row = connection.execute(
        f"{_SELECT} WHERE source = %s AND content_hash = %s AND channel = 'intake'", (source, digest)
    ).fetchone()
    return Message(*row) if row else None


def message(connection: Connection[TupleRow], identifier: int) -> Message:
    """The message of that number. Raises `NotFound`."""
    row = connection.execute(f"{_SELECT} WHERE id = %s", (identifier,)).fetchone()
    if row is None:
        raise NotFound(f"There is no message {identifier} in the journal.")
    return Message(*row)


def piece(connection: Connection[TupleRow], identifier: int, number: int) -> bytes | None:
    """One piece of the bytes of a message as received, numbered from 0; None after the last."""
    row = connection.execute(
        "SELECT packed, content FROM message_part WHERE message = %s AND part = %s", (identifier, number)
    ).fetchone()
    if row is None:
        return None
    return zstandard.decompress(row[1], max_output_size=PART) if row[0] else row[1]


_TX: LiteralString = "pg_current_xact_id()::text::bigint"
"""The transaction, by which readers of the change feed find what was finished since."""


def finish(
    connection: Connection[TupleRow], identifier: int, counts: Mapping[str, Any], now: datetime
) -> None:
    """Note that a message has been worked through, in the transaction that stored its facts."""
    connection.execute(
        f"UPDATE message SET finished_at = %s, counts = %s, finished_tx = {_TX} WHERE id = %s",
        (now, Jsonb(dict(counts)), identifier),
    )


def finish_all(
    connection: Connection[TupleRow], done: Sequence[tuple[int, Mapping[str, Any]]], now: datetime
) -> None:
    """Note that messages, given with their counts, have been worked through."""
    connection.execute(
        f"UPDATE message m SET finished_at = %s, counts = t.counts::jsonb, finished_tx = {_TX}"
        " FROM unnest(%s::bigint[], %s::text[]) AS t(id, counts) WHERE m.id = t.id",
        (now, [identifier for identifier, _ in done], [json.dumps(counts) for _, counts in done]),
    )


def unfinished(connection: Connection[TupleRow]) -> list[Message]:
    """Messages that were received but not worked through: a process was killed in between."""
    rows = connection.execute(f"{_SELECT} WHERE finished_at IS NULL AND channel = 'intake' ORDER BY id")
    return [Message(*row) for row in rows]
