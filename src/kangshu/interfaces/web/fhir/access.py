"""From a call to the one door to rows: decide, then a reader or writer limited to the grant."""

from __future__ import annotations

from kangshu.app.writer import Writer
from kangshu.interfaces.web.fhir.call import Call
from kangshu.interfaces.web.fhir.service import Service
from kangshu.kernel.base.errors import Refused
from kangshu.kernel.facts.reader import Reader
from kangshu.kernel.policies.definition import Grant, Resource

NOBODY = 0
"""The number of no person: theirs begin at 1."""

_ABOUT_ONE = ("patient", "subject")
"""Search parameters that name the one patient a search is about."""


def grant_for(service: Service, call: Call, action: str, type: str | None) -> Grant:
    """Leave to do `action` with facts of the type (None: of any). Raises Refused."""
    resource = _about(service, call, type)
    return service.platform.policies.decide(call.principal, action, resource, call.purpose)


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


def _about(service: Service, call: Call, type: str | None) -> Resource:
    """What is asked for; if it is about one person, with the institutions that have them in their care.

    Only who belongs to an institution can stand in such a relation.
    """
    if call.principal.org is None:
        return Resource("fact", type)
    platform = service.platform
    patient = _patient_of(service, call)
    if patient:
        person = platform.person_of(platform.catalogue.subject_type, patient)
    elif "id" in call.names and "type" in call.names:
        person = platform.person_of_fact(call.type, call.id)
    else:
        return Resource("fact", type)
    # Also for nobody: how long the answer takes must not tell whether there is a person.
    care = platform.care_orgs(NOBODY if person is None else person)
    if person is None:
        return Resource("fact", type)
    return Resource("fact", type, person=person, attributes={"care_orgs": care})


def _patient_of(service: Service, call: Call) -> str:
    """The id of the one patient that the address or a parameter names, "" for none."""
    subject = service.platform.catalogue.subject_type
    if subject in (call.names.get("owner"), call.names.get("type")) and "id" in call.names:
        return call.names["id"]
    named = {value for name, value in call.params if name in _ABOUT_ONE}
    if len(named) != 1:
        return ""
    return named.pop().removeprefix(f"{subject}/")
