"""What the modifiers of a search by code stand for, as plain codes.

https://hl7.org/fhir/R4/search.html#token
"""

from __future__ import annotations

from kangshu.kernel.base.errors import NotFound
from kangshu.kernel.codes.coding import Coding
from kangshu.kernel.codes.context import Context
from kangshu.kernel.codes.library import Library
from kangshu.kernel.codes.lookup import known_concept, known_system
from kangshu.kernel.codes.selection import codes_of

CODE_MODIFIERS = frozenset({"in", "not-in", "above", "below"})


def codes_meant(library: Library, modifier: str, value: str) -> list[tuple[str, str]]:
    """(system, code) of everything in a value set (`in`, `not-in`: its URL), or of a code and all that is
    `above` or `below` it (`system|code`).

    Raises `NotFound` or `Invalid` for a value set, system or code that is not known.
    """
    context = Context(library)
    if modifier in ("in", "not-in"):
        value_set = library.value_set(value)
        if value_set is None:
            raise NotFound("There is no such value set.")
        return codes_of(context, value_set)
    system_url, _, code = value.rpartition("|")
    system = known_system(context, Coding(system_url, code))
    concept = known_concept(system, code)
    others = system.ancestors(concept.code) if modifier == "above" else system.descendants(concept.code)
    return [(system.url, each) for each in (concept.code, *others)]
