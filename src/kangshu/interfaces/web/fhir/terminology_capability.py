"""What the server says of itself as a terminology server.

https://hl7.org/fhir/R4/terminologycapabilities.html
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import orjson

from kangshu.interfaces.web.fhir.call import Answer, Call
from kangshu.interfaces.web.fhir.service import Service
from kangshu.kernel.codes.library import Library

Json = dict[str, Any]

_FEATURE = "http://hl7.org/fhir/uv/application-feature/StructureDefinition/feature"
_SUITE = "1.8.0"
"""The version of the official suite that docs/clarifications/terminology_tx.md is about."""

FEATURES: list[Json] = [
    {
        "url": _FEATURE,
        "extension": [
            {"url": "definition", "valueCanonical": definition},
            {"url": "value", **value},
        ],
    }
    for definition, value in (
        ("http://hl7.org/fhir/uv/tx-tests/FeatureDefinition/test-version", {"valueCode": _SUITE}),
        (
            "http://hl7.org/fhir/uv/tx-ecosystem/FeatureDefinition/CodeSystemAsParameter",
            {"valueBoolean": True},
        ),
    )
]
_NAMES: dict[str, tuple[str, ...]] = {
    "CodeSystem": ("lookup", "validate-code", "subsumes"),
    "ValueSet": ("expand", "validate-code"),
    "ConceptMap": ("translate",),
}
_PARAMETERS = (
    "activeOnly check-system-version count default-valueset-version designation displayLanguage"
    " exclude-system excludeNested filter force-system-version includeDefinition includeDesignations offset"
    " property system-version tx-resource useSupplement"
).split()


def terminology_operations(type: str) -> tuple[Json, ...]:
    """The terminology operations of a type, for the capability statement."""
    return tuple(
        {"name": name, "definition": f"http://hl7.org/fhir/OperationDefinition/{type}-{name}"}
        for name in _NAMES[type]
    )


def versions(service: Service, call: Call) -> Answer:  # noqa: ARG001
    """$versions: which FHIR is spoken here."""
    told = [{"name": "version", "valueString": "4.0"}, {"name": "default", "valueString": "4.0"}]
    return Answer(200, orjson.dumps({"resourceType": "Parameters", "parameter": told}))


def terminology_statement(library: Library, base: str, date: str) -> bytes:
    """The TerminologyCapabilities: every code system in its versions, and what an expansion can be asked."""
    return orjson.dumps(
        {
            "resourceType": "TerminologyCapabilities",
            "url": f"{base}/metadata?mode=terminology",
            "version": version("kangshu"),
            "name": "Kangshu",
            "title": "Kangshu terminology",
            "status": "active",
            "date": date,
            "publisher": "Kangshu",
            "kind": "instance",
            "software": {"name": "Kangshu", "version": version("kangshu")},
            "implementation": {"description": "Kangshu FHIR R4 interface", "url": base},
            "codeSystem": [_system(library, url) for url in sorted(library.systems)],
            "expansion": {
                "hierarchical": True,
                "paging": True,
                "parameter": [{"name": name} for name in _PARAMETERS],
                "textFilter": "Words of a name or the code, in any order, whatever the case.",
            },
            "codeSearch": "explicit",
            "validateCode": {"translations": True},
            "translation": {"needsMap": True},
            "closure": {"translation": False},
        }
    )


def _system(library: Library, url: str) -> Json:
    versions = [{"code": each} for each in sorted(library.systems[url]) if each]
    return {"uri": url, "version": versions} if versions else {"uri": url}
