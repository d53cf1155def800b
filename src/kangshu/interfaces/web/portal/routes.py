"""The addresses of the portal."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kangshu.app.platform import Platform
from kangshu.interfaces.web.portal import record
from kangshu.interfaces.web.portal.access_log import access_log
from kangshu.interfaces.web.portal.answers import refused
from kangshu.interfaces.web.portal.cockpit_routes import cockpit_routes
from kangshu.interfaces.web.portal.entry import entry
from kangshu.interfaces.web.portal.evaluation_routes import evaluation_routes
from kangshu.interfaces.web.portal.gate import Gate, PrincipalOf, ShowPage
from kangshu.interfaces.web.portal.institutions import institutions
from kangshu.interfaces.web.portal.language import change_language
from kangshu.interfaces.web.portal.local_codes import decide, local_code, local_codes
from kangshu.interfaces.web.portal.plan_routes import plan_routes
from kangshu.interfaces.web.portal.quality import quality
from kangshu.interfaces.web.portal.quality_of import quality_of
from kangshu.interfaces.web.portal.quarantine import quarantine
from kangshu.interfaces.web.portal.refusal import RefusalPage
from kangshu.interfaces.web.portal.residents import residents
from kangshu.interfaces.web.portal.static_files import static_file
from kangshu.interfaces.web.portal.views import view, views
from kangshu.interfaces.web.portal.work_items import settle, work_item, work_items

_RECORD: Mapping[str, ShowPage] = {
    "": record.overview,
    "/timeline": record.timeline,
    "/trends": record.trends,
    "/documents": record.documents,
    "/sources": record.sources,
    "/accesses": record.accesses,
    "/entries/{type}/{id}": entry,
}


def portal_routes(
    platform: Platform, principal_of: PrincipalOf, name_of: Callable[[str], str] = str
) -> list[Route]:
    """All routes of the portal. `principal_of` says who is logged in, None if nobody is; `name_of` names
    a member of staff by id."""
    gate = Gate(platform, principal_of, name_of)
    shown: dict[str, ShowPage] = {
        "/institutions": institutions,
        "/work-items": work_items,
        "/local-codes": local_codes,
        "/quarantine": quarantine,
        "/quality": quality,
        "/quality/{source}": quality_of,
        "/views": views,
        "/views/{name}": view,
        "/access-log": access_log,
        **{f"/me{path}": page for path, page in _RECORD.items()},
        **{f"/residents/{{person:int}}{path}": page for path, page in _RECORD.items()},
    }
    return [
        Route("/", gate.first),
        Route("/residents", gate.shows(residents), methods=["GET"]),
        Route("/residents", gate.search, methods=["POST"]),
        *(Route(path, gate.shows(page)) for path, page in shown.items()),
        Route("/work-items/{item:int}", gate.shows(work_item), methods=["GET"]),
        Route("/work-items/{item:int}", gate.takes(settle, "/work-items"), methods=["POST"]),
        Route("/local-codes/{item:int}", gate.shows(local_code), methods=["GET"]),
        Route("/local-codes/{item:int}", gate.takes(decide, "/local-codes"), methods=["POST"]),
        *evaluation_routes(gate),
        *plan_routes(gate),
        *cockpit_routes(gate),
        Route("/language", change_language, methods=["POST"]),
        Route("/static/portal/{name}", static_file),
    ]


ErrorPage = Callable[[Request, Exception], Response]


def error_pages(platform: Platform, principal_of: PrincipalOf) -> dict[int | type[Exception], ErrorPage]:
    """For Starlette's `exception_handlers`: pages for an address nobody serves, and for an error nobody
    expected, which says nothing about it. A lost reader keeps the navigation."""
    demo = platform.settings.demo

    def missing(request: Request, _error: Exception) -> Response:
        return refused(request, RefusalPage("missing"), principal_of(request), demo=demo)

    def broken(request: Request, _error: Exception) -> Response:
        return refused(request, RefusalPage("broken"), demo=demo)

    return {404: missing, 500: broken}
