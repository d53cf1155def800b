"""The CapabilityStatement: what this server does, generated from the catalogue.

https://hl7.org/fhir/R4/capabilitystatement.html
"""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import version
from typing import Any

import orjson

from kangshu.interfaces.web.fhir.call import Answer, Call
from kangshu.interfaces.web.fhir.negotiation import PATCH_TYPE
from kangshu.interfaces.web.fhir.service import Service
from kangshu.interfaces.web.fhir.terminology_capability import (
    FEATURES,
    terminology_operations,
    terminology_statement,
)
from kangshu.kernel.base.time import instant
from kangshu.kernel.facts.parameters import Catalogue, Parameter

Json = dict[str, Any]

_INTERACTIONS = "read vread update patch delete history-instance history-type create search-type".split()
_SYSTEM_INTERACTIONS = ("transaction", "batch", "search-system", "history-system")
_OAUTH = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
_SMART = "http://terminology.hl7.org/CodeSystem/restful-security-service"
_VALIDATE = {
    "name": "validate",
    "definition": "http://hl7.org/fhir/OperationDefinition/Resource-validate",
}
_BULK = "http://hl7.org/fhir/uv/bulkdata/OperationDefinition"
_VIEWS = "http://sql-on-fhir.org/OperationDefinition"
_OF_VIEWS = (
    "Formats: json, ndjson, csv, parquet. A viewReference is ViewDefinition/[id], a name or a canonical"
    " address; views are those of packs. Not offered: patient, group, _since, source, header, resource."
)
_OPERATIONS: dict[str, tuple[Json, ...]] = {
    "": (
        _VALIDATE,
        {"name": "export", "definition": f"{_BULK}/export"},
        {
            "name": "versions",
            "definition": "http://hl7.org/fhir/OperationDefinition/CapabilityStatement-versions",
        },
        {
            "name": "viewdefinition-run",
            "definition": f"{_VIEWS}/$viewdefinition-run",
            "documentation": f"Also below ViewDefinition and ViewDefinition/[id]. {_OF_VIEWS}",
        },
        {
            "name": "viewdefinition-export",
            "definition": f"{_VIEWS}/$viewdefinition-export",
            "documentation": f"Also below ViewDefinition and ViewDefinition/[id]. {_OF_VIEWS}",
        },
    ),
    **{type_: terminology_operations(type_) for type_ in ("CodeSystem", "ValueSet", "ConceptMap")},
    "Patient": (
        {"name": "everything", "definition": "http://hl7.org/fhir/OperationDefinition/Patient-everything"},
        {"name": "export", "definition": f"{_BULK}/patient-export"},
    ),
    "Measure": (
        {
            "name": "evaluate-measure",
            "definition": "http://hl7.org/fhir/OperationDefinition/Measure-evaluate-measure",
        },
    ),
    "Group": ({"name": "export", "definition": f"{_BULK}/group-export"},),
}


def capability(service: Service, call: Call) -> Answer:
    started = instant(service.exports.started)
    root = call.base.removesuffix("/fhir")
    oauth = tuple((name, f"{root}{path}") for name, path in sorted(service.oauth.items()))
    if call.param("mode") == "terminology":
        body = terminology_statement(service.platform.codes.library(), call.base, started)
        return Answer(200, body, {"Cache-Control": "no-cache"})
    body = _statement(_Catalogue(service.platform.catalogue), call.base, oauth, started)
    return Answer(200, body, {"Cache-Control": "max-age=300"})


class _Catalogue:
    """A catalogue that can be a key of the cache: the same object is the same catalogue."""

    __slots__ = ("catalogue",)

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Catalogue) and other.catalogue is self.catalogue

    def __hash__(self) -> int:
        return id(self.catalogue)


@lru_cache(maxsize=8)
def _statement(key: _Catalogue, base: str, oauth: tuple[tuple[str, str], ...], date: str) -> bytes:
    catalogue = key.catalogue
    referring = _referring(catalogue)
    return orjson.dumps(
        {
            "resourceType": "CapabilityStatement",
            "extension": FEATURES,
            "url": f"{base}/metadata",
            "version": version("kangshu"),
            "name": "Kangshu",
            "title": "Kangshu FHIR R4 interface",
            "status": "active",
            "date": date,
            "publisher": "Kangshu",
            "kind": "instance",
            "instantiates": [
                "http://hl7.org/fhir/uv/bulkdata/CapabilityStatement/bulk-data",
                "http://hl7.org/fhir/CapabilityStatement/terminology-server",
            ],
            "software": {"name": "Kangshu", "version": version("kangshu"), "releaseDate": date},
            "implementation": {"description": "Kangshu FHIR R4 interface", "url": base},
            "fhirVersion": "4.0.1",
            "format": ["application/fhir+json", "json"],
            "patchFormat": [PATCH_TYPE, "application/fhir+json"],
            "rest": [
                {
                    "mode": "server",
                    "security": _security(oauth),
                    "resource": [_type(catalogue, name, referring.get(name, [])) for name in catalogue.types],
                    "interaction": [{"code": code} for code in _SYSTEM_INTERACTIONS],
                    "searchParam": [_parameter(each) for each in _common(catalogue)],
                    "operation": list(_OPERATIONS[""]),
                    "compartment": [
                        f"http://hl7.org/fhir/CompartmentDefinition/{catalogue.subject_type.lower()}"
                    ],
                }
            ],
        }
    )


def _security(oauth: tuple[tuple[str, str], ...]) -> Json:
    security: Json = {
        "cors": True,
        "service": [
            {"coding": [{"system": _SMART, "code": "SMART-on-FHIR"}], "text": "OAuth2, SMART on FHIR"}
        ],
        "description": "Every request needs a bearer token.",
    }
    if oauth:
        parts = [{"url": name, "valueUri": where} for name, where in oauth]
        security["extension"] = [{"url": _OAUTH, "extension": parts}]
    return security


def _type(catalogue: Catalogue, name: str, referring: list[str]) -> Json:
    # A colon marks a part of a parameter, which cannot be searched by itself (`near:lat`).
    parameters = [each for each in catalogue.parameters(name) if ":" not in each.name]
    references = [each.name for each in parameters if each.kind == "reference"]
    described: Json = {
        "type": name,
        "profile": f"http://hl7.org/fhir/StructureDefinition/{name}",
        "interaction": [{"code": code} for code in _INTERACTIONS],
        "versioning": "versioned-update",
        "readHistory": True,
        "updateCreate": True,
        "conditionalCreate": True,
        "conditionalRead": "full-support",
        "conditionalUpdate": True,
        "conditionalDelete": "multiple",
        "referencePolicy": ["literal", "logical", "local"],
        "searchInclude": ["*", f"{name}:*", *(f"{name}:{each}" for each in references)],
        "searchParam": [_parameter(each) for each in parameters],
        "operation": [*_OPERATIONS.get(name, ()), _VALIDATE],
    }
    if referring:
        described["searchRevInclude"] = referring
    return described


def _referring(catalogue: Catalogue) -> dict[str, list[str]]:
    """Per type, the reference parameters of other types that can point to it."""
    found: dict[str, list[str]] = {}
    for name in catalogue.types:
        for parameter in catalogue.parameters(name):
            if parameter.kind == "reference":
                for target in parameter.targets:
                    found.setdefault(target, []).append(f"{name}:{parameter.name}")
    return found


def _common(catalogue: Catalogue) -> list[Parameter]:
    """The parameters that every type has."""
    first, *others = catalogue.types
    return [
        each
        for each in catalogue.parameters(first)
        if each.name.startswith("_") and all(catalogue.find(name, each.name) for name in others)
    ]


def _parameter(parameter: Parameter) -> Json:
    return {"name": parameter.name, "type": parameter.kind}
