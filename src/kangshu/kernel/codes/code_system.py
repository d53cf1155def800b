"""The code system: concepts with names, properties and hierarchy, from a FHIR CodeSystem.

https://hl7.org/fhir/R4/codesystem.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.codes.coding import (
    Json,
    canonical_of,
    extension_value,
    object_of,
    objects_of,
    text_of,
    value_of,
)

STANDARDS_STATUS = "http://hl7.org/fhir/StructureDefinition/structuredefinition-standards-status"
PROPERTIES = "http://hl7.org/fhir/concept-properties"

_RETIRED = frozenset({"retired", "inactive"})
_ABOVE = frozenset({"parent", "subsumedBy"})
_DEEPEST = 100


@dataclass(frozen=True, slots=True)
class Designation:
    """One more name of a concept. `source` is the supplement it comes from, "" for the system itself."""

    value: str
    language: str = ""
    use: Json | None = None
    extensions: tuple[Json, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Property:
    """A property of a concept; `kind` is the name of its value in FHIR (`valueCode`)."""

    code: str
    kind: str
    value: Any


@dataclass(frozen=True, slots=True)
class Concept:
    """One meaning with its code. `parents` are codes of broader concepts."""

    code: str
    display: str = ""
    definition: str = ""
    designations: tuple[Designation, ...] = ()
    properties: tuple[Property, ...] = ()
    parents: tuple[str, ...] = ()
    extensions: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True)
class CodeSystem:
    """A code system, compiled: looking up a code takes the same time in a system of any size.

    concepts  by code, in the order of the definition, broader ones before narrower ones
    children  code -> codes directly below it
    grammar   makes the concept of a code that is not listed, in systems whose codes are expressions
    """

    url: str
    version: str = ""
    name: str = ""
    title: str = ""
    language: str = ""
    status: str = ""
    standards_status: str = ""
    content: str = "complete"
    supplements: str = ""
    value_set: str = ""
    experimental: bool = False
    case_sensitive: bool = True
    definitions: tuple[Json, ...] = ()
    concepts: Mapping[str, Concept] = field(default_factory=dict[str, Concept])
    children: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    lowered: Mapping[str, str] = field(default_factory=dict[str, str])
    used_supplements: tuple[str, ...] = ()
    grammar: Callable[[str], Concept | None] | None = None

    @property
    def canonical(self) -> str:
        return canonical_of(self.url, self.version)

    def find(self, code: str) -> Concept | None:
        """The concept of a code, None if there is none. Case counts unless the system says otherwise."""
        found = self.concepts.get(code)
        if self.grammar is not None:
            return self.grammar(code)
        if found is None and not self.case_sensitive:
            spelled = self.lowered.get(code.lower())
            return None if spelled is None else self.concepts[spelled]
        return found

    def ancestors(self, code: str) -> Iterator[str]:
        """Codes above, nearest first, each once; not the code itself."""
        return _walk(code, self._parents)

    def descendants(self, code: str) -> Iterator[str]:
        """Codes below, each once; not the code itself."""
        return _walk(code, self._children)

    def _parents(self, code: str) -> tuple[str, ...]:
        concept = self.concepts.get(code)
        return concept.parents if concept else ()

    def _children(self, code: str) -> tuple[str, ...]:
        return self.children.get(code, ())

    def subsumes(self, broad: str, narrow: str) -> bool:
        """Whether `broad` is the same as `narrow` or above it."""
        return broad == narrow or broad in self.ancestors(narrow)

    def property_code(self, uri: str, usual: str) -> str:
        """How this system calls a property of FHIR (`#status`)."""
        for each in self.definitions:
            if each.get("uri") == f"{PROPERTIES}#{uri}":
                return text_of(each, "code")
        return usual

    def values(self, concept: Concept, code: str) -> list[Any]:
        return [each.value for each in concept.properties if each.code == code]

    def status_of(self, concept: Concept) -> str:
        """What the system says of the life of a concept: active, retired, deprecated … or ""."""
        for value in self.values(concept, self.property_code("status", "status")):
            return str(value)
        return str(extension_value(concept.extensions, STANDARDS_STATUS) or "")

    def is_inactive(self, concept: Concept) -> bool:
        """Whether the concept is not to be used any more."""
        for value in self.values(concept, self.property_code("inactive", "inactive")):
            return str(value).lower() == "true"
        return self.status_of(concept) in _RETIRED

    def is_abstract(self, concept: Concept) -> bool:
        """Whether the concept only groups others and is not to be chosen itself."""
        values = [
            *self.values(concept, self.property_code("notSelectable", "notSelectable")),
            *self.values(concept, "abstract"),
        ]
        return any(str(value).lower() == "true" for value in values)

    def with_supplements(self, supplements: Iterable[CodeSystem]) -> CodeSystem:
        """The system with the designations, properties and extensions that supplements add."""
        concepts = dict(self.concepts)
        definitions = self.definitions
        used: list[str] = []
        for supplement in supplements:
            used.append(supplement.canonical)
            definitions += supplement.definitions
            for code, extra in supplement.concepts.items():
                if code in concepts:
                    concepts[code] = _supplemented(concepts[code], extra, supplement.canonical)
        return replace(self, concepts=concepts, definitions=definitions, used_supplements=tuple(used))


def parse_code_system(resource: Json) -> CodeSystem:
    """A compiled code system from a FHIR CodeSystem. Raises `Invalid` without a URL, or for a code twice."""
    url = text_of(resource, "url")
    if not url:
        raise Invalid("A CodeSystem without a URL cannot be used.", remedy="Give it a url.", code="required")
    concepts: dict[str, Concept] = {}
    _collect(objects_of(resource, "concept"), (), concepts, 0)
    sensitive = resource.get("caseSensitive", True) is not False
    return CodeSystem(
        url=url,
        version=text_of(resource, "version"),
        name=text_of(resource, "name"),
        title=text_of(resource, "title"),
        language=text_of(resource, "language"),
        status=text_of(resource, "status"),
        standards_status=str(
            extension_value(tuple(objects_of(resource, "extension")), STANDARDS_STATUS) or ""
        ),
        content=text_of(resource, "content") or "complete",
        supplements=text_of(resource, "supplements"),
        value_set=text_of(resource, "valueSet"),
        experimental=resource.get("experimental") is True,
        case_sensitive=sensitive,
        definitions=tuple(objects_of(resource, "property")),
        concepts=concepts,
        children=_children(concepts),
        lowered={} if sensitive else {code.lower(): code for code in concepts},
    )


def _collect(
    items: list[dict[str, Any]], above: tuple[str, ...], into: dict[str, Concept], depth: int
) -> None:
    if depth > _DEEPEST:
        raise Invalid("A CodeSystem is nested too deeply.", code="too-costly")
    for item in items:
        concept = _concept(item, above)
        if not concept.code:
            raise Invalid("A concept has no code.", code="required")
        if concept.code in into:
            raise Invalid("A code is defined twice.", remedy="Each code is defined once.", code="duplicate")
        into[concept.code] = concept
        nested = item.get("concept")
        if nested:
            _collect(objects_of(item, "concept"), (concept.code,), into, depth + 1)


def _concept(item: Json, above: tuple[str, ...]) -> Concept:
    # Tables have tens of thousands of concepts that have only a few of these.
    properties = tuple(_property(each) for each in objects_of(item, "property")) if "property" in item else ()
    parents = above
    for each in properties:
        if each.code in _ABOVE and isinstance(each.value, str) and each.value not in parents:
            parents = (*parents, each.value)
    return Concept(
        code=text_of(item, "code"),
        display=text_of(item, "display"),
        definition=text_of(item, "definition") if "definition" in item else "",
        designations=tuple(designation_of(each) for each in objects_of(item, "designation"))
        if "designation" in item
        else (),
        properties=properties,
        parents=parents,
        extensions=tuple(objects_of(item, "extension")) if "extension" in item else (),
    )


def _property(item: Json) -> Property:
    kind, value = value_of(item)
    return Property(text_of(item, "code"), kind, value)


def designation_of(item: Json, source: str = "") -> Designation:
    """A designation from its FHIR form."""
    return Designation(
        value=text_of(item, "value"),
        language=text_of(item, "language"),
        use=object_of(item, "use") or None,
        extensions=tuple(objects_of(item, "extension")),
        source=source,
    )


def _children(concepts: Mapping[str, Concept]) -> dict[str, tuple[str, ...]]:
    below: dict[str, list[str]] = {}
    for concept in concepts.values():
        for parent in concept.parents:
            below.setdefault(parent, []).append(concept.code)
    return {code: tuple(codes) for code, codes in below.items()}


def _supplemented(concept: Concept, extra: Concept, source: str) -> Concept:
    added = tuple(replace(each, source=source) for each in extra.designations)
    return replace(
        concept,
        designations=concept.designations + added,
        properties=concept.properties + extra.properties,
        extensions=concept.extensions + extra.extensions,
    )


def _walk(start: str, following: Callable[[str], tuple[str, ...]]) -> Iterator[str]:
    seen = {start}
    waiting: list[str] = list(following(start))
    while waiting:
        code = waiting.pop(0)
        if code in seen:
            continue
        seen.add(code)
        yield code
        waiting.extend(following(code))
