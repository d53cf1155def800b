"""Intake by HTTP: messages of an institution, of any size, journalled before they are answered.

POST /intake/fhir?source=<institution> with a resource, a Bundle of any type, NDJSON or a CDA document,
plain or gzip.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import IO

import orjson

from kangshu.domains.intake.reading import Media
from kangshu.domains.intake.source import parse_source
from kangshu.interfaces.web.fhir.call import Answer, Call
from kangshu.interfaces.web.fhir.negotiation import (
    CDA_TYPES,
    JSON_TYPES,
    NDJSON_TYPES,
    check_charset,
    media_of,
)
from kangshu.interfaces.web.fhir.outcome import Failure
from kangshu.interfaces.web.fhir.service import Service
from kangshu.kernel.base.errors import Invalid, Problem, Refused
from kangshu.kernel.policies.definition import Grant, Resource

MAX_MESSAGE = 2 << 30
"""Bytes of one message as it is sent."""

_CHUNK = 1 << 20
_PACKED = frozenset({"application/gzip", "application/x-gzip", "application/octet-stream", ""})


async def spool(chunks: AsyncIterator[bytes]) -> IO[bytes]:
    """The message in a temporary file. Raises a 413 Failure when it is over the limit."""
    stream = tempfile.TemporaryFile()  # noqa: SIM115 - the handler closes it
    try:
        await _write(stream, chunks)
    except BaseException:
        stream.close()
        raise
    stream.seek(0)
    return stream


async def _write(stream: IO[bytes], chunks: AsyncIterator[bytes]) -> None:
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > MAX_MESSAGE:
            raise Failure(413, "too-long", f"The message is larger than {MAX_MESSAGE >> 30} GiB.")
        stream.write(chunk)


@dataclass(frozen=True, slots=True)
class Admitted:
    """A message that may come, before it comes."""

    grant: Grant
    source: str
    media: Media | None


def admitted(service: Service, call: Call) -> Admitted:
    """Whether the message may come: asked before gigabytes of it are taken. Raises Refused, Invalid."""
    media = _media(call)
    source = call.param("source") or call.principal.org or ""
    if not source:
        problem = Problem("error", "required", "source", "The source institution is not named.")
        raise Invalid(problem.message, remedy="Add ?source=<institution code>.", problems=(problem,))
    parse_source(source)
    if call.principal.org is not None and source != call.principal.org:
        raise Refused("Messages can be sent for the own institution only.")
    grant = service.platform.policies.decide(
        call.principal, "create", Resource("fact", org=source), call.purpose
    )
    if grant.scope.types is not None:
        raise Refused(
            "A message may bring facts of any type; the token names some only.", code="insufficient-scope"
        )
    return Admitted(grant, source, media)


def intake(service: Service, message: Admitted, stream: IO[bytes]) -> Answer:
    """200 with counts by type: received, stored, unchanged, quarantined."""
    tally = service.platform.intake.receive(
        message.grant, message.source, _Spooled(stream), media=message.media
    )
    return Answer(200, orjson.dumps(tally.as_json()), media="application/json")


def _media(call: Call) -> Media | None:
    media = media_of(call)
    encoding = call.header("content-encoding").strip().lower()
    if encoding not in ("", "identity", "gzip"):
        raise Failure(
            415, "not-supported", "The Content-Encoding is not supported.", remedy="Send gzip or plain."
        )
    if media in CDA_TYPES:
        # The XML declaration says what the encoding is.
        return "cda"
    check_charset(call)
    if media in JSON_TYPES:
        return "json"
    if media in NDJSON_TYPES:
        return "ndjson"
    if media in _PACKED:
        return None
    raise Failure(
        415,
        "not-supported",
        "The Content-Type is not supported here.",
        remedy="Send application/fhir+json, application/fhir+ndjson or application/hl7-cda+xml.",
    )


@dataclass(frozen=True, slots=True)
class _Spooled:
    """The bytes of a spooled message, as often as they are asked for."""

    stream: IO[bytes]

    def __iter__(self) -> Iterator[bytes]:
        self.stream.seek(0)
        while chunk := self.stream.read(_CHUNK):
            yield chunk
