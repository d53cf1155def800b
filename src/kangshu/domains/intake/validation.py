"""Whether a resource is FHIR R4: the adapter to `fhirkit-rs`."""

from __future__ import annotations

import re

import fhirkit

from kangshu.kernel.base.errors import Problem

RESOURCE_TYPES: frozenset[str] = frozenset(fhirkit.RESOURCE_TYPES)

# fhirkit quotes the offending value; a value is personal data and stays out of messages.
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"|`[^`]*`')
_NAMES = re.compile(r'"[A-Za-z][A-Za-z0-9_.]{0,63}"|`[A-Za-z][A-Za-z0-9_.]{0,63}`')


def problems_of(body: bytes) -> list[Problem]:
    """Every structural problem of a resource, with its path. An empty list: none.

    Terminology, invariants and profiles are not looked at here.
    """
    try:
        issues = fhirkit.validate(body)
    except fhirkit.ParseError as error:
        return [Problem("error", "structure", "", _without_values(str(error)))]
    return [
        Problem(
            "error" if issue.severity == "error" else "warning",
            "structure",
            issue.path,
            _without_values(issue.message),
        )
        for issue in issues
    ]


def _without_values(message: str) -> str:
    """Element and type names may stay: they are the standard's words. Anything else in quotes goes."""

    def keep(match: re.Match[str]) -> str:
        is_name = _NAMES.fullmatch(match[0]) and (
            "element" in message or "field" in message or "property" in message
        )
        return match[0] if is_name else "the value"

    return _QUOTED.sub(keep, message)
