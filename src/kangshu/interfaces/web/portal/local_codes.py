"""The steward's list of local codes: what they are, what they may mean, and the decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from kangshu.app import local_codes as work
from kangshu.app.platform import Platform
from kangshu.domains.terminology.suggestions import Suggestion
from kangshu.interfaces.web.portal.grants import grant_for
from kangshu.interfaces.web.portal.page import Call, Page
from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.facts.local_codes import LocalCode
from kangshu.kernel.policies.definition import Grant, Resource

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Row:
    """A local code in the list."""

    id: int
    code: str
    name: str
    institution: str
    kind: str
    seen: int


@dataclass(frozen=True, slots=True)
class LocalCodesPage(Page):
    """rows: the most frequent first; before, after: how many to skip for those pages, or None."""

    template: ClassVar[str] = "local_codes.html"
    title: ClassVar[str] = "local_codes.title"
    section: ClassVar[str] = "local_codes"

    rows: tuple[Row, ...]
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class LocalCodePage(Page):
    """row: the code; suggestions: the likeliest first; standard: the title of the system they are of, "" if
    it is not imported; equivalences: how the two may stand to each other."""

    template: ClassVar[str] = "local_code.html"
    title: ClassVar[str] = "local_codes.one"
    section: ClassVar[str] = "local_codes"

    row: LocalCode
    institution: str
    standard: str
    suggestions: tuple[Suggestion, ...]
    equivalences: tuple[str, ...]


def local_codes(platform: Platform, call: Call) -> LocalCodesPage:
    """Codes that wait for a decision. Raises `Refused`."""
    skipped = call.number("after") or 0
    found = work.work_list(platform, _grant(platform, call), after=skipped, limit=SHOWN + 1)
    rows = tuple(
        Row(
            each.id,
            each.code,
            each.display,
            platform.institutions.get(each.org).name,
            each.type,
            each.occurrences,
        )
        for each in found[:SHOWN]
    )
    before = max(skipped - SHOWN, 0) if skipped else None
    return LocalCodesPage(rows, before, skipped + SHOWN if len(found) > SHOWN else None)


def local_code(platform: Platform, call: Call) -> LocalCodePage:
    """One code with what it may mean. Raises `NotFound`, `Refused`."""
    row = work.local_code(platform, _grant(platform, call), int(call.parts["item"]))
    system = platform.codes.library().code_system(row.target)
    return LocalCodePage(
        row=row,
        institution=platform.institutions.get(row.org).name,
        standard=(system.title or system.name or system.url) if system else "",
        suggestions=tuple(work.suggestions(platform, row)),
        equivalences=work.EQUIVALENCES,
    )


def decide(platform: Platform, call: Call, form: Mapping[str, str]) -> None:
    """Take down what the steward decided. Raises `Invalid`, `NotFound`, `Refused`."""
    grant, item = _grant(platform, call), int(call.parts["item"])
    if form.get("decision") == "reject":
        work.reject(platform, grant, item, note=form.get("note", "")[:500])
        return
    code = (form.get("other", "") or form.get("code", "")).strip()
    if not code:
        raise Invalid("No standard code was chosen.", remedy="Choose one, or reject the local code.")
    equivalence = form.get("equivalence", "equivalent")
    work.approve(platform, grant, item, code, equivalence=equivalence, note=form.get("note", "")[:500])


def _grant(platform: Platform, call: Call) -> Grant:
    return grant_for(platform, call.principal, "steward", Resource("work_item"))
