"""patch by JSON Patch (RFC 6902), by FHIRPath Patch and by JSON Merge Patch (RFC 7396).

https://hl7.org/fhir/R4/http.html#patch
"""

from __future__ import annotations

from typing import Any, cast

import jsonpatch
import jsonpointer

from kangshu.domains.intake.change import Change
from kangshu.interfaces.web.fhir.access import reader_for
from kangshu.interfaces.web.fhir.call import Answer, Call
from kangshu.interfaces.web.fhir.conditional import match
from kangshu.interfaces.web.fhir.elements import Elements
from kangshu.interfaces.web.fhir.fhirpath_patch import apply_fhirpath_patch
from kangshu.interfaces.web.fhir.json_text import parse, parse_object, write
from kangshu.interfaces.web.fhir.merge_patch import MEDIA_TYPE as MERGE_TYPE
from kangshu.interfaces.web.fhir.merge_patch import apply_merge_patch
from kangshu.interfaces.web.fhir.negotiation import JSON_TYPES, PATCH_TYPE, check_charset, if_match, media_of
from kangshu.interfaces.web.fhir.outcome import Failure
from kangshu.interfaces.web.fhir.representation import resource
from kangshu.interfaces.web.fhir.service import Service
from kangshu.interfaces.web.fhir.write import apply, written
from kangshu.kernel.base.errors import Conflict, Invalid, NotFound
from kangshu.kernel.facts.definition import Fact

Json = dict[str, Any]

MAX_OPERATIONS = 1000
MAX_COPIES = 10
"""`copy` operations of one patch: each can double the document."""

MAX_TRIES = 20
"""Times a patch without If-Match is applied anew because another writer was first."""


def patch(service: Service, call: Call) -> Answer:
    check_patch_media(call)
    service.platform.pack_facts.refuse_writing(call.type, call.id)
    reader = reader_for(service, call, "read", call.type)
    for attempt in range(MAX_TRIES):
        fact = reader.read(call.type, call.id)
        try:
            return _patch_fact(service, call, fact)
        except Failure as error:
            if error.status != 409 or attempt == MAX_TRIES - 1:
                raise
    raise Conflict("The resource is being changed by others.", remedy="Try again.")


def conditional_patch(service: Service, call: Call) -> Answer:
    check_patch_media(call)
    fact = match(service, call, call.type, call.params)
    if fact is None:
        raise NotFound("The criteria match nothing.", remedy="Create the resource first.")
    return _patch_fact(service, call, fact)


def patched(elements: Elements, fact: Fact, media: str, text: bytes) -> bytes:
    """The body of a fact, changed. Raises Invalid when the patch is none, a 422 Failure when it fails."""
    before = parse_object(resource(fact))
    after = _apply_json_patch(before, text) if media == PATCH_TYPE else _apply_object(before, text, elements)
    if after.get("resourceType") != fact.type or after.get("id") != fact.id:
        raise Failure(422, "business-rule", "A patch must leave resourceType and id as they are.")
    return write(after)


def check_patch_media(call: Call) -> None:
    """Raises a 415 Failure that names the forms of patch there are."""
    media = media_of(call)
    if media not in (PATCH_TYPE, MERGE_TYPE) and media not in JSON_TYPES:
        raise Failure(
            415,
            "not-supported",
            "The Content-Type of the patch is not supported.",
            remedy=f"Send {PATCH_TYPE}, or a Parameters resource as application/fhir+json.",
            headers={"Accept-Patch": f"{PATCH_TYPE}, application/fhir+json, {MERGE_TYPE}"},
        )
    check_charset(call)


def _patch_fact(service: Service, call: Call, fact: Fact) -> Answer:
    expected = if_match(call)
    if expected not in (None, fact.version):
        raise Failure(412, "conflict", "The version in If-Match is not the current one.")
    body = patched(service.elements, fact, media_of(call), call.body)
    (outcome,) = apply(service, call, "update", [Change(fact.type, fact.id, body, fact.version)])
    return written(service, call, outcome)


def _apply_object(before: Json, text: bytes, elements: Elements) -> Json:
    """A Parameters resource is a FHIRPath patch; any other object is merged in."""
    patch = parse_object(text)
    if patch.get("resourceType") == "Parameters" and before["resourceType"] != "Parameters":
        return _apply_fhirpath(before, patch, elements)
    return apply_merge_patch(before, {name: value for name, value in patch.items() if name != "meta"})


def _apply_fhirpath(before: Json, patch: Json, elements: Elements) -> Json:
    try:
        return apply_fhirpath_patch(before, patch, elements)
    except Invalid as error:
        status = 400 if error.code in ("structure", "too-costly") else 422
        raise Failure(status, error.code, error.message, remedy=error.remedy) from None


def _apply_json_patch(before: Json, text: bytes) -> Json:
    operations = parse(text)
    _check_operations(operations)
    try:
        after = jsonpatch.JsonPatch(operations).apply(before)
    except jsonpatch.JsonPatchTestFailed:
        raise Failure(422, "business-rule", "A test operation of the patch failed.") from None
    except (jsonpatch.InvalidJsonPatch, jsonpatch.JsonPatchException) as error:
        invalid = isinstance(error, jsonpatch.InvalidJsonPatch)
        raise Failure(
            400 if invalid else 422, "invalid", "The patch cannot be applied: an operation is wrong."
        ) from None
    except (jsonpointer.JsonPointerException, TypeError, ValueError, KeyError, IndexError, AttributeError):
        raise Failure(422, "invalid", "The patch cannot be applied: a path leads nowhere.") from None
    if not isinstance(after, dict):
        raise Failure(422, "invalid", "The patch leaves no resource.")
    return cast(Json, after)


def _check_operations(operations: Any) -> None:
    if not isinstance(operations, list) or not all(
        isinstance(each, dict) for each in cast("list[Any]", operations)
    ):
        raise Invalid("A JSON patch is a list of operations.", code="structure")
    items = cast("list[Json]", operations)
    if len(items) > MAX_OPERATIONS:
        raise Invalid(f"The patch has more than {MAX_OPERATIONS} operations.", code="too-costly")
    if sum(each.get("op") == "copy" for each in items) > MAX_COPIES:
        raise Invalid(f"The patch has more than {MAX_COPIES} copy operations.", code="too-costly")
