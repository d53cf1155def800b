"""Answers about codes as FHIR R4 resources: Parameters, an expanded ValueSet, an OperationOutcome."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import orjson

from kangshu.interfaces.web.fhir.call import Answer
from kangshu.kernel.base.ids import new_id
from kangshu.kernel.base.time import instant
from kangshu.kernel.codes.code_system import Designation
from kangshu.kernel.codes.coding import Json, canonical_of
from kangshu.kernel.codes.entry import Entry
from kangshu.kernel.codes.expansion import Expansion
from kangshu.kernel.codes.issues import CodesRefused, Issue
from kangshu.kernel.codes.lookup import Found
from kangshu.kernel.codes.translation import Match
from kangshu.kernel.codes.validation import Validation
from kangshu.kernel.codes.value_set import ValueSet

Parameter = dict[str, Any]

_SD = "http://hl7.org/fhir/StructureDefinition"
_R5 = "http://hl7.org/fhir/5.0/StructureDefinition"
_HEAD = (
    "resourceType", "id", "language", "contained", "url", "identifier", "version", "name", "title", "status",
    "experimental", "date",
)  # fmt: skip
"""What an expansion repeats of the value set."""

_TX = "http://hl7.org/fhir/tools/CodeSystem/tx-issue-type"


def parameters(items: Sequence[Parameter]) -> Answer:
    """A Parameters resource."""
    return Answer(200, orjson.dumps({"resourceType": "Parameters", "parameter": list(items)}))


def refused(error: CodesRefused) -> Answer:
    """The answer to a question that cannot be answered."""
    status = 404 if any(each.code == "not-found" for each in error.issues) else 422
    return Answer(status, orjson.dumps(outcome(error.issues)))


def outcome(issues: Iterable[Issue]) -> dict[str, Any]:
    return {"resourceType": "OperationOutcome", "issue": [_issue(each) for each in issues]}


def _issue(each: Issue) -> dict[str, Any]:
    details: dict[str, Any] = {"text": each.text}
    if each.tx:
        details = {"coding": [{"system": _TX, "code": each.tx}], **details}
    told: Json = {"url": f"{_SD}/operationoutcome-message-id", "valueString": each.message_id}
    line: dict[str, Any] = {
        "extension": [told],
        "severity": each.severity,
        "code": each.code,
        "details": details,
    }
    if each.at:
        # `location` is what older clients read.
        line["location"] = line["expression"] = [each.at]
    return line


# -- $validate-code


def validated(found: Validation, concept: Json | None) -> Answer:
    """The answer to $validate-code; `concept` is the CodeableConcept that was asked about."""
    items: list[Parameter] = [{"name": "result", "valueBoolean": found.result}]
    if found.coding.code:
        items.append({"name": "code", "valueCode": found.coding.code})
    if concept is not None:
        items.append({"name": "codeableConcept", "valueCodeableConcept": concept})
    if found.coding.system:
        items.append({"name": "system", "valueUri": found.coding.system})
    if found.system is not None and found.system.version:
        items.append({"name": "version", "valueString": found.system.version})
    if found.display:
        items.append({"name": "display", "valueString": found.display})
    if found.is_inactive:
        items.append({"name": "inactive", "valueBoolean": True})
    if found.status:
        items.append({"name": "status", "valueCode": found.status})
    items += [{"name": "x-unknown-system", "valueCanonical": each} for each in found.unknown]
    items += [{"name": "x-caused-by-unknown-system", "valueCanonical": each} for each in found.blamed]
    if found.message:
        items.append({"name": "message", "valueString": found.message})
    if found.issues:
        items.append({"name": "issues", "resource": outcome(found.issues)})
    return parameters(items)


# -- $lookup, $subsumes, $translate


def looked_up(found: Found) -> Answer:
    """The answer to $lookup."""
    system, concept = found.system, found.concept
    items: list[Parameter] = [
        {"name": "name", "valueString": system.name or system.title or system.url},
        {"name": "code", "valueCode": concept.code},
        {"name": "system", "valueUri": system.url},
    ]
    if system.version:
        items.append({"name": "version", "valueString": system.version})
    if found.display:
        items.append({"name": "display", "valueString": found.display})
    if concept.definition:
        items.append({"name": "definition", "valueString": concept.definition})
    items.append({"name": "abstract", "valueBoolean": system.is_abstract(concept)})
    items += [{"name": "designation", "part": _designation_parts(each)} for each in found.designations]
    for code, kind, value, description in found.properties:
        part: list[Parameter] = [{"name": "code", "valueCode": code}, {"name": "value", kind: value}]
        if description:
            part.append({"name": "description", "valueString": description})
        items.append({"name": "property", "part": part})
    items += [{"name": "used-supplement", "valueCanonical": each} for each in system.used_supplements]
    return parameters(items)


def _designation_parts(each: Designation) -> list[Parameter]:
    part: list[Parameter] = []
    if each.language:
        part.append({"name": "language", "valueCode": each.language})
    if each.use:
        part.append({"name": "use", "valueCoding": each.use})
    part.append({"name": "value", "valueString": each.value})
    if each.source:
        part.append({"name": "source", "valueCanonical": each.source})
    return part


def subsumed(result: str) -> Answer:
    """The answer to $subsumes."""
    return parameters([{"name": "outcome", "valueCode": result}])


def translated(matches: Sequence[Match], *, in_r5: bool) -> Answer:
    """The answer to $translate, in the form of R4 or, for who asked in that of R5, of R5."""
    is_found = any(each.equivalence not in ("unmatched", "disjoint") for each in matches)
    items: list[Parameter] = [{"name": "result", "valueBoolean": is_found}]
    if not matches:
        items.append({"name": "message", "valueString": "No map has this code."})
    for each in (match.as_mapped for match in matches) if in_r5 else matches:
        part: list[Parameter] = [
            {"name": "equivalence", "valueCode": each.equivalence},
            {"name": "concept", "valueCoding": each.concept.as_json()},
        ]
        if each.map:
            part.append(
                {"name": "originMap", "valueCanonical": each.map}
                if in_r5
                else {"name": "source", "valueUri": each.map}
            )
        if in_r5 and each.is_reverse:
            part.append({"name": "source", "valueCoding": each.source.as_json()})
        items.append({"name": "match", "part": part})
    return parameters(items)


# -- $expand


def expanded(
    value_set: ValueSet,
    expansion: Expansion,
    told: Sequence[Parameter],
    now: datetime,
    *,
    with_definition: bool,
) -> Answer:
    """The value set with a page of its codes. `told` are the parameters that had an effect."""
    kept = (*_HEAD, "compose") if with_definition else _HEAD
    resource = {name: value_set.resource[name] for name in kept if name in value_set.resource}
    resource.setdefault("status", "unknown")
    body: dict[str, Any] = {
        "identifier": f"urn:uuid:{new_id()}",
        "timestamp": instant(now),
        "total": expansion.total,
        "parameter": [*told, *({"name": name, "valueUri": value} for name, value in expansion.used)],
        "contains": [_contained(each) for each in expansion.entries],
    }
    extensions = _expansion_extensions(expansion)
    if extensions:
        body["extension"] = extensions
    offset = next((each["valueInteger"] for each in told if each["name"] == "offset"), None)
    if offset is not None:
        body["offset"] = offset
    return Answer(200, orjson.dumps({**resource, "expansion": _without_empty(body)}))


def _without_empty(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value != []}


def _expansion_extensions(expansion: Expansion) -> list[Json]:
    found: list[Json] = []
    for fragment in expansion.fragments:
        reason = f"This extension is based on a fragment of the code system {fragment}"
        found.append({"url": f"{_SD}/valueset-unclosed", "valueBoolean": True})
        found.append({"url": f"{_SD}/valueset-unclosed-reason", "valueString": reason})
    for code, uri in expansion.declared.items():
        parts: list[Json] = [{"url": "code", "valueCode": code}]
        if uri:
            parts.append({"url": "uri", "valueUri": uri})
        found.append({"url": f"{_R5}/extension-ValueSet.expansion.property", "extension": parts})
    return found


def _contained(entry: Entry) -> dict[str, Any]:
    extensions = [*entry.extensions, *(_property(*each) for each in entry.properties)]
    line: dict[str, Any] = {"extension": extensions} if extensions else {}
    line["system"] = entry.system
    if entry.is_abstract:
        line["abstract"] = True
    if entry.is_inactive:
        line["inactive"] = True
    if entry.version:
        line["version"] = entry.version
    line["code"] = entry.code
    if entry.display:
        line["display"] = entry.display
    if entry.designations:
        line["designation"] = [_designation(each) for each in entry.designations]
    if entry.below:
        line["contains"] = [_contained(each) for each in entry.below]
    return line


def _property(code: str, kind: str, value: Any) -> Json:
    """A property, which R4 has no element for."""
    return {
        "url": f"{_R5}/extension-ValueSet.expansion.contains.property",
        "extension": [{"url": "code", "valueCode": code}, {"url": "value", kind: value}],
    }


def _designation(each: Designation) -> Json:
    line: dict[str, Any] = {"extension": list(each.extensions)} if each.extensions else {}
    if each.language:
        line["language"] = each.language
    if each.use:
        line["use"] = each.use
    return {**line, "value": each.value}


def version_of(canonical: str, version: str) -> str:
    """`canonical`, with a version given beside it."""
    return canonical if "|" in canonical else canonical_of(canonical, version)
