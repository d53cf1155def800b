"""The ledger of projects: money and works beside the time, and the form for their progress."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from kangshu.app.platform import Platform
from kangshu.domains.planning.ledger import Progress, ProjectStanding
from kangshu.domains.planning.plan import Plan
from kangshu.domains.planning.report import Money, money_of
from kangshu.interfaces.web.portal.page import Call, Page
from kangshu.interfaces.web.portal.plan_place import OpenPlan, open_plan, problems_in, writing_grant
from kangshu.interfaces.web.portal.quality_ranked import today_of
from kangshu.kernel.base.errors import Invalid, NotFound

SHOWN = 50
"""Entries that are listed; the report has the newest of each day."""

FIELDS = ("project", "day", "paid", "work", "source", "evidence")


@dataclass(frozen=True, slots=True)
class PlanProjectsPage(Page):
    """projects: how each stands; money: all together; behind: how many are behind or late; entered: all
    entries with project and name of who made them, newest first; form: what was typed; problems: keys of the
    strings by field; may_enter: whether the form is for this reader."""

    template: ClassVar[str] = "plan_projects.html"
    title: ClassVar[str] = "plan_projects.title"
    section: ClassVar[str] = "plans"

    place: str
    plan: Plan
    projects: tuple[ProjectStanding, ...]
    money: Money | None
    behind: int
    entered: tuple[tuple[Progress, str, str], ...]
    form: Mapping[str, str]
    problems: Mapping[str, str]
    may_enter: bool

    @property
    def status(self) -> int:
        """422 where something typed was wrong."""
        return 422 if self.problems else 200


def plan_projects(platform: Platform, call: Call) -> PlanProjectsPage:
    """The projects of a plan. Raises `NotFound`, `Refused`."""
    return _page(platform, call, open_plan(platform, call), {}, {})


def enter_progress(platform: Platform, call: Call, form: Mapping[str, str]) -> PlanProjectsPage | str:
    """Take what was typed; where to go on, or the page again with what is wrong. Raises `Refused`."""
    opened = open_plan(platform, call)
    grant = writing_grant(platform, call, opened, "enter")
    row = {key: form.get(key, "") for key in FIELDS}
    try:
        platform.planning.books.enter_progress(grant, opened.content, row["project"], row)
    except NotFound:
        return _page(platform, call, opened, row, {"project": "plan_entry.problem_missing"})
    except Invalid as error:
        return _page(platform, call, opened, row, problems_in(error))
    return f"/plans/{opened.content.place}/{opened.plan.name}/projects"


def _page(
    platform: Platform, call: Call, opened: OpenPlan, form: Mapping[str, str], problems: Mapping[str, str]
) -> PlanProjectsPage:
    books, content = platform.planning.books, opened.content
    if not content.projects_of(opened.plan):
        raise NotFound("That plan has no projects.", remedy="Projects stand in projects.tsv of its place.")
    found = books.projects(opened.grant, content, on=today_of(call))
    newest = reversed(books.progress(opened.grant, content)[-SHOWN:])
    names = {each.no: each.project for each in content.projects}
    return PlanProjectsPage(
        content.place,
        opened.plan,
        found,
        money_of(found),
        sum(each.course in ("behind", "late") for each in found),
        tuple((each, names.get(each.project, each.project), call.name_of(each.who)) for each in newest),
        {key: form.get(key, "") for key in FIELDS},
        problems,
        opened.may_enter,
    )
