"""OperationOutcome: the one shape of every error, and of what went well.

https://hl7.org/fhir/R4/operationoutcome.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from kangshu.interfaces.web.fhir.call import Answer
from kangshu.kernel.base.errors import (
    Conflict,
    Gone,
    Invalid,
    KangshuError,
    NotFound,
    Problem,
    Refused,
    TooCostly,
    Unavailable,
)

ISSUE_TYPES = frozenset(
    (
        "invalid structure required value invariant security login unknown expired forbidden suppressed "
        "processing not-supported duplicate multiple-matches not-found deleted too-long code-invalid "
        "extension too-costly business-rule conflict transient lock-error no-store exception timeout "
        "incomplete throttled informational"
    ).split()
)
"""https://hl7.org/fhir/R4/valueset-issue-type.html"""

_CODES = {"gone": "deleted", "error": "processing", "insufficient-scope": "forbidden"}
_STATUS: tuple[tuple[type[KangshuError], int], ...] = (
    (NotFound, 404),
    (Gone, 410),
    (Refused, 403),
    (Conflict, 409),
    (TooCostly, 413),
    (Invalid, 400),
    (Unavailable, 503),
)


class Failure(KangshuError):
    """A request that HTTP itself has a status for: wrong method, media type, precondition …"""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        remedy: str = "",
        headers: Mapping[str, str] | None = None,
        problems: tuple[Problem, ...] = (),
    ) -> None:
        super().__init__(message, remedy=remedy, code=code)
        self.status = status
        self.headers = headers or {}
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Issue:
    """One line of an OperationOutcome. `expression` names the element or parameter, "" for none."""

    severity: str
    code: str
    diagnostics: str
    expression: str = ""


def status_of(error: KangshuError) -> int:
    """The HTTP status that tells this error."""
    if isinstance(error, Failure):
        return error.status
    for kind, status in _STATUS:
        if isinstance(error, kind):
            return status
    return 500


def issues_of(error: KangshuError) -> list[Issue]:
    """One issue per problem, or one for the error itself. Never empty."""
    return [issue_of(problem) for problem in error.as_problems()]


def issue_of(problem: Problem) -> Issue:
    return Issue(problem.severity, issue_type(problem.code), problem.message, problem.path)


def issue_type(code: str) -> str:
    """The FHIR issue type for a code of ours."""
    code = _CODES.get(code, code)
    return code if code in ISSUE_TYPES else "processing"


def outcome(issues: Iterable[Issue]) -> dict[str, Any]:
    """An OperationOutcome resource."""
    return {"resourceType": "OperationOutcome", "issue": [_line(issue) for issue in issues]}


def answer_of(error: KangshuError) -> Answer:
    """The answer that tells an error."""
    headers = error.headers if isinstance(error, Failure) else {}
    return Answer(status_of(error), orjson.dumps(outcome(issues_of(error))), headers)


def done(message: str) -> bytes:
    """The OperationOutcome of something that went well."""
    return orjson.dumps(outcome([Issue("information", "informational", message)]))


def _line(issue: Issue) -> dict[str, Any]:
    line: dict[str, Any] = {
        "severity": issue.severity,
        "code": issue.code,
        "diagnostics": issue.diagnostics,
    }
    if issue.expression:
        line["expression"] = [issue.expression]
    return line
