"""read and vread. https://hl7.org/fhir/R4/http.html#read"""

from __future__ import annotations

from kangshu.interfaces.web.fhir.access import reader_for
from kangshu.interfaces.web.fhir.call import Answer, Call
from kangshu.interfaces.web.fhir.negotiation import etag, http_date, is_unchanged
from kangshu.interfaces.web.fhir.representation import resource
from kangshu.interfaces.web.fhir.service import Service
from kangshu.interfaces.web.fhir.subset import parse_subset
from kangshu.kernel.base.errors import NotFound
from kangshu.kernel.facts.definition import Fact


def read(service: Service, call: Call) -> Answer:
    fact = reader_for(service, call, "read", call.type).read(call.type, call.id)
    return fact_answer(service, call, fact)


def vread(service: Service, call: Call) -> Answer:
    version = call.names["version"]
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        raise NotFound("There is no such version.", remedy="See the history of the resource.")
    fact = reader_for(service, call, "read", call.type).vread(call.type, call.id, int(version))
    return fact_answer(service, call, fact)


def fact_answer(service: Service, call: Call, fact: Fact) -> Answer:
    """200 with the resource, or 304 when the client has it already."""
    if is_unchanged(call, fact.version, fact.recorded_at):
        return Answer(304, headers=version_headers(fact))
    subset = parse_subset(call, service.elements)
    body = resource(fact)
    return Answer(200, subset.apply(fact.type, body) if subset else body, version_headers(fact))


def version_headers(fact: Fact) -> dict[str, str]:
    return {"ETag": etag(fact.version), "Last-Modified": http_date(fact.recorded_at)}
