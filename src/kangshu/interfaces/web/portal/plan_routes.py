"""The addresses of a plan: its report, as a page and as a file, and pages with forms shown again if wrong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kangshu.app.platform import Platform
from kangshu.interfaces.web.portal.page import Call, Page
from kangshu.interfaces.web.portal.plan_entry import enter_value, plan_entry
from kangshu.interfaces.web.portal.plan_projects import enter_progress, plan_projects
from kangshu.interfaces.web.portal.plan_published import plan_published, publish_value
from kangshu.interfaces.web.portal.plan_report import plan_report, plan_report_file

ShowPage = Callable[[Platform, Call], Page]
AskAgain = Callable[[Platform, Call, Mapping[str, str]], Page | str]
"""Takes a form: an address to go on to, or the page again."""

MakeFile = Callable[[Platform, Call], tuple[str, str, bytes]]
"""A file: name, media type, content."""

_AT = "/plans/{place}/{plan}"
_FORMS: tuple[tuple[str, ShowPage, AskAgain], ...] = (
    ("/entry", plan_entry, enter_value),
    ("/entry/{indicator}", plan_entry, enter_value),
    ("/published", plan_published, publish_value),
    ("/projects", plan_projects, enter_progress),
)


def plan_routes(
    shows: Callable[[ShowPage], Callable[[Request], object]],
    asks: Callable[[AskAgain], Callable[[Request], Awaitable[Response]]],
    hands_out: Callable[[MakeFile], Callable[[Request], Response]],
) -> list[Route]:
    """The routes; who asks and what becomes of errors is the business of what makes endpoints."""
    return [
        Route(f"{_AT}/report", shows(plan_report)),
        Route(f"{_AT}/report.{{form}}", hands_out(plan_report_file)),
        *(Route(f"{_AT}{path}", shows(page), methods=["GET"]) for path, page, _ in _FORMS),
        *(Route(f"{_AT}{path}", asks(take), methods=["POST"]) for path, _, take in _FORMS),
    ]
