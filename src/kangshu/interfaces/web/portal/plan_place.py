"""What the pages of a plan share: which plan, who may do what with it, where else one can go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kangshu.app.platform import Platform
from kangshu.domains.planning.plan import PlaceContent, Plan
from kangshu.interfaces.web.portal.grants import grant_for, may
from kangshu.interfaces.web.portal.page import Call
from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.policies.definition import Grant, Resource


@dataclass(frozen=True, slots=True)
class OpenPlan:
    """A plan that somebody looks at: with leave to read, and whether they may enter and publish."""

    content: PlaceContent
    plan: Plan
    grant: Grant
    may_enter: bool
    may_publish: bool

    @property
    def has_projects(self) -> bool:
        """Whether the plan has projects."""
        return bool(self.content.projects_of(self.plan))


def open_plan(platform: Platform, call: Call) -> OpenPlan:
    """The plan of the address. Raises `Refused`, `NotFound`."""
    grant = grant_for(platform, call.principal, "read", Resource("indicator"))
    content = platform.planning.place(str(call.parts["place"]))
    plan = content.plan(str(call.parts["plan"]))
    own = _of(content)
    return OpenPlan(
        content,
        plan,
        grant,
        may(platform, call.principal, "enter", own),
        may(platform, call.principal, "publish", own),
    )


def writing_grant(platform: Platform, call: Call, opened: OpenPlan, action: str) -> Grant:
    """Leave to enter or to publish. Raises `Refused`."""
    return grant_for(platform, call.principal, action, _of(opened.content))


def problems_in(error: Invalid) -> Mapping[str, str]:
    """What is wrong with which field of a form: keys of the strings, the first problem of each."""
    found: dict[str, str] = {}
    for each in error.problems:
        found.setdefault(each.path, f"plan_entry.problem_{each.code}")
    return found


def _of(content: PlaceContent) -> Resource:
    return Resource("indicator", county=content.county or None)
