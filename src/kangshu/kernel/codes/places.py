"""How the parts of a coding are called in the issues found with it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Places:
    """How the parts of a coding are called in the issues: as parameters, or below an element."""

    base: str
    code: str
    system: str
    version: str
    display: str


PARAMETERS = Places("code", "code", "system", "version", "display")


def places_below(element: str) -> Places:
    return Places(element, f"{element}.code", f"{element}.system", f"{element}.version", f"{element}.display")
