"""The addresses of a plan: its report, as a page and as a file, and pages with forms shown again if wrong."""

from __future__ import annotations

from starlette.routing import Route

from kangshu.interfaces.web.portal.gate import AskAgain, Gate, ShowPage
from kangshu.interfaces.web.portal.plan_entry import enter_value, plan_entry
from kangshu.interfaces.web.portal.plan_projects import enter_progress, plan_projects
from kangshu.interfaces.web.portal.plan_published import plan_published, publish_value
from kangshu.interfaces.web.portal.plan_report import plan_report, plan_report_file

_AT = "/plans/{place}/{plan}"
_FORMS: tuple[tuple[str, ShowPage, AskAgain], ...] = (
    ("/entry", plan_entry, enter_value),
    ("/entry/{indicator}", plan_entry, enter_value),
    ("/published", plan_published, publish_value),
    ("/projects", plan_projects, enter_progress),
)


def plan_routes(gate: Gate) -> list[Route]:
    """The routes, each behind the gate."""
    return [
        Route(f"{_AT}/report", gate.shows(plan_report)),
        Route(f"{_AT}/report.{{form}}", gate.hands_out(plan_report_file)),
        *(Route(f"{_AT}{path}", gate.shows(page), methods=["GET"]) for path, page, _ in _FORMS),
        *(Route(f"{_AT}{path}", gate.asks(take), methods=["POST"]) for path, _, take in _FORMS),
    ]
