"""Stored bytes to answered bytes, without parsing: numbers, order and spelling stay as they came."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import orjson

from kangshu.kernel.base.time import instant
from kangshu.kernel.facts.definition import Fact

_META = b',"meta":{'


def resource(fact: Fact) -> bytes:
    """The body of a fact with its versionId and lastUpdated put into `meta`.

    Relies on the canonical start of a stored body (see `kernel.facts.definition.Draft`).
    """
    start = len(fact.type) + len(fact.id) + 26
    body = fact.body
    columns = b'"versionId":"%d","lastUpdated":"%s"' % (
        fact.version,
        instant(fact.recorded_at).encode(),
    )
    if body.startswith(_META, start):
        rest = body[start + len(_META) :]
        comma = b"" if rest.startswith(b"}") else b","
        return b"".join((body[:start], _META, columns, comma, rest))
    return b"".join((body[:start], _META, columns, b"}", body[start:]))


def address(fact: Fact) -> str:
    return f"{fact.type}/{fact.id}"


def match_entry(base: str, where: str, body: bytes, mode: str) -> bytes:
    """An entry of a searchset. `where` is `Type/id`, `mode` match, include or outcome."""
    return b'{"fullUrl":%s,"resource":%s,"search":{"mode":"%s"}}' % (
        orjson.dumps(f"{base}/{where}"),
        body,
        mode.encode(),
    )


def outcome_entry(body: bytes) -> bytes:
    """An entry of a searchset that carries an OperationOutcome."""
    return b'{"resource":%s,"search":{"mode":"outcome"}}' % body


def bundle(
    kind: str,
    entries: Sequence[bytes],
    *,
    total: int | None = None,
    links: Sequence[tuple[str, str]] = (),
    timestamp: datetime | None = None,
    subsetted: bool = False,
) -> bytes:
    """A Bundle from entries that are JSON texts already. `links` are (relation, address) pairs."""
    parts = [b'{"resourceType":"Bundle"']
    if subsetted:
        parts.append(b',"meta":{"tag":[%s]}' % SUBSETTED)
    parts.append(b',"type":"%s"' % kind.encode())
    if timestamp is not None:
        parts.append(b',"timestamp":"%s"' % instant(timestamp).encode())
    if total is not None:
        parts.append(b',"total":%d' % total)
    if links:
        parts.append(
            b',"link":%s' % orjson.dumps([{"relation": name, "url": where} for name, where in links])
        )
    if entries:
        parts.append(b',"entry":[%s]' % b",".join(entries))
    parts.append(b"}")
    return b"".join(parts)


SUBSETTED = (
    b'{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue",'
    b'"code":"SUBSETTED","display":"subsetted"}'
)
"""The tag of a resource that is not given whole, https://hl7.org/fhir/R4/search.html#summary"""
