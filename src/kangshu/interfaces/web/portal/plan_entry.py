"""Entry of values: what was entered of an indicator, and the form for the commission of the place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from kangshu.app.platform import Platform
from kangshu.domains.planning.plan import Plan, PlanRow
from kangshu.interfaces.web.portal.page import Call, Page
from kangshu.interfaces.web.portal.plan_place import OpenPlan, open_plan, problems_in, writing_grant
from kangshu.kernel.base.errors import Invalid, NotFound
from kangshu.kernel.indicators.definition import Indicator
from kangshu.kernel.indicators.entry import Entry, known

FIELDS = ("period", "value", "source", "evidence")

State = Literal["current", "replaced", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Line:
    """An entry with what has become of it. `who`: a name; document: it stands in the pack of the place."""

    entry: Entry
    state: State
    who: str
    document: bool


@dataclass(frozen=True, slots=True)
class PlanEntryPage(Page):
    """rows: the indicators one can choose, with the newest period entered; lines: newest first; form: what
    was typed; problems: keys of the strings by field; may_enter: whether the form is for this reader;
    has_projects: whether the plan has any."""

    template: ClassVar[str] = "plan_entry.html"
    title: ClassVar[str] = "plan_entry.title"
    section: ClassVar[str] = "plans"

    place: str
    plan: Plan
    has_projects: bool
    rows: tuple[tuple[PlanRow, Indicator, str], ...]
    indicator: Indicator
    lines: tuple[Line, ...]
    form: Mapping[str, str]
    problems: Mapping[str, str]
    may_enter: bool

    @property
    def status(self) -> int:
        """422 where something typed was wrong."""
        return 422 if self.problems else 200


def plan_entry(platform: Platform, call: Call) -> PlanEntryPage:
    """The entries of the indicator of the address, or of the plan's first. Raises `NotFound`, `Refused`."""
    return _page(platform, call, open_plan(platform, call), {}, {})


def enter_value(platform: Platform, call: Call, form: Mapping[str, str]) -> PlanEntryPage | str:
    """Take what was typed; where to go on, or the page again with what is wrong. Raises `Refused`."""
    opened = open_plan(platform, call)
    indicator = _chosen(call, opened)
    grant = writing_grant(platform, call, opened, "enter")
    row = {key: form.get(key, "") for key in FIELDS}
    if form.get("decision") == "withdraw":
        row |= {"value": "", "source": call.words.say("plan_entry.withdraw")}
    elif not row["value"].strip():
        return _page(platform, call, opened, row, _empty_value(row))
    try:
        platform.planning.books.enter(grant, opened.content, indicator.id, row)
    except Invalid as error:
        return _page(platform, call, opened, row, problems_in(error))
    return f"/plans/{opened.content.place}/{opened.plan.name}/entry/{indicator.id}"


def _empty_value(row: Mapping[str, str]) -> Mapping[str, str]:
    """An empty value takes back; in the form for entering it was forgotten."""
    missing = [key for key in FIELDS if not row[key].strip()]
    return dict.fromkeys(missing, "plan_entry.problem_missing")


def _page(
    platform: Platform, call: Call, opened: OpenPlan, form: Mapping[str, str], problems: Mapping[str, str]
) -> PlanEntryPage:
    content, indicator = opened.content, _chosen(call, opened)
    documents = [each for each in content.entries if each.indicator == indicator.id]
    entered = platform.planning.books.entries(opened.grant, content)
    theirs = [each for each in entered if each.indicator == indicator.id]
    typed = {key: form.get(key, "") for key in FIELDS}
    return PlanEntryPage(
        content.place,
        opened.plan,
        opened.has_projects,
        _rows(opened, entered),
        indicator,
        _lines(call, documents, theirs),
        typed,
        problems,
        opened.may_enter,
    )


def _rows(opened: OpenPlan, entered: Sequence[Entry]) -> tuple[tuple[PlanRow, Indicator, str], ...]:
    newest: dict[str, str] = {}
    for each in sorted(known([*opened.content.entries, *entered]), key=lambda entry: entry.period):
        newest[each.indicator] = each.period.label
    return tuple(
        (row, opened.content.indicators.get(row.indicator), newest.get(row.indicator, "–"))
        for row in opened.plan.rows
    )


def _lines(call: Call, documents: Sequence[Entry], entered: Sequence[Entry]) -> tuple[Line, ...]:
    current = known([*documents, *entered])
    found = [
        Line(each, _state(each, current), each.who if written else call.name_of(each.who), written)
        for entries, written in ((documents, True), (entered, False))
        for each in entries
    ]
    return tuple(sorted(found, key=lambda line: (line.entry.recorded, line.entry.period), reverse=True))


def _state(entry: Entry, current: Sequence[Entry]) -> State:
    if entry.value is None:
        return "withdrawn"
    return "current" if entry in current else "replaced"


def _chosen(call: Call, opened: OpenPlan) -> Indicator:
    names = [row.indicator for row in opened.plan.rows]
    name = str(call.parts.get("indicator", names[0] if names else ""))
    if name not in names:
        raise NotFound("That indicator is not in the plan.", remedy="Choose one of its rows.")
    return opened.content.indicators.get(name)
