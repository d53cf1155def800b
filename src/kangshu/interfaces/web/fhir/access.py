"""From a call to the one door to rows: decide, then a reader or writer limited to the grant."""

from __future__ import annotations

from kangshu.app.platform import Reader, Writer
from kangshu.interfaces.web.fhir.call import Call
from kangshu.interfaces.web.fhir.service import Service
from kangshu.kernel.base.errors import Refused
from kangshu.kernel.policies.definition import Grant, Resource


def grant_for(service: Service, call: Call, action: str, type: str | None) -> Grant:
    """Leave to do `action` with facts of the type (None: of any). Raises Refused."""
    return service.platform.policies.decide(call.principal, action, Resource("fact", type), call.purpose)


def reader_for(service: Service, call: Call, action: str, type: str | None) -> Reader:
    return service.platform.reader(grant_for(service, call, action, type))


def writer_for(service: Service, call: Call, action: str, type: str | None) -> Writer:
    return service.platform.writer(grant_for(service, call, action, type))


def reader_or_none(service: Service, call: Call, action: str, type: str) -> Reader | None:
    """A reader, or None where the policy refuses: what an answer may do without is left out of it."""
    try:
        return reader_for(service, call, action, type)
    except Refused:
        return None
