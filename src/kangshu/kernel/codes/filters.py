"""Conditions on concepts: the filters of value sets.

https://hl7.org/fhir/R4/valueset-filter-operator.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from kangshu.kernel.codes.code_system import CodeSystem, Concept
from kangshu.kernel.codes.issues import CodesRefused, issue
from kangshu.kernel.codes.patterns import full_matches
from kangshu.kernel.codes.value_set import Filter

_HIERARCHY = frozenset({"concept", "code"})


def passes(system: CodeSystem, concept: Concept, condition: Filter) -> bool:
    """Whether a concept satisfies a filter. The filter was checked by `check_filter`."""
    return _OPERATORS[condition.op](system, concept, condition)


def check_filter(system: str, condition: Filter) -> None:
    """Raises `CodesRefused` for a filter without a value, or of an operator that is not known."""
    words = {"system": system, "property": condition.property, "op": condition.op}
    if not condition.value:
        raise CodesRefused(issue("UNABLE_TO_HANDLE_SYSTEM_FILTER_WITH_NO_VALUE", condition.at, **words))
    is_of_hierarchy = condition.op in _OF_HIERARCHY
    if condition.op not in _OPERATORS or (is_of_hierarchy and condition.property not in _HIERARCHY):
        raise CodesRefused(issue("FILTER_NOT_UNDERSTOOD", condition.at, **words))


def values_of(system: CodeSystem, concept: Concept, name: str) -> list[str]:
    """The values a concept has of a property, those that FHIR itself gives every concept included."""
    match name:
        case "concept" | "code":
            return [concept.code]
        case "display":
            return [concept.display, *(each.value for each in concept.designations)]
        case "definition":
            return [concept.definition] if concept.definition else []
        case "parent":
            return list(concept.parents)
        case "child":
            return list(system.children.get(concept.code, ()))
        case "inactive":
            return [str(system.is_inactive(concept)).lower()]
        case _:
            return [_written(value) for value in system.values(concept, name)]


def _written(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return str(cast("dict[str, object]", value).get("code", ""))
    return str(value)


def _equal(system: CodeSystem, concept: Concept, condition: Filter) -> bool:
    return condition.value in values_of(system, concept, condition.property)


def _is_a(system: CodeSystem, concept: Concept, condition: Filter) -> bool:
    return system.subsumes(condition.value, concept.code)


def _is_not_a(system: CodeSystem, concept: Concept, condition: Filter) -> bool:
    return not system.subsumes(condition.value, concept.code)


def _descendent_of(system: CodeSystem, concept: Concept, condition: Filter) -> bool:
    return concept.code != condition.value and system.subsumes(condition.value, concept.code)


def _generalizes(system: CodeSystem, concept: Concept, condition: Filter) -> bool:
    return system.subsumes(concept.code, condition.value)


def _child_of(_system: CodeSystem, concept: Concept, condition: Filter) -> bool:
    return condition.value in concept.parents


def _descendent_leaf(system: CodeSystem, concept: Concept, condition: Filter) -> bool:
    is_leaf = not system.children.get(concept.code)
    return is_leaf and _descendent_of(system, concept, condition)


def _regex(system: CodeSystem, concept: Concept, condition: Filter) -> bool:
    return any(full_matches(condition.value, values_of(system, concept, condition.property)))


def _in(system: CodeSystem, concept: Concept, condition: Filter) -> bool:
    wanted = {each.strip() for each in condition.value.split(",")}
    return not wanted.isdisjoint(values_of(system, concept, condition.property))


def _not_in(system: CodeSystem, concept: Concept, condition: Filter) -> bool:
    return not _in(system, concept, condition)


def _exists(system: CodeSystem, concept: Concept, condition: Filter) -> bool:
    return bool(values_of(system, concept, condition.property)) == (condition.value.lower() == "true")


_OF_HIERARCHY: Mapping[str, Callable[[CodeSystem, Concept, Filter], bool]] = {
    "is-a": _is_a,
    "is-not-a": _is_not_a,
    "descendent-of": _descendent_of,
    "generalizes": _generalizes,
    "child-of": _child_of,
    "descendent-leaf": _descendent_leaf,
}
_OPERATORS: Mapping[str, Callable[[CodeSystem, Concept, Filter], bool]] = {
    "=": _equal,
    "regex": _regex,
    "in": _in,
    "not-in": _not_in,
    "exists": _exists,
    **_OF_HIERARCHY,
}
