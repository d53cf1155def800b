"""The value set: which codes are meant, by listing, by filter, or by other value sets.

https://hl7.org/fhir/R4/valueset.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kangshu.kernel.codes.code_system import STANDARDS_STATUS, Designation, designation_of
from kangshu.kernel.codes.coding import (
    Json,
    canonical_of,
    extension_value,
    object_of,
    objects_of,
    text_of,
    value_of,
)

_SUPPLEMENT = "http://hl7.org/fhir/StructureDefinition/valueset-supplement"
_PARAMETER = "http://hl7.org/fhir/StructureDefinition/valueset-expansion-parameter"


@dataclass(frozen=True, slots=True)
class Listed:
    """A code that an include lists, with what it says of it there."""

    code: str
    display: str = ""
    designations: tuple[Designation, ...] = ()
    extensions: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition on concepts. `op` is an operator of FHIR; `at` names the place for issues."""

    property: str
    op: str
    value: str
    at: str


@dataclass(frozen=True, slots=True)
class Include:
    """Codes of a system (all, or listed, or passing every filter) that are in all of the value sets."""

    system: str
    version: str
    listed: Mapping[str, Listed]
    filters: tuple[Filter, ...]
    value_sets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ValueSet:
    """A value set as defined. `url` is "" for one that was only sent along."""

    url: str
    version: str = ""
    language: str = ""
    status: str = ""
    standards_status: str = ""
    experimental: bool = False
    inactive: bool = True
    includes: tuple[Include, ...] = ()
    excludes: tuple[Include, ...] = ()
    supplements: tuple[str, ...] = ()
    parameters: tuple[Json, ...] = ()
    contained: Mapping[str, ValueSet] = field(default_factory=dict[str, "ValueSet"])
    expansion: tuple[Json, ...] | None = None
    resource: Json = field(default_factory=dict[str, Any])

    @property
    def canonical(self) -> str:
        return canonical_of(self.url, self.version)

    @property
    def label(self) -> str:
        """How messages call it."""
        return self.canonical or "(unidentified)"

    def parameter(self, name: str) -> str:
        """A parameter of expansions that the value set asks for itself, "" if it does not."""
        for each in self.parameters:
            parts = {text_of(part, "url"): value_of(part)[1] for part in objects_of(each, "extension")}
            if parts.get("name") == name:
                return str(parts.get("value", ""))
        return ""


def parse_value_set(resource: Json) -> ValueSet:
    """A value set from its FHIR form, with the value sets it contains (by `#id`)."""
    return _parsed(resource, objects_of(resource, "contained"))


def _parsed(resource: Json, inner: list[dict[str, Any]]) -> ValueSet:
    compose = object_of(resource, "compose")
    extensions = tuple(objects_of(resource, "extension"))
    contained = {
        # What is contained contains nothing itself.
        f"#{each.get('id', '')}": _parsed(each, [])
        for each in inner
        if each.get("resourceType") == "ValueSet"
    }
    return ValueSet(
        url=text_of(resource, "url"),
        version=text_of(resource, "version"),
        language=text_of(resource, "language"),
        status=text_of(resource, "status"),
        standards_status=str(extension_value(extensions, STANDARDS_STATUS) or ""),
        experimental=resource.get("experimental") is True,
        inactive=compose.get("inactive") is not False,
        includes=_includes(compose, "include"),
        excludes=_includes(compose, "exclude"),
        supplements=tuple(str(value_of(each)[1]) for each in extensions if each.get("url") == _SUPPLEMENT),
        parameters=tuple(each for each in objects_of(compose, "extension") if each.get("url") == _PARAMETER),
        contained=contained,
        expansion=_expansion(resource) if not compose else None,
        resource=resource,
    )


def _includes(compose: Json, name: str) -> tuple[Include, ...]:
    return tuple(
        Include(
            system=text_of(each, "system"),
            version=text_of(each, "version"),
            listed={text_of(one, "code"): _listed(one) for one in objects_of(each, "concept")},
            filters=tuple(
                Filter(
                    text_of(one, "property"),
                    text_of(one, "op"),
                    text_of(one, "value"),
                    f"ValueSet.compose.{name}[{number}].filter[{index}]",
                )
                for index, one in enumerate(objects_of(each, "filter"))
            ),
            value_sets=tuple(str(one) for one in each.get("valueSet", ())),
        )
        for number, each in enumerate(objects_of(compose, name))
    )


def _listed(item: Json) -> Listed:
    return Listed(
        code=text_of(item, "code"),
        display=text_of(item, "display"),
        designations=tuple(designation_of(each) for each in objects_of(item, "designation")),
        extensions=tuple(objects_of(item, "extension")),
    )


def _expansion(resource: Json) -> tuple[Json, ...] | None:
    """Codes of a value set that comes as an expansion only."""
    expansion = object_of(resource, "expansion")
    if not expansion:
        return None
    found: list[Json] = []
    waiting = objects_of(expansion, "contains")
    while waiting:
        each = waiting.pop(0)
        found.append(each)
        waiting[:0] = objects_of(each, "contains")
    return tuple(found)
