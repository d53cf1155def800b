"""Reading the body of a request within limits, out of its compression."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator

from kangshu.interfaces.web.fhir.outcome import Failure

MAX_BODY = 16 << 20
"""Bytes of one body, unpacked: parsed and indexed, it takes forty times as much. Larger messages go to
/intake/fhir, which reads them from disk piece by piece."""

_WINDOW = {"gzip": 31, "x-gzip": 31, "deflate": 15}


async def read_body(
    chunks: AsyncIterator[bytes], encoding: str, declared: str, limit: int = MAX_BODY
) -> bytes:
    """The whole body. `declared` is the Content-Length.

    Raises a 413 Failure as soon as it is over the limit, 415 for an unknown compression, 400 for a
    broken one.
    """
    if declared.isascii() and declared.isdigit() and len(declared) < 20 and int(declared) > limit:
        raise _too_large(limit)
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return await _plain(chunks, limit)
    if encoding not in _WINDOW:
        raise Failure(
            415,
            "not-supported",
            "The Content-Encoding of the body is not supported.",
            remedy="Send gzip, deflate or plain.",
            headers={"Accept-Encoding": "gzip, deflate"},
        )
    return await _unpacked(chunks, _WINDOW[encoding], limit)


async def _plain(chunks: AsyncIterator[bytes], limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        parts.append(chunk)
    return b"".join(parts)


async def _unpacked(chunks: AsyncIterator[bytes], window: int, limit: int) -> bytes:
    """gzip may come in several members, one after the other (RFC 1952, 2.2)."""
    unpacker = zlib.decompressobj(wbits=window)
    parts: list[bytes] = []
    size = 0
    async for chunk in chunks:
        rest = chunk
        while rest:
            if unpacker.eof:
                unpacker = zlib.decompressobj(wbits=window)
            try:
                part = unpacker.decompress(rest, limit - size + 1)
            except zlib.error:
                raise _broken() from None
            size += len(part)
            if size > limit or unpacker.unconsumed_tail:
                raise _too_large(limit)
            parts.append(part)
            rest = unpacker.unused_data
    if not unpacker.eof:
        raise _broken()
    return b"".join(parts)


def _broken() -> Failure:
    return Failure(400, "structure", "The compressed body is broken or cut off.", remedy="Send it again.")


def _too_large(limit: int) -> Failure:
    return Failure(
        413,
        "too-long",
        f"The body is larger than {limit >> 20} MiB.",
        remedy="Send several smaller ones, or NDJSON to /intake/fhir.",
    )
