"""batch: every entry for itself; an entry that fails harms no other.

https://hl7.org/fhir/R4/http.html#transaction
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import orjson

from kangshu.interfaces.web.fhir.bundle_entries import BundleEntry, call_of, quiet, read_entries
from kangshu.interfaces.web.fhir.call import Answer, Call
from kangshu.interfaces.web.fhir.negotiation import http_time
from kangshu.interfaces.web.fhir.outcome import answer_of
from kangshu.interfaces.web.fhir.representation import bundle
from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.base.time import instant

Json = dict[str, Any]


def batch(call: Call, body: Json, respond: Callable[[Call], Answer]) -> Answer:
    """200 with a batch-response; `respond` answers one entry's call."""
    entries = read_entries(body, call.base)
    call = quiet(call)
    answers = [_answer(entry, call, respond) for entry in entries]
    return Answer(200, bundle("batch-response", [response_entry(answer) for answer in answers]))


def response_entry(answer: Answer) -> bytes:
    """The entry of a response Bundle that tells an answer."""
    response: Json = {"status": f"{answer.status} {HTTPStatus(answer.status).phrase}"}
    for name, header in (("location", "Location"), ("etag", "ETag")):
        if header in answer.headers:
            response[name] = answer.headers[header]
    if "Last-Modified" in answer.headers:
        response["lastModified"] = _last_modified(answer)
    if answer.status >= 400:
        return b'{"response":%s}' % _with_outcome(response, answer.body)
    if answer.body.startswith(b'{"resourceType":"OperationOutcome"'):
        return b'{"response":%s}' % _with_outcome(response, answer.body)
    if answer.body:
        return b'{"resource":%s,"response":%s}' % (answer.body, orjson.dumps(response))
    return b'{"response":%s}' % orjson.dumps(response)


def _answer(entry: BundleEntry | Invalid, call: Call, respond: Callable[[Call], Answer]) -> Answer:
    if isinstance(entry, Invalid):
        return answer_of(entry)
    return respond(call_of(entry, call))


def _with_outcome(response: Json, body: bytes) -> bytes:
    return b'%s,"outcome":%s}' % (orjson.dumps(response)[:-1], body) if body else orjson.dumps(response)


def _last_modified(answer: Answer) -> str:
    moment = http_time(answer.headers["Last-Modified"])
    return instant(moment) if moment else ""
