"""Reading the body of a request within limits, out of its compression."""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import AsyncIterator
from typing import IO

from kangshu.interfaces.web.fhir.outcome import Failure

MAX_BODY = 16 << 20
"""Bytes of one body, unpacked: parsed and indexed, it takes forty times as much. Larger messages go to
/intake/fhir, which reads them from disk piece by piece."""

IN_MEMORY = 1 << 20
"""Bytes of a body that are held in memory while it comes."""

_WINDOW = {"gzip": 31, "x-gzip": 31, "deflate": 15}


async def read_body(
    chunks: AsyncIterator[bytes], encoding: str, declared: str, limit: int = MAX_BODY
) -> IO[bytes]:
    """The whole body, in memory as long as it is small, its position at its end. `declared` is the
    Content-Length. Whoever takes it closes it.

    Raises a 413 Failure as soon as it is over the limit, 415 for an unknown compression, 400 for a
    broken one.
    """
    if declared.isascii() and declared.isdigit() and len(declared) < 20 and int(declared) > limit:
        raise _too_large(limit)
    encoding = encoding.strip().lower()
    if encoding not in ("", "identity", *_WINDOW):
        raise Failure(
            415,
            "not-supported",
            "The Content-Encoding of the body is not supported.",
            remedy="Send gzip, deflate or plain.",
            headers={"Accept-Encoding": "gzip, deflate"},
        )
    # On disk when it is large: a thousand clients that send slowly must not fill the memory.
    body = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the caller closes it
    try:
        if encoding in _WINDOW:
            await _unpacked(chunks, _WINDOW[encoding], limit, body)
        else:
            await _plain(chunks, limit, body)
    except BaseException:
        body.close()
        raise
    return body


async def _plain(chunks: AsyncIterator[bytes], limit: int, body: IO[bytes]) -> None:
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        body.write(chunk)


async def _unpacked(chunks: AsyncIterator[bytes], window: int, limit: int, body: IO[bytes]) -> None:
    """gzip may come in several members, one after the other (RFC 1952, 2.2)."""
    unpacker = zlib.decompressobj(wbits=window)
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
            body.write(part)
            rest = unpacker.unused_data
    if not unpacker.eof:
        raise _broken()


def _broken() -> Failure:
    return Failure(400, "structure", "The compressed body is broken or cut off.", remedy="Send it again.")


def _too_large(limit: int) -> Failure:
    return Failure(
        413,
        "too-long",
        f"The body is larger than {limit >> 20} MiB.",
        remedy="Send several smaller ones, or NDJSON to /intake/fhir.",
    )
