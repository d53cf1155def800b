"""Messages out of gzip, with a limit on how much larger they may become."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from kangshu.kernel.base.errors import Invalid, Problem, TooCostly

MAX_EXPANSION = 1000
"""How much larger a gzip message may be once unpacked."""


def unpacked(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The bytes of a message, out of gzip if they are in it. Raises `Invalid` or `TooCostly` as it goes."""
    iterator = iter(parts)
    first = b""
    while len(first) < 2 and (part := next(iterator, None)) is not None:
        first += part
    if first[:2] != b"\x1f\x8b":
        yield first
        yield from iterator
        return
    yield from _gunzip(first, iterator)


def _gunzip(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    decoder = zlib.decompressobj(wbits=31)
    read = written = 0
    part: bytes | None = first
    while part is not None:
        read += len(part)
        pending = part
        while pending:
            try:
                out = decoder.decompress(pending, 1 << 20)
            except zlib.error:
                raise _broken_gzip() from None
            written += len(out)
            if written > max(read, 1024) * MAX_EXPANSION:
                raise TooCostly(
                    f"The gzip message unpacks to more than {MAX_EXPANSION} times its size.",
                    remedy="Send it uncompressed, or in several messages.",
                )
            yield out
            pending = decoder.unconsumed_tail
            if decoder.eof:
                pending = decoder.unused_data
                if pending.strip(b"\0"):
                    decoder = zlib.decompressobj(wbits=31)
                else:
                    break
        part = next(rest, None)
    if not decoder.eof:
        raise _broken_gzip()


def _broken_gzip() -> Invalid:
    message = "The gzip message is damaged or cut off."
    return Invalid(
        message, remedy="Send the whole file again.", problems=(Problem("error", "structure", "", message),)
    )
