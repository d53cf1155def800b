"""history of a resource, of a type, and of everything.

https://hl7.org/fhir/R4/http.html#history
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import orjson

from kangshu.interfaces.web.fhir.access import reader_for
from kangshu.interfaces.web.fhir.call import Answer, Call
from kangshu.interfaces.web.fhir.negotiation import etag
from kangshu.interfaces.web.fhir.paging import page_links, pages_told
from kangshu.interfaces.web.fhir.representation import bundle, resource
from kangshu.interfaces.web.fhir.service import Service
from kangshu.interfaces.web.fhir.shape import parse_shape
from kangshu.interfaces.web.fhir.subset import Subset, parse_subset
from kangshu.kernel.base.errors import Invalid, NotFound, Problem
from kangshu.kernel.base.time import instant
from kangshu.kernel.facts.dates import stretch
from kangshu.kernel.facts.definition import Fact

Span = tuple[datetime, datetime]


def history_instance(service: Service, call: Call) -> Answer:
    return _history(service, call, call.type, call.id)


def history_type(service: Service, call: Call) -> Answer:
    return _history(service, call, call.type, None)


def history_system(service: Service, call: Call) -> Answer:
    return _history(service, call, None, None)


def _history(service: Service, call: Call, type: str | None, id: str | None) -> Answer:
    shape = parse_shape(call)
    since = moment_param(call, "_since")
    at = span_param(call, "_at")
    subset = parse_subset(call, service.elements)
    reader = reader_for(service, call, "history", type)
    with pages_told():
        page = reader.history(
            type=type, id=id, since=since, at=at, count=shape.count or 1, cursor=shape.cursor
        )
    if id is not None and not page.facts and since is None and at is None and shape.cursor is None:
        raise NotFound(f"There is no such {type}.")
    path = "/".join(part for part in (type, id, "_history") if part)
    links = page_links(f"{call.base}/{path}", call.params, shape.trail, page.next)
    entries = [] if shape.only_total else [_entry(call, fact, subset) for fact in page.facts]
    return Answer(200, bundle("history", entries, total=page.total, links=links))


def _entry(call: Call, fact: Fact, subset: Subset | None) -> bytes:
    where = f"{fact.type}/{fact.id}"
    parts = [b'{"fullUrl":%s' % orjson.dumps(f"{call.base}/{where}")]
    if not fact.deleted:
        body = resource(fact)
        parts.append(b',"resource":' + (subset.apply(fact.type, body) if subset else body))
    # How a version came is not kept; PUT and DELETE are what repeats it under the same address.
    method = "DELETE" if fact.deleted else "PUT"
    status = "204" if fact.deleted else ("201" if fact.version == 1 else "200")
    parts.append(b',"request":%s' % orjson.dumps({"method": method, "url": where}))
    response = {"status": status, "etag": etag(fact.version), "lastModified": instant(fact.recorded_at)}
    parts.append(b',"response":%s}' % orjson.dumps(response))
    return b"".join(parts)


def moment_param(call: Call, name: str) -> datetime | None:
    """The first moment that a parameter with an instant or a date names, None when it was not sent."""
    span = span_param(call, name)
    return span[0] if span else None


def span_param(call: Call, name: str) -> Span | None:
    """The stretch of time, from … until before …, that a parameter names."""
    # A bare `+` in a URL is a space: 2024-01-01T00:00:00+08:00 arrives broken when it was not encoded.
    text = call.param(name).replace(" ", "+")
    if not text:
        return None
    span = stretch(text, UTC)
    if span is None:
        problem = Problem("error", "value", name, f"{name} is not an instant such as 2024-05-01T08:00:00Z.")
        raise Invalid(problem.message, problems=(problem,))
    return _moment(span[0]), _moment(span[1])


def _moment(seconds: float) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
