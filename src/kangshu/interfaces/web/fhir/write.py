"""create, update and delete, with their conditional forms.

https://hl7.org/fhir/R4/http.html#create
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from kangshu.domains.intake.change import Change
from kangshu.interfaces.web.fhir.access import grant_for, reader_for
from kangshu.interfaces.web.fhir.call import Answer, Call
from kangshu.interfaces.web.fhir.changes import store
from kangshu.interfaces.web.fhir.conditional import criteria_of, match, matches
from kangshu.interfaces.web.fhir.json_text import parse_object, write
from kangshu.interfaces.web.fhir.negotiation import (
    check_json_body,
    etag,
    http_date,
    if_match,
    preferred_return,
)
from kangshu.interfaces.web.fhir.outcome import Failure, done
from kangshu.interfaces.web.fhir.read import version_headers
from kangshu.interfaces.web.fhir.representation import resource
from kangshu.interfaces.web.fhir.service import Service
from kangshu.kernel.base.errors import Conflict, Invalid
from kangshu.kernel.facts.condition import name_of
from kangshu.kernel.facts.definition import Fact, Outcome

Json = dict[str, Any]

ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")

MAX_DELETED = 1000
"""Resources one conditional delete may remove."""


def create(service: Service, call: Call) -> Answer:
    """201, or 200 when `If-None-Exist` finds what is there already."""
    check_json_body(call)
    check_type(parse_object(call.body), call.type)
    condition = call.header("if-none-exist")
    if condition:
        criteria = criteria_of(condition)
        with service.platform.turns.held([name_of(call.type, criteria)]):
            found = match(service, call, call.type, criteria)
            return existing(call, found) if found else _created(service, call)
    return _created(service, call)


def _created(service: Service, call: Call) -> Answer:
    (outcome,) = apply(service, call, "create", [Change(call.type, None, call.body)])
    return written(service, call, outcome)


def update(service: Service, call: Call) -> Answer:
    """200, or 201 when nothing was there."""
    check_json_body(call)
    body = parse_object(call.body)
    check_type(body, call.type)
    check_id(body, call.id)
    (outcome,) = apply(
        service, call, "update", [Change(call.type, call.id, call.body, expected_version(call))]
    )
    return written(service, call, outcome)


def conditional_update(service: Service, call: Call) -> Answer:
    check_json_body(call)
    body = parse_object(call.body)
    check_type(body, call.type)
    with service.platform.turns.held([name_of(call.type, call.params)]):
        return _updated_where(service, call, body)


def _updated_where(service: Service, call: Call, body: Json) -> Answer:
    found = match(service, call, call.type, call.params)
    own = own_id(body)
    if found is None:
        # With an id of its own, update as create: nothing may be there under it.
        change = Change(call.type, own, call.body, 0 if own else None)
    else:
        if own not in (None, found.id):
            raise id_mismatch("the resource that matches")
        change = Change(call.type, found.id, with_id(body, found.id), expected_version(call) or found.version)
    (outcome,) = apply(service, call, "update" if found else "create", [change])
    return written(service, call, outcome)


def delete(service: Service, call: Call) -> Answer:
    """204, also when nothing was there."""
    service.platform.pack_facts.refuse_writing(call.type, call.id)
    (outcome,) = store_one_type(
        service, call, "delete", [Change(call.type, call.id, None, expected_version(call))]
    )
    if outcome is None:
        return deleted(call, 0)
    return deleted(call, 1, {"ETag": etag(outcome.version)})


def conditional_delete(service: Service, call: Call) -> Answer:
    """Everything that matches, at once or not at all."""
    found = matches(service, call, call.type, call.params, limit=MAX_DELETED + 1)
    if len(found) > MAX_DELETED:
        raise Failure(
            412,
            "too-costly",
            f"The criteria match more than {MAX_DELETED} resources.",
            remedy="Delete with narrower criteria.",
        )
    if found:
        apply(service, call, "delete", [Change(fact.type, fact.id, None, fact.version) for fact in found])
    return deleted(call, len(found))


def apply(service: Service, call: Call, action: str, changes: Sequence[Change]) -> list[Outcome]:
    """Store changes of one type under one grant; none of them the deletion of what is not there.

    Raises a 422 Failure when a resource is well-formed JSON but not acceptable, a 412 Failure when
    the version the caller named is not the current one.
    """
    return [outcome for outcome in store_one_type(service, call, action, changes) if outcome is not None]


def store_one_type(
    service: Service, call: Call, action: str, changes: Sequence[Change]
) -> list[Outcome | None]:
    """Like `apply`, with None for the deletion of what is not there."""
    grant = grant_for(service, call, action, call.type)
    try:
        return store(service, call, grant, changes)
    except Conflict as error:
        raise conflict(call, error) from None


def conflict(call: Call, error: Conflict) -> Failure:
    status = 412 if call.header("if-match") or call.header("if-none-match") else 409
    return Failure(status, "conflict", error.message, remedy=error.remedy)


def expected_version(call: Call) -> int | None:
    """The version that must be current: `If-Match`, or none at all with `If-None-Match: *`."""
    return 0 if call.header("if-none-match").strip() == "*" else if_match(call)


def written(service: Service, call: Call, outcome: Outcome) -> Answer:
    """The answer to a write, in the form the client prefers."""
    status = 201 if outcome.done == "created" else 200
    headers = outcome_headers(call, outcome)
    wanted = preferred_return(call)
    if wanted == "minimal":
        return Answer(status, b"", headers)
    if wanted == "OperationOutcome":
        return Answer(status, done(f"{outcome.type} {outcome.done}."), headers)
    fact = reader_for(service, call, "read", outcome.type).vread(outcome.type, outcome.id, outcome.version)
    return Answer(status, resource(fact), headers)


def existing(call: Call, fact: Fact) -> Answer:
    """200 with what a conditional create found."""
    headers = {**version_headers(fact), "Location": version_address(call, fact.type, fact.id, fact.version)}
    wanted = preferred_return(call)
    if wanted == "minimal":
        return Answer(200, b"", headers)
    return Answer(
        200, done("It exists already.") if wanted == "OperationOutcome" else resource(fact), headers
    )


def deleted(call: Call, count: int, headers: dict[str, str] | None = None) -> Answer:
    if preferred_return(call) == "OperationOutcome":
        return Answer(200, done(f"Deleted: {count}."), headers or {})
    return Answer(204, b"", headers or {})


def outcome_headers(call: Call, outcome: Outcome) -> dict[str, str]:
    return {
        "ETag": etag(outcome.version),
        "Last-Modified": http_date(outcome.recorded_at),
        "Location": version_address(call, outcome.type, outcome.id, outcome.version),
    }


def version_address(call: Call, type: str, id: str, version: int) -> str:
    return f"{call.base}/{type}/{id}/_history/{version}"


def check_type(body: Json, type: str) -> None:
    if body.get("resourceType") != type:
        raise Invalid.at(
            f"{type}.resourceType", f"The body is not a {type}, as the address says.", "structure"
        )


def check_id(body: Json, id: str) -> None:
    if body.get("id") is None:
        raise Invalid.at("id", "The body has no id.", "required")
    if body["id"] != id:
        raise id_mismatch("the address")


def own_id(body: Json) -> str | None:
    """The id that the body brings, None for none. Raises Invalid when it is not a FHIR id."""
    id = body.get("id")
    if id is not None and (not isinstance(id, str) or not ID.fullmatch(id)):
        raise Invalid.at("id", "The id is not 1 to 64 letters, digits, '-' or '.'.", "value")
    return id


def id_mismatch(where: str) -> Invalid:
    return Invalid.at("id", f"The id of the body is not that of {where}.", "value")


def with_id(body: Json, id: str) -> bytes:
    """The body with an id put after its type; numbers as they came."""
    return write(
        {"resourceType": body["resourceType"], "id": id, **{k: v for k, v in body.items() if k != "id"}}
    )
