"""Which of its names a concept is shown under, and whether a name that was sent is one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kangshu.kernel.codes.code_system import STANDARDS_STATUS, CodeSystem, Concept, Designation
from kangshu.kernel.codes.coding import extension_value
from kangshu.kernel.codes.language import Languages, covers
from kangshu.kernel.codes.value_set import Listed

PREFERRED = {
    "system": "http://terminology.hl7.org/CodeSystem/hl7TermMaintInfra",
    "code": "preferredForLanguage",
}
_WITHDRAWN = frozenset({"withdrawn", "deprecated"})


@dataclass(frozen=True, slots=True)
class Named:
    """The name to show ("" if none is good), and all others."""

    display: str
    others: tuple[Designation, ...]


def named(system: CodeSystem, concept: Concept, listed: Listed | None, languages: Languages) -> Named:
    """The name of a concept in the languages wanted, else its own; and its other names."""
    own = own_name(system, concept, listed)
    others = (*concept.designations, *(listed.designations if listed else ()))
    names = ([own] if own else []) + list(others)
    chosen = _chosen(names, languages)
    if chosen is None and own is not None and not languages.only:
        chosen = own
    rest = [each for each in names if each is not chosen and each is not own]
    if own is not None and chosen is not own:
        rest.insert(0, Designation(own.value, own.language, PREFERRED))
    return Named(chosen.value if chosen else "", tuple(rest))


def own_name(system: CodeSystem, concept: Concept, listed: Listed | None) -> Designation | None:
    """The name without a wish: that of the include, else that of the system. None if there is none."""
    value = (listed.display if listed else "") or concept.display
    return Designation(value, system.language) if value else None


def valid_names(
    system: CodeSystem, concept: Concept, listed: Listed | None, languages: Languages
) -> list[Designation]:
    """Names that are right for the languages (every one, without a wish)."""
    own = own_name(system, concept, listed)
    names = ([own] if own else []) + [
        each
        for each in (*concept.designations, *(listed.designations if listed else ()))
        if not is_withdrawn(each)
    ]
    if not languages or languages.any_other:
        return names
    return [each for each in names if _serves(each, languages)]


def is_withdrawn(name: Designation) -> bool:
    """Whether a name is no longer to be used."""
    return status_of(name) in _WITHDRAWN


def status_of(name: Designation) -> str:
    return str(extension_value(name.extensions, STANDARDS_STATUS) or "")


def is_same(one: str, other: str) -> bool:
    """Names are equal whatever the case."""
    return one.casefold() == other.casefold()


def is_same_but_blanks(one: str, other: str) -> bool:
    return is_same(" ".join(one.split()), " ".join(other.split()))


def _chosen(names: Sequence[Designation], languages: Languages) -> Designation | None:
    for wanted in languages.wanted:
        exact = [each for each in names if each.language.lower() == wanted.lower()]
        variants = [each for each in names if each.language and covers(wanted, each.language)]
        for each in (*exact, *variants):
            if each.use is None and not is_withdrawn(each):
                return each
    return None


def _serves(name: Designation, languages: Languages) -> bool:
    if not name.language:
        return False
    return any(covers(wanted, name.language) for wanted in languages.wanted)
