"""Which concepts a value set holds, in order: what its includes bring less what its excludes take out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from kangshu.kernel.codes.code_system import CodeSystem, Concept
from kangshu.kernel.codes.coding import split_canonical
from kangshu.kernel.codes.context import Context
from kangshu.kernel.codes.filters import passes
from kangshu.kernel.codes.issues import CodesRefused, issue, one_of
from kangshu.kernel.codes.membership import check_value_set, contains
from kangshu.kernel.codes.value_set import Include, Listed, ValueSet
from kangshu.kernel.codes.versions import matches


@dataclass(frozen=True, slots=True)
class Found:
    """A concept that is in, before it is written down."""

    system: CodeSystem
    concept: Concept
    listed: Listed | None
    is_nested: bool
    shows_version: bool


def codes_of(context: Context, value_set: ValueSet) -> list[tuple[str, str]]:
    """(system, code) of everything in the value set: what a search `:in` looks for."""
    check_value_set(context, value_set)
    check_expandable(context, value_set)
    found = selected(context, value_set)
    return [(each.system.url, each.concept.code) for each in found]


def check_expandable(context: Context, value_set: ValueSet) -> None:
    """Raises `CodesRefused` for a system, version or value set that is named and not known or not allowed."""
    for include in (*value_set.includes, *value_set.excludes):
        if include.system:
            _check_system(context, include)
        for canonical in include.value_sets:
            found = context.value_set(canonical, value_set)
            if found is None:
                raise CodesRefused(_no_value_set(context, canonical))
            check_expandable(context, found)


def _no_value_set(context: Context, canonical: str):
    pinned = context.pinned(canonical)
    if pinned != canonical:
        url, version = split_canonical(pinned)
        return issue("VS_EXP_IMPORT_UNK_PINNED", value_set=url, version=version)
    return issue("Unable_to_resolve_value_Set_", value_set=canonical)


def _check_system(context: Context, include: Include) -> None:
    known = context.library.system_versions(include.system)
    asked = context.pins.effective(include.system, include.version)
    if not known:
        raise CodesRefused(issue("UNKNOWN_CODESYSTEM_EXP", system=include.system))
    version = context.version_for(include.system, include.version)
    if version is None:
        words = {"system": include.system, "version": asked, "known": one_of(known)}
        raise CodesRefused(issue("UNKNOWN_CODESYSTEM_VERSION_EXP", **words))
    required = context.pins.check.get(include.system, "")
    if required and not matches(required, version):
        words = {"version": version, "system": include.system, "wanted": required}
        raise CodesRefused(issue("VALUESET_VERSION_CHECK", **words))


def selected(
    context: Context, value_set: ValueSet, *, text: str = "", without_systems: Sequence[str] = ()
) -> Iterator[Found]:
    """What is in, each code once, in the order of the includes. `text`: only with all of these words."""
    seen: set[tuple[str, str, str]] = set()
    active = context.active_only or not value_set.inactive
    words = text.casefold().split()
    for each in _included(context, value_set):
        key = (each.system.url, each.system.version if each.shows_version else "", each.concept.code)
        if key in seen or each.system.url in without_systems:
            continue
        seen.add(key)
        if active and each.system.is_inactive(each.concept):
            continue
        if words and not _has_words(each, words):
            continue
        yield each


def _included(context: Context, value_set: ValueSet) -> Iterator[Found]:
    versioned = _mixed(value_set)
    for include in value_set.includes:
        for each in _of_include(context, value_set, include, shows_version=include.system in versioned):
            if not _is_excluded(context, value_set, each):
                yield each


def _of_include(
    context: Context, value_set: ValueSet, include: Include, *, shows_version: bool
) -> Iterator[Found]:
    inner = [context.value_set(each, value_set) for each in include.value_sets]
    others = [each for each in inner if each is not None]
    if include.system:
        system = context.system(include.system, include.version)
        assert system is not None
        for concept, listed in _concepts(system, include):
            if all(contains(context, each, system, concept) for each in others):
                yield Found(system, concept, listed, not include.listed, shows_version)
        return
    for each in selected(context, others[0]) if others else ():
        if all(contains(context, other, each.system, each.concept) for other in others[1:]):
            yield replace(each, is_nested=False)


def _concepts(system: CodeSystem, include: Include) -> Iterator[tuple[Concept, Listed | None]]:
    if include.listed:
        for code, listed in include.listed.items():
            concept = system.find(code)
            if concept is not None and all(passes(system, concept, each) for each in include.filters):
                yield concept, listed
        return
    for concept in system.concepts.values():
        if all(passes(system, concept, each) for each in include.filters):
            yield concept, None


def _is_excluded(context: Context, value_set: ValueSet, found: Found) -> bool:
    for exclude in value_set.excludes:
        inner = [context.value_set(each, value_set) for each in exclude.value_sets]
        if exclude.system and not _matches_exclude(context, exclude, found):
            continue
        others = [each for each in inner if each is not None]
        if all(contains(context, each, found.system, found.concept) for each in others):
            return True
    return False


def _matches_exclude(context: Context, exclude: Include, found: Found) -> bool:
    if exclude.system != found.system.url:
        return False
    if exclude.listed and found.concept.code not in exclude.listed:
        return False
    version = context.version_for(exclude.system, exclude.version, found.system.version)
    if version != found.system.version:
        return False
    return all(passes(found.system, found.concept, each) for each in exclude.filters)


def _mixed(value_set: ValueSet) -> set[str]:
    """Systems the value set has in more than one version: there each code must say which."""
    versions: dict[str, set[str]] = {}
    for include in value_set.includes:
        if include.system:
            versions.setdefault(include.system, set()).add(include.version)
    return {system for system, stated in versions.items() if len(stated) > 1}


def _has_words(found: Found, words: Sequence[str]) -> bool:
    concept = found.concept
    listed = found.listed
    names = [concept.code, concept.display, *(each.value for each in concept.designations)]
    names += [listed.display] if listed else []
    return any(all(word in name.casefold() for word in words) for name in names)
