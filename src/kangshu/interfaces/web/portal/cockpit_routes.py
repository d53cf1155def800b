"""The addresses of the cockpit: the wall of a plan, the page of an indicator, the facts behind it, drawings.

Behind all others below a plan, for the name of an indicator may be any.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kangshu.app.platform import Platform
from kangshu.interfaces.web.portal.indicator import indicator, indicator_file
from kangshu.interfaces.web.portal.page import Call, Page
from kangshu.interfaces.web.portal.plans import plans
from kangshu.interfaces.web.portal.units import units

ShowPage = Callable[[Platform, Call], Page]
MakeFile = Callable[[Platform, Call], tuple[str, str, bytes]]
"""A file: name, media type, content."""

_AT = "/plans/{place}/{plan}"


def cockpit_routes(
    shows: Callable[[ShowPage], Callable[[Request], object]],
    hands_out: Callable[[MakeFile], Callable[[Request], Response]],
) -> list[Route]:
    """The routes; who asks and what becomes of errors is the business of what makes endpoints."""
    return [
        Route("/plans", shows(plans)),
        Route(_AT, shows(plans)),
        Route(f"{_AT}/{{indicator}}", shows(indicator)),
        Route(f"{_AT}/{{indicator}}/facts", shows(units)),
        Route(f"{_AT}/{{indicator}}/{{drawing}}.{{form}}", hands_out(indicator_file)),
    ]
