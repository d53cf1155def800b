"""Published and restated: what was made public of a closed period, and what is known of it now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from kangshu.app.platform import Platform
from kangshu.app.publishing import issued, known_results, publish_known
from kangshu.domains.planning.plan import Plan
from kangshu.domains.planning.publishing import Issue, open_issues
from kangshu.interfaces.web.portal.page import Call, Page
from kangshu.interfaces.web.portal.plan_place import OpenPlan, open_plan, writing_grant
from kangshu.interfaces.web.portal.quality_ranked import today_of
from kangshu.kernel.base.errors import Conflict, Invalid
from kangshu.kernel.indicators.definition import Indicator
from kangshu.kernel.indicators.publication import Restatement

SHOWN = 40
"""Changed cells of a publication that are listed."""

ALL = "*"
"""Stands for every indicator in the choice of what is published."""


@dataclass(frozen=True, slots=True)
class Publication:
    """A publication with who made it, by name.

    total: what has changed of the cell of everybody; parts: of other cells, and how many more there are
    """

    issue: Issue
    who: str
    total: Restatement | None
    parts: tuple[Restatement, ...]
    more: int


@dataclass(frozen=True, slots=True)
class PlanPublishedPage(Page):
    """publications: newest first; choices: by period what can be published; problem: a key of the strings;
    may_publish: whether the form is for this reader."""

    template: ClassVar[str] = "plan_published.html"
    title: ClassVar[str] = "plan_published.title"
    section: ClassVar[str] = "plans"

    place: str
    plan: Plan
    has_projects: bool
    publications: tuple[Publication, ...]
    choices: tuple[tuple[str, tuple[Indicator, ...]], ...]
    problem: str
    may_publish: bool

    @property
    def status(self) -> int:
        """422 where nothing could be published."""
        return 422 if self.problem else 200


def plan_published(platform: Platform, call: Call) -> PlanPublishedPage:
    """What a place has published. Raises `NotFound`, `Refused`."""
    return _page(platform, call, open_plan(platform, call), "")


def publish_value(platform: Platform, call: Call, form: Mapping[str, str]) -> PlanPublishedPage | str:
    """Publish what was chosen; where to go on, or the page again with what is wrong. Raises `Refused`."""
    opened = open_plan(platform, call)
    grant = writing_grant(platform, call, opened, "publish")
    name, _, period = form.get("choice", "").partition("|")
    offered = dict(_choices(platform, call, opened)).get(period, ())
    names = [each.id for each in offered if name in (ALL, each.id)]
    if not names:
        return _page(platform, call, opened, "plan_published.not_a_period")
    try:
        publish_known(
            platform.planning, opened.grant, grant, opened.content, names, period, on=today_of(call)
        )
    except Conflict:
        return _page(platform, call, opened, "plan_published.already")
    except Invalid:
        return _page(platform, call, opened, "plan_published.not_closed")
    return f"/plans/{opened.content.place}/{opened.plan.name}/published"


def _page(platform: Platform, call: Call, opened: OpenPlan, problem: str) -> PlanPublishedPage:
    found = issued(platform.planning, opened.grant, opened.content, on=today_of(call))
    choices = _choices(platform, call, opened) if opened.may_publish else ()
    return PlanPublishedPage(
        opened.content.place,
        opened.plan,
        opened.has_projects,
        tuple(_publication(each, call) for each in found),
        choices,
        problem,
        opened.may_publish,
    )


def _publication(issue: Issue, call: Call) -> Publication:
    total = next((each for each in issue.restatements if not each.published.strata), None)
    parts = tuple(each for each in issue.restatements if each.published.strata)
    return Publication(
        issue, call.name_of(issue.cells[0].who), total, parts[:SHOWN], max(len(parts) - SHOWN, 0)
    )


def _choices(
    platform: Platform, call: Call, opened: OpenPlan
) -> tuple[tuple[str, tuple[Indicator, ...]], ...]:
    content, on = opened.content, today_of(call)
    wanted = dict.fromkeys(row.indicator for row in opened.plan.rows)
    indicators = [content.indicators.get(name) for name in wanted]
    known = known_results(platform.planning, opened.grant, content, indicators, on=on)
    published = platform.planning.books.published(opened.grant, content)
    return open_issues(indicators, known, published, on=on)
