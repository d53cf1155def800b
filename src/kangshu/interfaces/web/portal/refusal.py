"""The page that says no, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from kangshu.interfaces.web.portal.page import Page
from kangshu.kernel.base.errors import Gone, Invalid, KangshuError, NotFound, Refused

Refusal = Literal["forbidden", "missing", "gone", "invalid", "broken"]

_STATUS: dict[Refusal, int] = {"forbidden": 403, "missing": 404, "gone": 410, "invalid": 400, "broken": 500}


@dataclass(frozen=True, slots=True)
class RefusalPage(Page):
    """kind: what went wrong; reason: the policy's own words, empty where there are none."""

    template: ClassVar[str] = "refusal.html"
    title: ClassVar[str] = "refusal.forbidden"

    kind: Refusal
    reason: str

    @property
    def status(self) -> int:
        """HTTP status."""
        return _STATUS[self.kind]


def refusal_of(error: KangshuError) -> RefusalPage:
    """The page for an error. Its text names no person, so it may be shown."""
    if isinstance(error, Refused):
        return RefusalPage("forbidden", error.message)
    if isinstance(error, Gone):
        return RefusalPage("gone", "")
    if isinstance(error, NotFound):
        return RefusalPage("missing", "")
    return RefusalPage("invalid" if isinstance(error, Invalid) else "broken", "")
