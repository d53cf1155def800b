"""Whether a code is in a value set, without expanding it."""

from __future__ import annotations

from kangshu.kernel.base.errors import TooCostly
from kangshu.kernel.codes.code_system import CodeSystem, Concept
from kangshu.kernel.codes.context import Context
from kangshu.kernel.codes.filters import check_filter, passes
from kangshu.kernel.codes.issues import CodesRefused, issue
from kangshu.kernel.codes.value_set import Include, ValueSet

Trail = tuple[str, ...]


MOST_REFERENCES = 200
"""References from value set to value set that one question may lead through, each as often as it is met."""


def check_value_set(context: Context, value_set: ValueSet) -> None:
    """Raises `CodesRefused` if the value set refers to itself, or a filter of it cannot be understood.

    Value sets it refers to are checked as well; those that are not known are passed over here. Raises
    `TooCostly` where they refer to each other so much that no question could be answered.
    """
    _check(context, value_set, (), [0])


def _check(context: Context, value_set: ValueSet, trail: Trail, met: list[int]) -> None:
    key = value_set.canonical
    met[0] += 1
    if met[0] > MOST_REFERENCES:
        raise TooCostly("The value sets refer to each other too often.", remedy="Ask for a simpler one.")
    if key and key in trail:
        raise CodesRefused(
            issue("VALUESET_CIRCULAR_REFERENCE", value_set=key, trail=", ".join((*trail[1:], key)))
        )
    for include in (*value_set.includes, *value_set.excludes):
        for condition in include.filters:
            check_filter(include.system, condition)
        for canonical in include.value_sets:
            found = context.value_set(canonical, value_set)
            if found is not None:
                _check(context, found, (*trail, key) if key else trail, met)


def missing_imports(context: Context, value_set: ValueSet) -> list[str]:
    """Value sets it refers to, at any depth, that are not known."""
    missing: list[str] = []
    for include in (*value_set.includes, *value_set.excludes):
        for canonical in include.value_sets:
            found = context.value_set(canonical, value_set)
            if found is None:
                missing.append(context.pinned(canonical))
            else:
                missing += missing_imports(context, found)
    return missing


def contains(context: Context, value_set: ValueSet, system: CodeSystem, concept: Concept) -> bool:
    """Whether the value set holds a concept, in this version of its system."""
    if value_set.expansion is not None and not value_set.includes:
        return any(
            each.get("system") == system.url and each.get("code") == concept.code
            for each in value_set.expansion
        )
    if not value_set.inactive and system.is_inactive(concept):
        return False
    if not any(covers(context, value_set, each, system, concept) for each in value_set.includes):
        return False
    return not any(covers(context, value_set, each, system, concept) for each in value_set.excludes)


def covers(
    context: Context, value_set: ValueSet, include: Include, system: CodeSystem, concept: Concept
) -> bool:
    """Whether one include (or exclude) of a value set has the concept."""
    if include.system and not _has(context, include, system, concept):
        return False
    for canonical in include.value_sets:
        found = context.value_set(canonical, value_set)
        if found is None or not contains(context, found, system, concept):
            return False
    return bool(include.system or include.value_sets)


def inclusions(context: Context, value_set: ValueSet, system: str) -> list[tuple[ValueSet, Include]]:
    """Every include of the system, in the value set and in those it refers to."""
    found: list[tuple[ValueSet, Include]] = []
    for include in value_set.includes:
        if include.system == system:
            found.append((value_set, include))
        for canonical in include.value_sets:
            inner = context.value_set(canonical, value_set)
            if inner is not None:
                found += inclusions(context, inner, system)
    return found


def systems_of(context: Context, value_set: ValueSet) -> list[str]:
    """The code systems it takes codes from, those of value sets it refers to included."""
    found = [str(each.get("system", "")) for each in value_set.expansion or ()]
    for include in value_set.includes:
        if include.system:
            found.append(include.system)
        for canonical in include.value_sets:
            inner = context.value_set(canonical, value_set)
            if inner is not None:
                found += systems_of(context, inner)
    return list(dict.fromkeys(found))


def value_sets_of(context: Context, value_set: ValueSet) -> list[ValueSet]:
    """The value set and those it refers to."""
    found = [value_set]
    for include in value_set.includes:
        for canonical in include.value_sets:
            inner = context.value_set(canonical, value_set)
            if inner is not None:
                found += value_sets_of(context, inner)
    return found


def _has(context: Context, include: Include, system: CodeSystem, concept: Concept) -> bool:
    if include.system != system.url:
        return False
    if context.version_for(system.url, include.version, system.version) != system.version:
        return False
    if include.listed and concept.code not in include.listed:
        return False
    return all(passes(system, concept, condition) for condition in include.filters)
