"""$lookup and $subsumes: what a code system says of a code, and how two of its codes stand to each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kangshu.kernel.base.errors import NotFound
from kangshu.kernel.codes.code_system import CodeSystem, Concept, Designation
from kangshu.kernel.codes.coding import Coding
from kangshu.kernel.codes.context import Context
from kangshu.kernel.codes.issues import CodesRefused, issue, one_of
from kangshu.kernel.codes.names import PREFERRED, named


@dataclass(frozen=True, slots=True)
class Found:
    """Everything known of one concept. `properties` are (code, kind of value, value, description)."""

    system: CodeSystem
    concept: Concept
    display: str
    designations: tuple[Designation, ...]
    properties: tuple[tuple[str, str, Any, str], ...]


def look_up(context: Context, coding: Coding, properties: tuple[str, ...] = ()) -> Found:
    """What is known of a code; `properties` names those that are wanted, none or `*` for all.

    Raises `CodesRefused` for an unknown system, `NotFound` for an unknown code.
    """
    system = known_system(context, coding)
    concept = known_concept(system, coding.code)
    name = named(system, concept, None, context.languages)
    others = name.others
    if name.display == concept.display and concept.display and system.language:
        others = (Designation(concept.display, system.language, PREFERRED), *others)
    return Found(system, concept, name.display, others, tuple(_properties(system, concept, properties)))


def subsumption(context: Context, one: Coding, other: Coding) -> str:
    """equivalent, subsumes, subsumed-by, or not-subsumed. Raises like `look_up`."""
    system = known_system(context, one)
    first, second = known_concept(system, one.code), known_concept(system, other.code)
    if first.code == second.code:
        return "equivalent"
    if system.subsumes(first.code, second.code):
        return "subsumes"
    return "subsumed-by" if system.subsumes(second.code, first.code) else "not-subsumed"


def known_system(context: Context, coding: Coding) -> CodeSystem:
    """The code system of a coding. Raises `CodesRefused` if it is not known."""
    system = context.system(coding.system, coding.version)
    if system is not None:
        return system
    known = context.library.system_versions(coding.system)
    if known:
        words = {"system": coding.system, "version": coding.version, "known": one_of(known)}
        raise CodesRefused(issue("UNKNOWN_CODESYSTEM_VERSION", "system", **words))
    raise CodesRefused(issue("UNKNOWN_CODESYSTEM", "system", system=coding.system))


def known_concept(system: CodeSystem, code: str) -> Concept:
    """The concept of a code. Raises `NotFound`."""
    concept = system.find(code)
    if concept is None:
        raise NotFound(f"The code system {system.canonical} has no such code.")
    return concept


def _properties(
    system: CodeSystem, concept: Concept, wanted: tuple[str, ...]
) -> list[tuple[str, str, Any, str]]:
    found: list[tuple[str, str, Any, str]] = [("inactive", "valueBoolean", system.is_inactive(concept), "")]
    own = {"inactive", "parent", "child"}
    found += [("parent", "valueCode", code, _display(system, code)) for code in concept.parents]
    found += [
        ("child", "valueCode", code, _display(system, code)) for code in system.children.get(concept.code, ())
    ]
    found += [(each.code, each.kind, each.value, "") for each in concept.properties if each.code not in own]
    is_all = not wanted or "*" in wanted
    return [each for each in found if is_all or each[0] in wanted or each[0] == "inactive"]


def _display(system: CodeSystem, code: str) -> str:
    concept = system.concepts.get(code)
    return concept.display if concept else ""
