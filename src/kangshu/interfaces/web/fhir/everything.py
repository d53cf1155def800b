"""Patient/$everything: what is known of one patient, and what that refers to.

https://hl7.org/fhir/R4/patient-operation-everything.html
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from kangshu.interfaces.web.fhir.access import reader_for
from kangshu.interfaces.web.fhir.call import Answer, Call
from kangshu.interfaces.web.fhir.history import moment_param, span_param
from kangshu.interfaces.web.fhir.includes import include
from kangshu.interfaces.web.fhir.paging import page_links
from kangshu.interfaces.web.fhir.representation import bundle, match_entry, resource
from kangshu.interfaces.web.fhir.service import Service
from kangshu.interfaces.web.fhir.shape import MAX_COUNT, Include, parse_shape
from kangshu.kernel.base.errors import Invalid, Problem
from kangshu.kernel.facts.definition import Fact
from kangshu.kernel.facts.search.query import Tokens
from kangshu.kernel.facts.search.request import parse_query

_EVERY_REFERENCE = (Include("forward", "*", "*", "", iterate=False),)


def everything(service: Service, call: Call) -> Answer:
    """A searchset: the patient first, then its compartment, then what these refer to, page by page."""
    call = call.with_names({"type": "Patient", "id": call.id})
    shape = parse_shape(call)
    wanted = _types(service, call)
    patient = reader_for(service, call, "read", "Patient").read("Patient", call.id)
    since = call.param("_since").replace(" ", "+")
    moment_param(call, "_since")
    query = parse_query(
        service.platform.catalogue,
        tuple(wanted),
        [("_lastUpdated", f"ge{since}")] if since else [],
        count=shape.count if call.param("_count") else MAX_COUNT,
        cursor=shape.cursor,
        total="none",
    )
    query = replace(query, where=(Tokens((f"@Patient/{call.id}",)), *query.where))
    page = reader_for(service, call, "search", None).search(query)
    start, end = moment_param(call, "start"), span_param(call, "end")
    found = [fact for fact in page.facts if fact.type != "Patient" and _happened_within(fact, start, end)]
    first = [patient] if shape.cursor is None and "Patient" in wanted else []
    related = (
        include(service, call, [patient, *found], _EVERY_REFERENCE).facts.values() if found or first else ()
    )
    others = [fact for fact in related if fact.type != "Patient" and not _asked_otherwise(call, fact)]
    entries = [
        match_entry(call.base, f"{fact.type}/{fact.id}", resource(fact), "match") for fact in (*first, *found)
    ]
    entries += [
        match_entry(call.base, f"{fact.type}/{fact.id}", resource(fact), "include") for fact in others
    ]
    where = f"{call.base}/Patient/{call.id}/$everything"
    links = page_links(where, call.params, shape.trail, page.next)
    return Answer(200, bundle("searchset", entries, links=links))


def _types(service: Service, call: Call) -> list[str]:
    """The types of `_type`, else the patient's own and those of its compartment."""
    catalogue = service.platform.catalogue
    asked = list(dict.fromkeys(call.values("_type")))
    if any(name not in catalogue.types for name in asked):
        problem = Problem("error", "value", "_type", "_type names a type that there is not.")
        raise Invalid(problem.message, problems=(problem,))
    return asked or [name for name, type in catalogue.types.items() if type.subjects]


def _asked_otherwise(call: Call, fact: Fact) -> bool:
    asked = call.values("_type")
    return bool(asked) and fact.type not in asked


def _happened_within(fact: Fact, start: datetime | None, end: tuple[datetime, datetime] | None) -> bool:
    """Whether it belongs to the dates asked for. What has no date belongs to every time."""
    if fact.happened is None:
        return True
    return (start is None or fact.happened >= start) and (end is None or fact.happened < end[1])
