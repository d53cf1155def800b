"""Where one message ends and the next begins: files and batches (FHS, BHS, BTS, FTS) into messages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from kangshu.domains.intake.hl7v2.message import MAX_MESSAGE
from kangshu.kernel.base.errors import TooCostly

# In none of the character sets of table 0211 is CR, LF, VT or FS a part of a longer character.
_START = re.compile(rb"(?:\A(?:\xef\xbb\xbf)?[\s\x0b]*|[\r\n\x0b\x1c]\s*)(?=MSH[^A-Za-z0-9\s])")
_ENVELOPE = re.compile(rb"[\r\n\x0b\x1c]+(?:BTS|FTS|BHS|FHS)[^A-Za-z0-9][^\r\n]*")


def messages(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The messages of a file, each from its MSH to its last segment; what stands before the first is none.

    Raises `TooCostly` when one does not end.
    """
    held = b""
    for part in parts:
        held += part
        starts = [match.end() for match in _START.finditer(held)]
        for begin, end in pairwise(starts):
            yield _bare(held[begin:end])
        if starts:
            held = held[starts[-1] :]
        if len(held) > MAX_MESSAGE:
            raise TooCostly(
                f"A message is larger than {MAX_MESSAGE >> 20} MB.", remedy="Send it in smaller messages."
            )
    if held.startswith(b"MSH"):
        yield _bare(held)


def _bare(raw: bytes) -> bytes:
    """A message without the envelope that follows it."""
    found = _ENVELOPE.search(raw)
    bare = raw[: found.start()] if found else raw
    return bare.strip(b"\r\n\x1c ")
