"""SMART App Launch scopes (versions 1 and 2): what a token lets its bearer do.

https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

_CLINICAL = re.compile(r"(patient|user|system)/(\*|[A-Z][A-Za-z]*)\.(read|write|\*|(?=[cruds])c?r?u?d?s?)")

_VERSION_1 = {"read": "rs", "write": "cud", "*": "cruds"}

_NEEDED = {
    "read": "r",
    "search": "s",
    "search_residents": "s",
    "history": "rs",
    "export": "rs",
    "view_record": "rs",
    "create": "c",
    "update": "u",
    "delete": "d",
}
"""The letters an action on facts needs. Any other action is not something a scope can allow."""


@dataclass(frozen=True, slots=True)
class SmartScope:
    """One clinical scope: `context` patient, user or system; `type` None for `*`; `letters` of `cruds`."""

    context: str
    type: str | None
    letters: frozenset[str]


def parse_smart_scope(text: str) -> SmartScope | None:
    """Read one scope. None if it is not a clinical scope, or narrows by a query (`?category=…`).

    A narrowing query cannot be kept by a row filter on type, so such a scope grants nothing
    rather than too much.
    """
    match = _CLINICAL.fullmatch(text)
    if match is None:
        return None
    context, fact_type, letters = match.groups()
    return SmartScope(
        context, None if fact_type == "*" else fact_type, frozenset(_VERSION_1.get(letters, letters))
    )


def covered_types(scopes: Iterable[str], context: str | None, action: str) -> frozenset[str] | None:
    """The types on which `scopes` of one context (None: any) allow the action; None means every type."""
    needed = _NEEDED.get(action)
    if needed is None:
        return frozenset()
    found: set[str] = set()
    for scope in _parse_all(tuple(scopes)):
        if context not in (None, scope.context) or not scope.letters.issuperset(needed):
            continue
        if scope.type is None:
            return None
        found.add(scope.type)
    return frozenset(found)


@lru_cache(maxsize=4096)
def _parse_all(scopes: tuple[str, ...]) -> tuple[SmartScope, ...]:
    return tuple(scope for text in scopes if (scope := parse_smart_scope(text)) is not None)
