"""Whether a resource can be taken in: it has the structure of FHIR R4 and breaks none of the base rules."""

from __future__ import annotations

from typing import Any

import orjson

from kangshu.domains.intake.base_rules import RequiredCodes, broken_rules
from kangshu.domains.intake.validation import problems_of
from kangshu.kernel.base.errors import Problem

Json = dict[str, Any]


class Checker:
    """Looks at one resource at a time. Safe to share between threads."""

    def __init__(self, required: RequiredCodes) -> None:
        self._required = required

    def check(self, body: bytes) -> tuple[list[Problem], Json | None]:
        """Every problem of a resource, and the resource, parsed; None if a problem is an error."""
        problems = problems_of(body)
        if has_error(problems):
            return problems, None
        try:
            resource: Json = orjson.loads(body)
        except orjson.JSONDecodeError:
            # A number beyond what a double holds.
            return [Problem("error", "structure", "", "This cannot be read as JSON.")], None
        problems += broken_rules(body, resource, self._required)
        return problems, None if has_error(problems) else resource


def has_error(problems: list[Problem]) -> bool:
    """Whether one of the problems keeps the resource out."""
    return any(problem.severity == "error" for problem in problems)
