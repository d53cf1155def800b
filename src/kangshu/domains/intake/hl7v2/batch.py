"""Where one message ends and the next begins: files and batches (FHS, BHS, BTS, FTS) into messages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from kangshu.domains.intake.hl7v2.message import MAX_MESSAGE

# In none of the character sets of table 0211 is CR, LF, VT or FS a part of a longer character.
_START = re.compile(rb"(?:\A(?:\xef\xbb\xbf)?[\s\x0b]*|[\r\n\x0b\x1c]\s*)(?=MSH[^A-Za-z0-9\s])")
_ENVELOPE = re.compile(rb"[\r\n\x0b\x1c]+(?:BTS|FTS|BHS|FHS)[^A-Za-z0-9][^\r\n]*")


_OVERLAP = 64
"""Bytes that are looked at again with the next part: a start may stand across both."""


def messages(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The messages of a file, each from its MSH to its last segment; what stands before the first is none.

    Of one that is too large only so much is given that whoever reads it sees that; the next ones follow.
    """
    held = bytearray()
    begun = False
    for part in parts:
        fresh = max(0, len(held) - _OVERLAP)
        held += part
        starts = [match.end() for match in _START.finditer(held, fresh) if match.end() or not begun]
        for begin, end in pairwise([0, *starts] if begun else starts):
            yield _bare(held[begin:end])
        if starts:
            begun = True
            del held[: starts[-1]]
        if len(held) > MAX_MESSAGE:
            if begun:
                yield bytes(held[: MAX_MESSAGE + 1])
            begun = False
            del held[:-_OVERLAP]
    if begun:
        yield _bare(held)


def _bare(raw: bytearray) -> bytes:
    """A message without the envelope that follows it."""
    found = _ENVELOPE.search(raw)
    bare = raw[: found.start()] if found else raw
    return bytes(bare.strip(b"\r\n\x1c "))
