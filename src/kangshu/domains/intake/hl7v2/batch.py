"""Where one message ends and the next begins: files and batches (FHS, BHS, BTS, FTS) into messages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from kangshu.domains.intake.hl7v2.message import MAX_MESSAGE
from kangshu.kernel.base.errors import Problem

# In none of the character sets of table 0211 is CR, LF, VT or FS a part of a longer character.
_START = re.compile(rb"(?:\A(?:\xef\xbb\xbf)?[\s\x0b]*|[\r\n\x0b\x1c]\s*)(?=MSH[^A-Za-z0-9\s])")
_ENVELOPE = re.compile(rb"[\r\n\x0b\x1c]+(?:BTS|FTS|BHS|FHS)[^A-Za-z0-9][^\r\n]*")


_SEGMENT = re.compile(rb"(BTS|FTS|BHS|FHS)([^A-Za-z0-9])([^\r\n]*)")
_OVERLAP = 64
"""Bytes that are looked at again with the next part: a start may stand across both."""


@dataclass(slots=True)
class Envelope:
    """What the envelope says of the messages in it (BTS-1, FTS-1), and how many came."""

    problems: list[Problem] = field(default_factory=list[Problem])
    messages: int = 0
    batches: int = 0
    open: set[str] = field(default_factory=set[str])

    def take(self, raw: bytes) -> None:
        """Segments of the envelope, as they stand between two messages."""
        for name, separator, rest in _SEGMENT.findall(raw):
            said = rest.split(separator)[0].strip()
            if name == b"BTS":
                self._compare("BTS-1", said, self.messages, "messages")
                self.messages, self.batches = 0, self.batches + 1
                self.open.discard("BTS")
            elif name == b"FTS":
                self._compare("FTS-1", said, self.batches, "batches")
                self.batches = 0
                self.open.clear()
            else:
                self.open.add("BTS" if name == b"BHS" else "FTS")

    def _compare(self, place: str, said: bytes, came: int, what: str) -> None:
        if said.isdigit() and len(said) < 10 and int(said) != came:
            told = f"The envelope says {int(said)} {what}, and {came} came."
            self.problems.append(Problem("warning", "structure", place, told))

    def end(self) -> None:
        """Nothing more comes."""
        if self.open:
            name = min(self.open)
            told = f"There is no {name}: the file may have been cut off."
            self.problems.append(Problem("warning", "structure", name, told))


def messages(parts: Iterable[bytes], envelope: Envelope | None = None) -> Iterator[bytes]:
    """The messages of a file, each from its MSH to its last segment; what stands before the first is none.

    Of one that is too large only so much is given that whoever reads it sees that; the next ones follow.
    """
    held = bytearray()
    begun = False
    envelope = envelope or Envelope()
    for part in parts:
        fresh = max(0, len(held) - _OVERLAP)
        held += part
        starts = [match.end() for match in _START.finditer(held, fresh) if match.end() or not begun]
        if starts and not begun:
            envelope.take(bytes(held[: starts[0]]))
        for begin, end in pairwise([0, *starts] if begun else starts):
            yield _bare(held[begin:end], envelope)
        if starts:
            begun = True
            del held[: starts[-1]]
        if len(held) > MAX_MESSAGE:
            if begun:
                envelope.messages += 1
                yield bytes(held[: MAX_MESSAGE + 1])
            begun = False
            del held[:-_OVERLAP]
    if begun:
        yield _bare(held, envelope)
    envelope.end()


def _bare(raw: bytearray, envelope: Envelope) -> bytes:
    """A message without the envelope that follows it."""
    found = _ENVELOPE.search(raw)
    envelope.messages += 1
    if found:
        envelope.take(bytes(raw[found.start() :]))
    bare = raw[: found.start()] if found else raw
    return bytes(bare.strip(b"\r\n\x1c "))
