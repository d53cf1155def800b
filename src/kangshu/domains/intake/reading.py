"""The FHIR reader: bytes of a message in, the resources it holds out.

Reads a single resource, a Bundle of any type, or NDJSON; plain or gzip. Every way has limits, so
that no message can take more memory or time than its size allows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Literal

import msgspec

from kangshu.domains.intake.canonical import not_json
from kangshu.domains.intake.unit import CHUNK_ENTRIES, Entry, Unit
from kangshu.domains.intake.unpacking import unpacked
from kangshu.kernel.base.errors import Invalid, Problem, TooCostly

Media = Literal["json", "ndjson", "cda"]
"""What a message is in; CDA has a reader of its own (`intake.cda`)."""

MAX_DOCUMENT = 128 << 20
"""Bytes of one JSON document (a resource or a Bundle)."""
MAX_RESOURCE = 32 << 20
"""Bytes of one resource, in a Bundle or on a line."""
MAX_BAD_LINES = 10_000
"""Lines of one NDJSON message that may be empty or no objects; with more it is not NDJSON."""
CHUNK_BYTES = 16 << 20


class _Request(msgspec.Struct):
    method: str = ""
    url: str = ""
    if_none_exist: str = msgspec.field(name="ifNoneExist", default="")


class _Search(msgspec.Struct):
    mode: str = ""


class _Entry(msgspec.Struct):
    resource: msgspec.Raw = msgspec.Raw(b"")
    full_url: str = msgspec.field(name="fullUrl", default="")
    request: _Request | None = None
    search: _Search | None = None


class _Document(msgspec.Struct):
    resource_type: str = msgspec.field(name="resourceType", default="")
    type: str = ""
    entry: list[_Entry] = []


_DOCUMENT = msgspec.json.Decoder(_Document)
_RESPONSES = ("transaction-response", "batch-response")


def units(parts: Iterable[bytes], *, media: Media | None = None) -> Iterator[Unit]:
    """The resources of a message, in stretches of bounded size.

    `parts` are the bytes as received; gzip is recognised by its first bytes. Without `media`, more
    than one top-level JSON value on lines of their own means NDJSON. Raises `Invalid` or `TooCostly`
    when the message as a whole cannot be read; a bad line of NDJSON only spoils itself.
    """
    lines = _Lines(unpacked(parts))
    if media is None:
        media = lines.guess()
    if media == "ndjson":
        yield from _ndjson(lines)
    else:
        yield from _document(lines.all(MAX_DOCUMENT))


class _Lines:
    """Bytes that can be looked at before they are taken as lines or as a whole."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts
        self._held = b""
        self._strip_mark()

    def _strip_mark(self) -> None:
        while len(self._held) < 4 and (part := next(self._parts, None)) is not None:
            self._held += part
        if self._held[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise Invalid(
                "The message is in UTF-16.",
                remedy="Send it in UTF-8.",
                problems=(Problem("error", "structure", "", "The message is in UTF-16, not UTF-8."),),
            )
        self._held = self._held.removeprefix(b"\xef\xbb\xbf")

    def guess(self) -> Media:
        """NDJSON if the first line is a whole JSON value and another follows it."""
        self._hold_until(lambda part: b"\n" in part)
        line, _, after = self._held.partition(b"\n")
        if not line.strip().endswith(b"}") or not line.lstrip().startswith(b"{"):
            return "json"
        if not after.strip() and not self._hold_until(lambda part: bool(part.strip()), new=True):
            return "json"
        try:
            msgspec.json.decode(line, type=msgspec.Raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return "json"
        return "ndjson"

    def _hold_until(self, is_enough: Callable[[bytes], bool], *, new: bool = False) -> bool:
        """Take up parts until one is enough, as far as one resource may be long; whether one was.

        `new`: what is held already is not asked.
        """
        pieces = [self._held]
        size = len(self._held)
        enough = not new and is_enough(self._held)
        while not enough and size <= MAX_RESOURCE and (part := next(self._parts, None)) is not None:
            pieces.append(part)
            size += len(part)
            enough = is_enough(part)
        self._held = b"".join(pieces)
        return enough

    def all(self, limit: int) -> bytes:
        pieces = [self._held]
        size = len(self._held)
        for part in self._parts:
            size += len(part)
            if size > limit:
                raise _refused(limit)
            pieces.append(part)
        return b"".join(pieces)

    def lines(self) -> Iterator[tuple[bytes, bool]]:
        """(line, whether it was longer than allowed and is given empty)."""
        begun: list[bytes] = []
        size = 0
        for part in chain((self._held,), self._parts):
            *ends, rest = part.split(b"\n")
            for end in ends:
                size += len(end)
                yield (b"", True) if size > MAX_RESOURCE else (b"".join((*begun, end)), False)
                begun, size = [], 0
            size += len(rest)
            begun = [] if size > MAX_RESOURCE else [*begun, rest]
        if size:
            yield (b"", True) if size > MAX_RESOURCE else (b"".join(begun), False)


def _refused(limit: int) -> TooCostly:
    """The refusal of something over a limit given in bytes."""
    message = f"It is larger than {limit >> 20} MB."
    return TooCostly(
        f"The message cannot be taken. {message}", remedy="Send it in smaller parts, or as NDJSON."
    )


def _ndjson(lines: _Lines) -> Iterator[Unit]:
    entries: list[Entry] = []
    bad: list[tuple[int, Problem]] = []
    size = spoiled = 0
    for number, (line, long) in enumerate(lines.lines()):
        if long:
            bad.append((number, _too_large(f"line {number + 1}")))
        elif line.lstrip()[:1] == b"{":
            entries.append(Entry(number, line))
            size += len(line)
        else:
            spoiled += 1
            if line.strip():
                bad.append((number, _no_resource(number)))
        if spoiled > MAX_BAD_LINES:
            raise _not_ndjson()
        if len(entries) + len(bad) >= CHUNK_ENTRIES or size >= CHUNK_BYTES:
            yield Unit(entries, bad=bad)
            entries, bad, size = [], [], 0
    if entries or bad:
        yield Unit(entries, bad=bad)


def _no_resource(number: int) -> Problem:
    return Problem("error", "structure", f"line {number + 1}", "The line is not a JSON object.")


def _not_ndjson() -> TooCostly:
    return TooCostly(
        f"More than {MAX_BAD_LINES} lines hold no JSON object.",
        remedy="Send NDJSON: one resource on a line.",
    )


def _document(raw: bytes) -> Iterator[Unit]:
    if not raw.strip():
        problem = Problem("error", "structure", "", "The message is empty.")
        raise Invalid(problem.message, remedy="Send a resource.", problems=(problem,))
    if len(raw) > MAX_RESOURCE and _TYPE_BUNDLE.search(raw, 0, 4096) is None:
        raise _refused(MAX_RESOURCE)
    try:
        document = _DOCUMENT.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        if isinstance(error, msgspec.ValidationError):
            yield Unit([Entry(0, raw)])
            return
        raise not_json(error) from None
    if document.resource_type != "Bundle":
        yield Unit([Entry(0, raw)])
        return
    yield from _bundle(document, raw)


_TYPE_BUNDLE = re.compile(rb'"resourceType"\s*:\s*"Bundle"')


def _bundle(document: _Document, raw: bytes) -> Iterator[Unit]:
    """The entries of a Bundle. A document or message is kept as a Bundle too: it was signed as a whole."""
    if document.type in _RESPONSES:
        return
    found = [_entry(number, entry) for number, entry in enumerate(document.entry)]
    entries = [entry for entry in found if entry is not None and len(entry.raw) <= MAX_RESOURCE]
    bad = [
        (entry.position, _too_large(f"Bundle.entry[{entry.position}].resource"))
        for entry in found
        if entry is not None and len(entry.raw) > MAX_RESOURCE
    ]
    if document.type in ("document", "message"):
        entries.append(Entry(len(document.entry), raw))
        yield Unit(entries, atomic=True, bad=bad)
    elif document.type == "transaction":
        yield Unit(entries, atomic=True, bad=bad)
    elif document.type == "history":
        # Newest first in the Bundle; facts are appended oldest first.
        yield Unit(entries[::-1], bad=bad)
    else:
        yield Unit(entries, bad=bad)


def _too_large(place: str) -> Problem:
    return Problem("error", "too-costly", place, f"It is larger than {MAX_RESOURCE >> 20} MB.")


def _entry(position: int, entry: _Entry) -> Entry | None:
    if entry.search is not None and entry.search.mode == "outcome":
        return None
    request = entry.request or _Request()
    raw = bytes(entry.resource)
    if not raw and request.method not in ("DELETE", ""):
        # A GET or a PATCH without a resource asks for something; it brings nothing.
        return None
    if not raw and not request.method:
        return None
    return Entry(position, raw, entry.full_url, request.method, request.url, request.if_none_exist)
