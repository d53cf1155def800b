"""Errors and problems.

An *error* stops what was asked; a *problem* is something wrong with one message, found
together with all the others. Both name the place and the remedy, branch on a stable
`code`, and never repeat a value that came from a person's data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self


class KangshuError(Exception):
    """Base of every error Kangshu raises on purpose.

    `code` is stable and meant for programs; `message` says what and where;
    `remedy` says what the reader can do about it; `problems` lists what is wrong, where that is more.
    """

    code = "error"
    problems: tuple[Problem, ...] = ()

    def __init__(self, message: str, *, remedy: str = "", code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        if code is not None:
            self.code = code

    def as_problems(self, path: str = "") -> tuple[Problem, ...]:
        """Everything that is wrong: the problems, else the error itself as one, at a path."""
        return self.problems or (Problem("error", self.code, path, str(self)),)

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class NotFound(KangshuError):
    """Nothing is stored under that address, or the caller may not know that it is."""

    code = "not-found"


class Gone(KangshuError):
    """What was stored there has been deleted."""

    code = "gone"


class Conflict(KangshuError):
    """Another writer was first: the expected version is not the current one."""

    code = "conflict"


class Refused(KangshuError):
    """The policy gives no grant for this."""

    code = "forbidden"


class Invalid(KangshuError):
    """The input breaks a rule; `problems` lists every one that was found."""

    code = "invalid"

    def __init__(
        self,
        message: str,
        *,
        remedy: str = "",
        code: str | None = None,
        problems: tuple[Problem, ...] = (),
    ) -> None:
        super().__init__(message, remedy=remedy, code=code)
        self.problems = problems

    @classmethod
    def at(cls, path: str, message: str, code: str = "invalid") -> Self:
        """One thing that is wrong, at a path."""
        return cls(message, code=code, problems=(Problem.at(path, message, code),))


class NotSupported(Invalid):
    """The request is legal, but this part of the standard is not offered here."""

    code = "not-supported"


class TooCostly(KangshuError):
    """A limit on size, depth, count or time was passed."""

    code = "too-costly"


class Unavailable(KangshuError):
    """Something Kangshu stands on does not answer: the database, mostly. Trying again later may help."""

    code = "transient"


Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one message.

    `code` is an issue type of the FHIR value set `issue-type` (structure, required, value …),
    `path` the element (`Patient.name[0].given[1]`) or the line, `message` free of personal data.
    """

    severity: Severity
    code: str
    path: str
    message: str

    @classmethod
    def at(cls, path: str, message: str, code: str = "invalid") -> Self:
        """An error at a path."""
        return cls("error", code, path, message)
