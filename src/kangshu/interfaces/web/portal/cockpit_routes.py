"""The addresses of the cockpit: the wall of a plan, the page of an indicator, the facts behind it, drawings.

Behind all others below a plan, for the name of an indicator may be any.
"""

from __future__ import annotations

from starlette.routing import Route

from kangshu.interfaces.web.portal.gate import Gate
from kangshu.interfaces.web.portal.indicator import indicator, indicator_file
from kangshu.interfaces.web.portal.plans import plans
from kangshu.interfaces.web.portal.units import units

_AT = "/plans/{place}/{plan}"


def cockpit_routes(gate: Gate) -> list[Route]:
    """The routes, each behind the gate."""
    return [
        Route("/plans", gate.shows(plans)),
        Route(_AT, gate.shows(plans)),
        Route(f"{_AT}/{{indicator}}", gate.shows(indicator)),
        Route(f"{_AT}/{{indicator}}/facts", gate.shows(units)),
        Route(f"{_AT}/{{indicator}}/{{drawing}}.{{form}}", gate.hands_out(indicator_file)),
    ]
