"""The page that says no, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from kangshu.interfaces.web.portal.grants import Denied, NotInCare
from kangshu.interfaces.web.portal.page import Page
from kangshu.kernel.base.errors import Gone, Invalid, KangshuError, NotFound, Refused, TooCostly

Refusal = Literal["forbidden", "missing", "gone", "invalid", "broken"]

_STATUS: dict[Refusal, int] = {"forbidden": 403, "missing": 404, "gone": 410, "invalid": 400, "broken": 500}


@dataclass(frozen=True, slots=True)
class RefusalPage(Page):
    """kind: what went wrong; action and purpose that no policy allows; reason: the policy's own words;
    not_in_care: nothing of this person is for the reader. Empty where it does not apply."""

    template: ClassVar[str] = "refusal.html"
    title: ClassVar[str] = "refusal.forbidden"

    kind: Refusal
    reason: str = ""
    action: str = ""
    purpose: str = ""
    not_in_care: bool = False

    @property
    def status(self) -> int:
        """HTTP status."""
        return _STATUS[self.kind]


def refusal_of(error: KangshuError) -> RefusalPage:
    """The page for an error. Its text names no person, so it may be shown."""
    if isinstance(error, Denied):
        return RefusalPage("forbidden", error.message, error.action, error.purpose)
    if isinstance(error, Refused):
        return RefusalPage("forbidden", not_in_care=isinstance(error, NotInCare))
    if isinstance(error, Gone):
        return RefusalPage("gone")
    if isinstance(error, NotFound):
        return RefusalPage("missing")
    return RefusalPage("invalid" if isinstance(error, Invalid | TooCostly) else "broken")
