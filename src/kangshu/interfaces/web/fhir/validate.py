"""$validate: what is wrong with a resource, without storing it.

https://hl7.org/fhir/R4/resource-operation-validate.html
"""

from __future__ import annotations

from typing import Any, cast

import orjson

from kangshu.interfaces.web.fhir.access import reader_for, writer_for
from kangshu.interfaces.web.fhir.call import Answer, Call
from kangshu.interfaces.web.fhir.json_text import parse_object, write
from kangshu.interfaces.web.fhir.negotiation import check_json_body
from kangshu.interfaces.web.fhir.outcome import Issue, issue_of, outcome
from kangshu.interfaces.web.fhir.representation import resource
from kangshu.interfaces.web.fhir.service import Service
from kangshu.kernel.base.errors import Invalid

Json = dict[str, Any]

MODES = ("create", "update", "delete", "profile")

_BASE_PROFILE = "http://hl7.org/fhir/StructureDefinition/"


def validate(service: Service, call: Call) -> Answer:
    """200 with an OperationOutcome, whether the resource is valid or not."""
    type, id = call.names.get("type"), call.names.get("id")
    check_json_body(call)
    body, mode, profile = _resource_mode_and_profile(call)
    if mode not in ("", *MODES):
        raise Invalid("The mode is not one of " + ", ".join(MODES) + ".", code="value")
    if mode == "delete" or not body:
        if type is None or id is None:
            raise Invalid("There is nothing to validate.", remedy="Send a resource.", code="required")
        fact = reader_for(service, call, "read", type).read(type, id)
        body = resource(fact)
    writer = writer_for(service, call, "validate", type)
    issues = [issue_of(problem) for problem in writer.validate(body, type)]
    issues += _about_identity(body, mode, id)
    issues += _about_profile(body, profile)
    if not issues:
        issues = [Issue("information", "informational", "No problem was found.")]
    return Answer(200, orjson.dumps(outcome(issues)))


def _resource_mode_and_profile(call: Call) -> tuple[bytes, str, str]:
    """The resource to look at (b"" for the stored one), the mode and the profile, from body or URL."""
    mode, profile = call.param("mode"), call.param("profile")
    if not call.body.strip():
        return b"", mode, profile
    body = parse_object(call.body)
    if body.get("resourceType") != "Parameters" or call.names.get("type") == "Parameters":
        return call.body, mode, profile
    found = b""
    for item in _parameters(body):
        if item.get("name") == "resource" and isinstance(item.get("resource"), dict):
            found = write(item["resource"])
        elif item.get("name") == "mode":
            mode = str(item.get("valueCode", item.get("valueString", "")))
        elif item.get("name") == "profile":
            profile = str(item.get("valueUri", item.get("valueCanonical", "")))
    return found, mode, profile


def _parameters(body: Json) -> list[Json]:
    items = body.get("parameter", [])
    if not isinstance(items, list):
        raise Invalid("Parameters.parameter is not a list.", code="structure")
    return [cast(Json, item) for item in cast("list[Any]", items) if isinstance(item, dict)]


def _about_profile(body: bytes, profile: str) -> list[Issue]:
    """Only the base definitions are checked: whoever asks for more is told so."""
    if not profile or profile.partition("|")[0] == f"{_BASE_PROFILE}{parse_object(body).get('resourceType')}":
        return []
    return [
        Issue(
            "warning",
            "not-supported",
            "The resource was checked against the base definition of its type only, not against the profile.",
        )
    ]


def _about_identity(body: bytes, mode: str, id: str | None) -> list[Issue]:
    own = parse_object(body).get("id")
    if mode == "create" and own is not None:
        return [Issue("information", "informational", "A create ignores the id of the resource.", "id")]
    if mode == "update" and own is None:
        return [Issue("error", "required", "An update needs the id of the resource.", "id")]
    if id is not None and own not in (None, id):
        return [Issue("error", "value", "The id is not that of the address.", "id")]
    return []
