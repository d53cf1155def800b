"""Which handler answers which request: one table, for HTTP and for the entries of a batch.

https://hl7.org/fhir/R4/http.html#summary
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from kangshu.interfaces.web.fhir.batch import batch
from kangshu.interfaces.web.fhir.call import Answer, Call, Handler
from kangshu.interfaces.web.fhir.capability import capability
from kangshu.interfaces.web.fhir.everything import everything
from kangshu.interfaces.web.fhir.export import (
    cancel,
    download,
    export_group,
    export_patients,
    export_system,
    status,
)
from kangshu.interfaces.web.fhir.failure_log import log_failure
from kangshu.interfaces.web.fhir.form import with_form
from kangshu.interfaces.web.fhir.history import history_instance, history_system, history_type
from kangshu.interfaces.web.fhir.json_text import parse_object
from kangshu.interfaces.web.fhir.measure_evaluate import evaluate
from kangshu.interfaces.web.fhir.negotiation import check_acceptable, check_json_body
from kangshu.interfaces.web.fhir.outcome import Failure, answer_of
from kangshu.interfaces.web.fhir.pack_resources import TYPES as OF_PACKS
from kangshu.interfaces.web.fhir.pack_resources import read_of_packs
from kangshu.interfaces.web.fhir.patch import conditional_patch, patch
from kangshu.interfaces.web.fhir.pretty import prettied
from kangshu.interfaces.web.fhir.read import read, vread
from kangshu.interfaces.web.fhir.search import search_compartment, search_system, search_type
from kangshu.interfaces.web.fhir.service import Service
from kangshu.interfaces.web.fhir.terminology_capability import versions
from kangshu.interfaces.web.fhir.terminology_code_system import lookup, subsumes, validate_code_in_system
from kangshu.interfaces.web.fhir.terminology_concept_map import translate_code
from kangshu.interfaces.web.fhir.terminology_value_set import expand_value_set, validate_code
from kangshu.interfaces.web.fhir.transaction import transaction
from kangshu.interfaces.web.fhir.validate import validate
from kangshu.interfaces.web.fhir.view_export import export_named_view, export_views
from kangshu.interfaces.web.fhir.view_list import list_views, read_view
from kangshu.interfaces.web.fhir.view_run import run_named_view, run_view
from kangshu.interfaces.web.fhir.write import (
    ID,
    conditional_delete,
    conditional_update,
    create,
    delete,
    update,
)
from kangshu.kernel.base.errors import Invalid, KangshuError, NotFound


@dataclass(frozen=True, slots=True)
class Rule:
    """`pattern` has a word per segment: literal, or `{name}` for what is named."""

    methods: str
    pattern: str
    handler: Handler

    @property
    def segments(self) -> tuple[str, ...]:
        return tuple(part for part in self.pattern.split("/") if part)


def _posted_bundle(service: Service, call: Call) -> Answer:
    """POST to the base: a batch or a transaction."""
    check_json_body(call)
    body = parse_object(call.body)
    if body.get("resourceType") != "Bundle":
        raise Invalid("What is posted here must be a Bundle.", code="structure")
    if body.get("type") == "transaction":
        return transaction(service, call, body, lambda entry: respond_entry(service, entry))
    if body.get("type") == "batch":
        return batch(call, body, lambda entry: respond_entry(service, entry))
    raise Invalid(
        "The type of the Bundle is neither batch nor transaction.",
        remedy="Send other Bundles to /intake/fhir.",
        code="value",
    )


def _beside_packs() -> Iterator[Rule]:
    """Of these types packs have resources beside those that are stored."""
    for name in sorted(OF_PACKS):
        yield Rule("GET", f"/{name}/{{id}}", read_of_packs(name))


def _of_views() -> Iterator[Rule]:
    """The operations on views; drafts of the standard called them by other names."""
    for name in ("$run", "$viewdefinition-run"):
        yield Rule("GET POST", f"/ViewDefinition/{name}", run_view)
        yield Rule("GET POST", f"/ViewDefinition/{{view}}/{name}", run_named_view)
    for name in ("$export", "$viewdefinition-export"):
        yield Rule("POST", f"/ViewDefinition/{name}", export_views)
        yield Rule("GET POST", f"/ViewDefinition/{{view}}/{name}", export_named_view)
    yield Rule("GET POST", "/$viewdefinition-run", run_view)
    yield Rule("POST", "/$viewdefinition-export", export_views)


RULES: tuple[Rule, ...] = (
    Rule("GET", "/metadata", capability),
    Rule("GET", "/$versions", versions),
    Rule("GET", "/_history", history_system),
    Rule("POST", "/_search", with_form(search_system)),
    Rule("GET POST", "/$export", export_system),
    Rule("POST", "/$validate", validate),
    Rule("GET", "/_export/{job}", status),
    Rule("DELETE", "/_export/{job}", cancel),
    Rule("GET", "/_export/{job}/{file}", download),
    Rule("GET", "/", search_system),
    Rule("POST", "/", _posted_bundle),
    Rule("GET POST", "/Patient/$export", export_patients),
    Rule("GET POST", "/Group/{id}/$export", export_group),
    Rule("GET POST", "/Patient/{id}/$everything", everything),
    Rule("GET POST", "/CodeSystem/$lookup", lookup),
    Rule("GET POST", "/CodeSystem/$subsumes", subsumes),
    Rule("GET POST", "/CodeSystem/$validate-code", validate_code_in_system),
    Rule("GET POST", "/CodeSystem/{id}/$lookup", lookup),
    Rule("GET POST", "/CodeSystem/{id}/$subsumes", subsumes),
    Rule("GET POST", "/CodeSystem/{id}/$validate-code", validate_code_in_system),
    Rule("GET POST", "/ValueSet/$expand", expand_value_set),
    Rule("GET POST", "/ValueSet/$validate-code", validate_code),
    Rule("GET POST", "/ValueSet/{id}/$expand", expand_value_set),
    Rule("GET POST", "/ValueSet/{id}/$validate-code", validate_code),
    Rule("GET POST", "/ConceptMap/$translate", translate_code),
    Rule("GET POST", "/ConceptMap/{id}/$translate", translate_code),
    Rule("GET POST", "/Measure/$evaluate-measure", evaluate),
    Rule("GET POST", "/Measure/{id}/$evaluate-measure", evaluate),
    *_beside_packs(),
    Rule("GET", "/ViewDefinition", list_views),
    Rule("GET", "/ViewDefinition/{view}", read_view),
    *_of_views(),
    Rule("POST", "/{type}/_search", with_form(search_type)),
    Rule("GET", "/{type}/_history", history_type),
    Rule("POST", "/{type}/$validate", validate),
    Rule("GET", "/{type}", search_type),
    Rule("POST", "/{type}", create),
    Rule("PUT", "/{type}", conditional_update),
    Rule("PATCH", "/{type}", conditional_patch),
    Rule("DELETE", "/{type}", conditional_delete),
    Rule("GET", "/{type}/{id}/_history", history_instance),
    Rule("GET", "/{type}/{id}/_history/{version}", vread),
    Rule("GET POST", "/{type}/{id}/$validate", validate),
    Rule("POST", "/{owner}/{id}/{type}/_search", with_form(search_compartment)),
    Rule("GET", "/{owner}/{id}/{type}", search_compartment),
    Rule("GET", "/{type}/{id}", read),
    Rule("PUT", "/{type}/{id}", update),
    Rule("PATCH", "/{type}/{id}", patch),
    Rule("DELETE", "/{type}/{id}", delete),
)
"""The first rule whose pattern and method fit is taken."""

_NOT_IN_BUNDLES: frozenset[Callable[..., Answer]] = frozenset(
    {
        _posted_bundle,
        export_system,
        export_patients,
        export_group,
        status,
        cancel,
        download,
        run_view,
        run_named_view,
        export_views,
        export_named_view,
    }
)

_NOT_JSON: frozenset[Callable[..., Answer]] = frozenset(
    {run_view, run_named_view, export_views, export_named_view, download}
)
"""These answer in other formats too, and say themselves which they know."""


def respond(service: Service, call: Call) -> Answer:
    """The answer to a call; every error becomes an OperationOutcome."""
    return _guarded(service, call, _dispatch)


def respond_entry(service: Service, call: Call) -> Answer:
    """The answer to an entry of a batch or transaction."""
    return _guarded(service, call, _dispatch_entry)


def allowed_methods(segments: tuple[str, ...]) -> list[str]:
    """The methods some rule has for the path, sorted."""
    found: set[str] = set()
    for rule in RULES:
        if _fit(rule, segments) is not None:
            found.update(rule.methods.split())
    if "GET" in found:
        found.add("HEAD")
    return sorted(found | {"OPTIONS"} if found else found)


def _guarded(service: Service, call: Call, dispatch: Callable[[Service, Call], Answer]) -> Answer:
    try:
        return prettied(call, dispatch(service, call))
    except KangshuError as error:
        return answer_of(error)
    except Exception as error:  # noqa: BLE001 - the client gets an OperationOutcome whatever happens
        log_failure("fhir_request_failed", error, method=call.method)
        return answer_of(Failure(500, "exception", "The server failed to answer. The failure was logged."))


def _dispatch(service: Service, call: Call) -> Answer:
    rule, names = _route(service, call)
    if rule.handler not in _NOT_JSON:
        check_acceptable(call)
    return rule.handler(service, call.with_names(names))


def _dispatch_entry(service: Service, call: Call) -> Answer:
    rule, names = _route(service, call)
    if rule.handler in _NOT_IN_BUNDLES:
        raise Invalid("This interaction cannot be part of a Bundle.", code="not-supported")
    return rule.handler(service, call.with_names(names))


def _route(service: Service, call: Call) -> tuple[Rule, Mapping[str, str]]:
    method = "GET" if call.method == "HEAD" else call.method
    for rule in RULES:
        if method not in rule.methods.split():
            continue
        names = _fit(rule, call.segments)
        if names is not None:
            _check_names(service, call, names)
            return rule, names
    allowed = allowed_methods(call.segments)
    if allowed:
        raise Failure(
            405,
            "not-supported",
            "The method is not supported for this address.",
            remedy="Use " + ", ".join(allowed) + ".",
            headers={"Allow": ", ".join(allowed)},
        )
    raise _no_address(service, call)


def _fit(rule: Rule, segments: tuple[str, ...]) -> Mapping[str, str] | None:
    """What the pattern names in the path, None if it does not fit. Operations fit no `{name}`."""
    pattern = rule.segments
    if len(pattern) != len(segments):
        return None
    names: dict[str, str] = {}
    for word, part in zip(pattern, segments, strict=True):
        if word.startswith("{"):
            if part.startswith(("$", "_")) or part == "metadata":
                return None
            names[word[1:-1]] = part
        elif word != part:
            return None
    return names


def _check_names(service: Service, call: Call, names: Mapping[str, str]) -> None:
    types = service.platform.catalogue.types
    for name in ("type", "owner"):
        if name in names and names[name] not in types and not (name == "type" and names[name] == "*"):
            raise _no_type()
    if names.get("type") == "*" and "owner" not in names:
        raise _no_type()
    if "id" in names and not ID.fullmatch(names["id"]):
        if call.method in ("PUT", "PATCH"):
            raise Invalid("The id is not 1 to 64 letters, digits, '-' or '.'.", code="value")
        raise NotFound("There is no such resource: the id is not a FHIR id.")


def _no_type() -> Failure:
    return Failure(
        404, "not-supported", "There is no such resource type.", remedy="See /metadata for the types."
    )


def _no_address(service: Service, call: Call) -> Failure:
    first, last = (call.segments[0], call.segments[-1]) if call.segments else ("", "")
    is_type = first in service.platform.catalogue.types
    if len(call.segments) <= 2 and not is_type and not first.startswith(("$", "_")):
        return _no_type()
    if last.startswith("$"):
        return Failure(404, "not-supported", "There is no such operation here.", remedy="See /metadata.")
    return Failure(404, "not-found", "There is nothing at this address.", remedy="See /metadata.")
