"""$expand: every code of a value set, in order, page by page, flat or as a tree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kangshu.kernel.codes.code_system import PROPERTIES, STANDARDS_STATUS, CodeSystem, Concept, Designation
from kangshu.kernel.codes.coding import Json, canonical_of, split_canonical, value_of
from kangshu.kernel.codes.context import Context
from kangshu.kernel.codes.filters import passes
from kangshu.kernel.codes.issues import CodesRefused, issue, one_of
from kangshu.kernel.codes.membership import check_value_set, contains
from kangshu.kernel.codes.names import named
from kangshu.kernel.codes.validation import value_sets_of, warning_of
from kangshu.kernel.codes.value_set import Include, Listed, ValueSet
from kangshu.kernel.codes.versions import matches

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


@dataclass(frozen=True, slots=True)
class Expansion:
    """A page of an expansion, and what it was made from.

    used      (parameter, canonical) pairs to be told: used-codesystem, used-valueset, warning-draft …
    declared  properties that occur, by code, with their URI
    """

    total: int
    entries: tuple[Entry, ...]
    used: tuple[tuple[str, str], ...] = ()
    declared: Mapping[str, str] = field(default_factory=dict[str, str])
    fragments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Found:
    """A concept that is in, before it is written down."""

    system: CodeSystem
    concept: Concept
    listed: Listed | None
    is_nested: bool
    shows_version: bool


def expand(context: Context, value_set: ValueSet, wanted: Wanted = Wanted()) -> Expansion:
    """One page of the codes of a value set. Raises `CodesRefused` where it cannot be made or is too large."""
    check_value_set(context, value_set)
    check_expandable(context, value_set)
    found = _limited(value_set, wanted, list(_selected(context, value_set, wanted)))
    total = len(found)
    is_paged = wanted.count is not None or wanted.offset > 0
    if is_paged:
        end = None if wanted.count is None else wanted.offset + wanted.count
        found = found[wanted.offset : end]
    declared: dict[str, str] = {}
    entries = [_entry(context, each, wanted, declared) for each in found]
    # With something taken out, a tree would put codes where their definition does not.
    if not (wanted.is_flat or is_paged or value_set.excludes):
        entries = _as_tree(found, entries)
    systems = _systems(context, value_set)
    return Expansion(
        total=total,
        entries=tuple(entries),
        used=tuple(dict.fromkeys(_used(context, value_set, systems))),
        declared=declared,
        fragments=tuple(each.url for each in systems if each.content == "fragment"),
    )


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


def codes_of(context: Context, value_set: ValueSet) -> list[tuple[str, str]]:
    """(system, code) of everything in the value set: what a search `:in` looks for."""
    check_value_set(context, value_set)
    check_expandable(context, value_set)
    found = _selected(context, value_set, Wanted())
    return [(each.system.url, each.concept.code) for each in found]


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


# -- choosing


def _selected(context: Context, value_set: ValueSet, wanted: Wanted) -> Iterator[_Found]:
    """What is in, each code once, in the order of the includes."""
    seen: set[tuple[str, str, str]] = set()
    active = context.active_only or not value_set.inactive
    words = wanted.text.casefold().split()
    for each in _included(context, value_set):
        key = (each.system.url, each.system.version if each.shows_version else "", each.concept.code)
        if key in seen or each.system.url in wanted.without_systems:
            continue
        seen.add(key)
        if active and each.system.is_inactive(each.concept):
            continue
        if words and not _has_words(each, words):
            continue
        yield each


def _included(context: Context, value_set: ValueSet) -> Iterator[_Found]:
    versioned = _mixed(value_set)
    for include in value_set.includes:
        for each in _of_include(context, value_set, include, shows_version=include.system in versioned):
            if not _is_excluded(context, value_set, each):
                yield each


def _of_include(
    context: Context, value_set: ValueSet, include: Include, *, shows_version: bool
) -> Iterator[_Found]:
    inner = [context.value_set(each, value_set) for each in include.value_sets]
    others = [each for each in inner if each is not None]
    if include.system:
        system = context.system(include.system, include.version)
        assert system is not None
        for concept, listed in _concepts(system, include):
            if all(contains(context, each, system, concept) for each in others):
                yield _Found(system, concept, listed, not include.listed, shows_version)
        return
    for each in _selected(context, others[0], Wanted()) if others else ():
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


def _is_excluded(context: Context, value_set: ValueSet, found: _Found) -> bool:
    for exclude in value_set.excludes:
        inner = [context.value_set(each, value_set) for each in exclude.value_sets]
        if exclude.system and not _matches_exclude(context, exclude, found):
            continue
        others = [each for each in inner if each is not None]
        if all(contains(context, each, found.system, found.concept) for each in others):
            return True
    return False


def _matches_exclude(context: Context, exclude: Include, found: _Found) -> bool:
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


def _has_words(found: _Found, words: Sequence[str]) -> bool:
    concept = found.concept
    listed = found.listed
    names = [concept.code, concept.display, *(each.value for each in concept.designations)]
    names += [listed.display] if listed else []
    return any(all(word in name.casefold() for word in words) for name in names)


def _limited(value_set: ValueSet, wanted: Wanted, found: list[_Found]) -> list[_Found]:
    size = len(found) if wanted.count is None else min(wanted.count, len(found))
    if size > wanted.most:
        raise CodesRefused(issue("VALUESET_TOO_COSTLY", value_set=value_set.label, limit=str(wanted.most)))
    return found


# -- writing down


def _entry(context: Context, found: _Found, wanted: Wanted, declared: dict[str, str]) -> Entry:
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


def _properties(found: _Found, wanted: Wanted, declared: dict[str, str]) -> list[tuple[str, str, Any]]:
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


def _as_tree(found: Sequence[_Found], entries: Sequence[Entry]) -> list[Entry]:
    """Entries below the nearest broader concept that is there as well; listed codes stay side by side."""
    numbers = {
        (each.system.canonical, each.concept.code): n for n, each in enumerate(found) if each.is_nested
    }
    below: dict[int, list[int]] = {}
    tops: list[int] = []
    for number, each in enumerate(found):
        above = _above(each, numbers) if each.is_nested else None
        (tops if above is None else below.setdefault(above, [])).append(number)
    return [_grown(number, entries, below) for number in tops]


def _above(found: _Found, numbers: Mapping[tuple[str, str], int]) -> int | None:
    for parent in found.concept.parents:
        number = numbers.get((found.system.canonical, parent))
        if number is not None:
            return number
    return None


def _grown(number: int, entries: Sequence[Entry], below: Mapping[int, Sequence[int]]) -> Entry:
    inner = tuple(_grown(each, entries, below) for each in below.get(number, ()))
    return replace(entries[number], below=inner) if inner else entries[number]


def _systems(context: Context, value_set: ValueSet) -> list[CodeSystem]:
    found: dict[str, CodeSystem] = {}
    for each in value_sets_of(context, value_set):
        for include in each.includes:
            system = context.system(include.system, include.version) if include.system else None
            if system is not None:
                found[system.canonical] = system
    return list(found.values())


def _used(context: Context, value_set: ValueSet, systems: Sequence[CodeSystem]) -> Iterator[tuple[str, str]]:
    for system in systems:
        yield "used-codesystem", system.canonical
        if system.content == "fragment":
            yield "used-fragment", system.canonical
        for supplement in system.used_supplements:
            yield "used-supplement", supplement
        if warning_of(system):
            yield f"warning-{warning_of(system)}", system.canonical
    for each in value_sets_of(context, value_set):
        if each is not value_set and each.url and f"#{each.resource.get('id')}" not in value_set.contained:
            yield "used-valueset", each.canonical
        if each.url and warning_of(each):
            yield f"warning-{warning_of(each)}", each.canonical
    yield from _pins_used(context, value_set)


def _pins_used(context: Context, value_set: ValueSet) -> Iterator[tuple[str, str]]:
    pins = context.pins
    for each in value_sets_of(context, value_set):
        for include in each.includes:
            url = include.system
            if url in pins.force:
                yield "force-system-version", canonical_of(url, pins.force[url])
            elif url and not include.version and url in pins.check:
                yield "check-system-version", canonical_of(url, pins.check[url])
            elif url and not include.version and url in pins.default:
                yield "system-version", canonical_of(url, pins.default[url])
            for canonical in include.value_sets:
                if context.pinned(canonical) != canonical:
                    yield "default-valueset-version", context.pinned(canonical)
