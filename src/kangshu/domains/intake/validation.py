"""Whether a resource is FHIR R4: the adapter to `fhirkit-rs`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, cast

import fhirkit
import orjson

from kangshu.kernel.base.errors import Problem

MAX_PROBLEMS = 500
"""Problems told of one resource, lest an answer be a hundred times the size of what was sent."""

RESOURCE_TYPES: frozenset[str] = frozenset(fhirkit.RESOURCE_TYPES)

# fhirkit repeats the offending value, texts in quotes, numbers first; a value is personal data and stays out.
_VALUE = re.compile(r'"(?:[^"\\]|\\.)*"|`[^`]*`|^-?[0-9][0-9.eE+-]*')
_NO_TYPE = "is not a FHIR R4 resource type this build knows"
_BACKSLASH = ord("\\")
"""One byte is found ten times faster than six."""
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def problems_of(body: bytes) -> list[Problem]:
    """Every structural problem of a resource, with its path. An empty list: none.

    Terminology, invariants and profiles are not looked at here.
    """
    try:
        issues = fhirkit.validate(body)
    except fhirkit.ParseError as error:
        return [_problem("error", "", str(error))]
    found = [_problem(issue.severity, issue.path, issue.message) for issue in issues[:MAX_PROBLEMS]]
    if len(issues) > MAX_PROBLEMS:
        more = len(issues) - MAX_PROBLEMS
        found.append(Problem("error", "structure", "", f"There are {more} more problems."))
    if _BACKSLASH in body and rb"\u0000" in body and _NUL.search(body) and not found:
        found = [
            Problem("error", "value", path, "A string holds the character U+0000.") for path in _nuls(body)
        ]
    return found


def _nuls(body: bytes) -> list[str]:
    """Paths of the strings and names with a NUL, which FHIR forbids and no database can store."""
    resource = orjson.loads(body)
    return list(_walk(resource, resource["resourceType"]))


def _walk(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, str) and "\0" in value:
        yield path
    elif isinstance(value, list):
        for number, item in enumerate(cast(list[Any], value)):
            yield from _walk(item, f"{path}[{number}]")
    elif isinstance(value, dict):
        for name, item in cast(dict[str, Any], value).items():
            yield from _walk(item, f"{path}.{name}")


def _problem(severity: str, path: str, message: str) -> Problem:
    if message.endswith(_NO_TYPE):
        # Here fhirkit puts what was sent where a type should stand, in the path as well.
        place = path if "." in path else ""
        return Problem("error", "structure", place, "The resourceType is not one of FHIR R4.")
    kind = "error" if severity == "error" else "warning"
    return Problem(kind, "structure", path, _without_values(message))


def _without_values(message: str) -> str:
    """Whatever fhirkit quotes may be from somebody's data."""
    return _VALUE.sub("the value", message)
