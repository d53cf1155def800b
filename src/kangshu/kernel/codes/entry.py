"""A code of an expansion as it is shown: its name and other names, properties, extensions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kangshu.kernel.codes.code_system import PROPERTIES, STANDARDS_STATUS, CodeSystem, Concept, Designation
from kangshu.kernel.codes.coding import Json, value_of
from kangshu.kernel.codes.context import Context
from kangshu.kernel.codes.names import named
from kangshu.kernel.codes.selection import Found
from kangshu.kernel.codes.value_set import Listed

_SD = "http://hl7.org/fhir/StructureDefinition"
_SHOWN = frozenset(
    f"{_SD}/{name}"
    for name in ("rendering-style", "rendering-xhtml", "valueset-concept-definition", "valueset-deprecated")
)
"""Extensions of a concept that an expansion repeats."""

_OF_NAMES = frozenset({f"{_SD}/coding-sctdescid", STANDARDS_STATUS})
"""Extensions of a designation that an expansion repeats."""

_AS_PROPERTIES: Mapping[str, tuple[str, str]] = {
    f"{_SD}/codesystem-conceptOrder": ("order", "order"),
    f"{_SD}/valueset-conceptOrder": ("order", "order"),
    f"{_SD}/codesystem-label": ("label", "label"),
    f"{_SD}/valueset-label": ("label", "label"),
    f"{_SD}/itemWeight": ("weight", "itemWeight"),
}
"""Extensions that an expansion has as a property: its code, and the end of its URI."""

_LANGUAGE = "urn:ietf:bcp:47"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an expansion shall hold.

    text          only codes of which a name, or the code, holds all of these words
    most          more codes than this without paging are refused
    designations  `system|code` of uses, or `urn:ietf:bcp:47|tag` of languages; empty: all of them
    """

    text: str = ""
    count: int | None = None
    offset: int = 0
    most: int = 10_000
    is_flat: bool = False
    with_designations: bool = False
    designations: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()
    without_systems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One code of an expansion. `below` are the narrower ones, in a tree."""

    system: str
    version: str
    code: str
    display: str
    is_abstract: bool = False
    is_inactive: bool = False
    designations: tuple[Designation, ...] = ()
    properties: tuple[tuple[str, str, Any], ...] = ()
    extensions: tuple[Json, ...] = ()
    below: tuple[Entry, ...] = ()


def entry_of(context: Context, found: Found, wanted: Wanted, declared: dict[str, str]) -> Entry:
    """A concept that is in, written down; properties it has are added to `declared`, by code with URI."""
    system, concept, listed = found.system, found.concept, found.listed
    name = named(system, concept, listed, context.languages)
    properties = _properties(found, wanted, declared)
    return Entry(
        system=system.url,
        version=system.version if found.shows_version else "",
        code=concept.code,
        display=name.display,
        is_abstract=system.is_abstract(concept),
        is_inactive=system.is_inactive(concept),
        designations=_designations(name.others, wanted) if wanted.with_designations else (),
        properties=tuple(properties),
        extensions=_extensions(concept, listed),
    )


def _designations(names: Sequence[Designation], wanted: Wanted) -> tuple[Designation, ...]:
    asked = [
        each
        for each in names
        if not wanted.designations or any(_is_asked(each, token) for token in wanted.designations)
    ]
    return tuple(
        replace(each, extensions=tuple(one for one in each.extensions if one.get("url") in _OF_NAMES))
        for each in asked
    )


def _is_asked(name: Designation, token: str) -> bool:
    system, _, code = token.rpartition("|")
    if system == _LANGUAGE:
        return name.language.lower() == code.lower()
    use = name.use or {}
    return use.get("code") == code and (not system or use.get("system") == system)


def _properties(found: Found, wanted: Wanted, declared: dict[str, str]) -> list[tuple[str, str, Any]]:
    system, concept = found.system, found.concept
    values: dict[str, list[tuple[str, Any]]] = {}
    extensions = [*concept.extensions, *(found.listed.extensions if found.listed else ())]
    for extension in extensions:
        known = _AS_PROPERTIES.get(str(extension.get("url")))
        if known is not None:
            code, uri = known
            kind = "valueString" if code == "label" else "valueDecimal"
            values[code] = [(kind, value_of(extension)[1])]
            declared.setdefault(code, f"{PROPERTIES}#{uri}")
    status = system.status_of(concept)
    if status and status != "active":
        values["status"] = [("valueCode", status)]
        declared.setdefault("status", f"{PROPERTIES}#status")
    for code in wanted.properties:
        asked = _asked(system, concept, code)
        if asked:
            values[code] = asked
        uri = _uri(system, code)
        if uri:
            declared.setdefault(code, uri)
    return [(code, kind, value) for code, each in values.items() for kind, value in each]


def _asked(system: CodeSystem, concept: Concept, code: str) -> list[tuple[str, Any]]:
    if code == "definition":
        return [("valueString", concept.definition)] if concept.definition else []
    if code == "parent":
        return [("valueCode", each) for each in concept.parents]
    if code == "child":
        return [("valueCode", each) for each in system.children.get(concept.code, ())]
    return [(each.kind, each.value) for each in concept.properties if each.code == code]


def _uri(system: CodeSystem, code: str) -> str:
    if code in ("definition", "parent", "child"):
        return f"{PROPERTIES}#{code}"
    for each in system.definitions:
        if each.get("code") == code:
            return str(each.get("uri", ""))
    return ""


def _extensions(concept: Concept, listed: Listed | None) -> tuple[Json, ...]:
    shown = {str(each.get("url")): each for each in concept.extensions if each.get("url") in _SHOWN}
    for each in listed.extensions if listed else ():
        if each.get("url") in _SHOWN or each.get("url") == STANDARDS_STATUS:
            shown[str(each.get("url"))] = each
    return tuple(shown.values())
