"""One entry of the access log, its one spelling, and the chain that shows when one was changed.

Pure: where entries are kept is the business of `facts/access_log.py`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import UTC, datetime

import msgspec

from kangshu.kernel.base.errors import Invalid, Problem
from kangshu.kernel.policies.definition import Grant

FIRST_HASH = bytes(32)
"""What stands for the hash before the first entry."""

MOST_NAMED = 1000
"""So many facts an entry names one by one; above, `count` alone says how many there were."""


@dataclass(frozen=True, slots=True)
class AccessEntry:
    """Somebody did something with rows. Addresses and person numbers, never content.

    type     the fact type asked for; "" for any
    facts    addresses (`Type/id`) that were given out or written, up to `MOST_NAMED`
    persons  numbers of the persons those facts are about, all of them
    count    how many rows were given out or written
    reason   of the grant, with the ids of the policies behind it
    """

    at: datetime
    principal: str
    role: str
    org: str
    action: str
    purpose: str
    type: str
    facts: tuple[str, ...]
    persons: tuple[int, ...]
    count: int
    reason: str
    policies: tuple[str, ...]


_DECODER = msgspec.json.Decoder(AccessEntry)


@dataclass(frozen=True, slots=True)
class LoggedEntry:
    """An entry as it is kept: its number from 1, its canonical text and the hash of the chain up to it."""

    number: int
    text: str
    hash: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry: written down elsewhere it proves later that the log up to it is still the same."""

    number: int
    hash: bytes

    def __str__(self) -> str:
        """As it is written down: `NUMBER:HASH`, the hash in hex."""
        return f"{self.number}:{self.hash.hex()}"


def parse_head(text: str) -> Head:
    """A head that was written down. Raises `Invalid`."""
    number, _, digest = text.strip().partition(":")
    if not re.fullmatch(r"[0-9]{1,18}", number) or not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise Invalid(
            "That is not the head of an access log.", remedy="Write it as it was printed: NUMBER:HASH."
        )
    return Head(int(number), bytes.fromhex(digest))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What checking a log found: how many entries were read, the last good one, and the first broken one."""

    head: Head
    problems: tuple[Problem, ...]


def entry_of(
    grant: Grant,
    at: datetime,
    *,
    type: str = "",
    facts: Iterable[str] = (),
    persons: Iterable[int] = (),
    count: int,
) -> AccessEntry:
    """The entry for one use of a grant."""
    named = sorted(set(facts))
    return AccessEntry(
        at=at.astimezone(UTC),
        principal=grant.principal.id,
        role=grant.principal.role,
        org=grant.principal.org or "",
        action=grant.action,
        purpose=grant.purpose,
        type=type,
        facts=tuple(named) if len(named) <= MOST_NAMED else (),
        persons=tuple(sorted(set(persons))),
        count=count,
        reason=grant.reason,
        policies=grant.policy_ids,
    )


def canonical(entry: AccessEntry) -> str:
    """The one spelling that is hashed: JSON, keys in order, no spaces, time in UTC with microseconds."""
    content = {field.name: getattr(entry, field.name) for field in fields(entry)}
    content["at"] = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def parse_entry(text: str) -> AccessEntry:
    """Read what `canonical` wrote. Raises `Invalid` if it is anything else."""
    try:
        entry = _DECODER.decode(text)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise Invalid(
            "An entry of the access log is not in its canonical form.",
            remedy=f"It has the keys {', '.join(field.name for field in fields(AccessEntry))}.",
        ) from error
    if canonical(entry) != text:
        raise Invalid("An entry of the access log is not in its canonical form.")
    return entry


def chain_hash(before: bytes, text: str) -> bytes:
    """The hash of an entry: SHA-256 of the hash before it and its canonical text in UTF-8."""
    return hashlib.sha256(before + text.encode()).digest()


def verify(entries: Iterable[LoggedEntry], known: Iterable[Head] = ()) -> Verdict:
    """Walk the chain from entry 1, in order, and stop at the first entry that breaks it.

    `known` are heads that were written down earlier: the log must still reach them, with those hashes.
    """
    hashes: dict[int, set[bytes]] = {}
    for written in known:
        hashes.setdefault(written.number, set()).add(written.hash)
    head = fits = Head(0, FIRST_HASH)
    for entry in entries:
        problem = _broken(entry, head) or _not_as_known(entry, hashes.get(entry.number), fits)
        if problem:
            return Verdict(head, (problem,))
        head = Head(entry.number, entry.hash)
        if entry.number in hashes:
            fits = head
    furthest = max(hashes, default=0)
    if head.number < furthest:
        message = f"the log ends here, but is known to have reached entry {furthest}: entries were removed"
        return Verdict(head, (_problem(head.number, message),))
    return Verdict(head, ())


def _broken(entry: LoggedEntry, before: Head) -> Problem | None:
    if entry.number <= before.number:
        return _problem(entry.number, f"stands after entry {before.number}: it is there twice, or was moved")
    if entry.number != before.number + 1:
        return _problem(entry.number, f"follows entry {before.number}: entries between them were removed")
    if chain_hash(before.hash, entry.text) != entry.hash:
        return _problem(
            entry.number, "does not have the hash of its content: it, or one before it, was changed"
        )
    return None


def _not_as_known(entry: LoggedEntry, hashes: set[bytes] | None, fits: Head) -> Problem | None:
    if hashes is None or hashes == {entry.hash}:
        return None
    message = "does not have the hash that was written down: the log was written anew"
    since = f" somewhere after entry {fits.number}" if fits.number else ""
    return _problem(entry.number, message + since)


def _problem(number: int, message: str) -> Problem:
    return Problem("error", "integrity", f"access_log[{number}]", message)
