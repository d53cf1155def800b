"""The addresses of the portal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from kangshu.app.platform import Platform
from kangshu.interfaces.web.portal import record
from kangshu.interfaces.web.portal.access_log import access_log
from kangshu.interfaces.web.portal.cockpit_routes import cockpit_routes
from kangshu.interfaces.web.portal.entry import entry
from kangshu.interfaces.web.portal.evaluation_routes import evaluation_routes
from kangshu.interfaces.web.portal.form import read_form
from kangshu.interfaces.web.portal.home import home
from kangshu.interfaces.web.portal.institutions import institutions
from kangshu.interfaces.web.portal.local_codes import decide, local_code, local_codes
from kangshu.interfaces.web.portal.page import Call, Page, chrome_of, render
from kangshu.interfaces.web.portal.plan_routes import AskAgain, MakeFile, plan_routes
from kangshu.interfaces.web.portal.quality import quality
from kangshu.interfaces.web.portal.quality_of import quality_of
from kangshu.interfaces.web.portal.quarantine import quarantine
from kangshu.interfaces.web.portal.refusal import RefusalPage, refusal_of
from kangshu.interfaces.web.portal.remembered_search import COOKIE as SEARCH_COOKIE
from kangshu.interfaces.web.portal.remembered_search import PATH, SECONDS, recalled, remembered
from kangshu.interfaces.web.portal.residents import residents
from kangshu.interfaces.web.portal.static_files import static_file
from kangshu.interfaces.web.portal.views import view, views
from kangshu.interfaces.web.portal.words import COOKIE, LANGUAGES, Language, language_from, words
from kangshu.interfaces.web.portal.work_items import settle, work_item, work_items
from kangshu.kernel.base.errors import KangshuError
from kangshu.kernel.policies.definition import Principal

PrincipalOf = Callable[[Request], Principal | None]
ShowPage = Callable[[Platform, Call], Page]
TakeForm = Callable[[Platform, Call, Mapping[str, str]], None]

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Sent with every page: nothing from elsewhere, nothing kept, nothing framed."""

_YEAR = 365 * 24 * 3600

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
    gate = _Gate(platform, principal_of, name_of)
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
        *evaluation_routes(gate.shows, gate.hands_out),
        *plan_routes(gate.shows, gate.asks, gate.hands_out),
        *cockpit_routes(gate.shows, gate.hands_out),
        Route("/language", change_language, methods=["POST"]),
        Route("/static/portal/{name}", static_file),
    ]


class _Gate:
    """Between Starlette and the pages: who asks, in which language, and what becomes of errors."""

    def __init__(self, platform: Platform, principal_of: PrincipalOf, name_of: Callable[[str], str]) -> None:
        self._platform = platform
        self._principal_of = principal_of
        self._name_of = name_of

    def shows(self, page: ShowPage) -> Callable[[Request], object]:
        """An endpoint that shows a page to somebody who is logged in."""

        def endpoint(request: Request) -> Response:
            return self._answer(request, page)

        return endpoint

    async def search(self, request: Request) -> Response:
        """Remember what was typed and show what it finds."""
        try:
            form = await read_form(request)
        except KangshuError as error:
            return self._refuse(request, refusal_of(error))
        principal = await run_in_threadpool(self._principal_of, request)
        answer = RedirectResponse(PATH, 303, HEADERS)
        if principal is not None:
            is_secure = request.url.scheme == "https"
            answer.set_cookie(
                SEARCH_COOKIE,
                remembered(principal.id, form),
                max_age=SECONDS,
                path=PATH,
                secure=is_secure,
                httponly=True,
                samesite="strict",
            )
        return answer

    def takes(self, take: TakeForm, leads_to: str) -> Callable[[Request], Awaitable[Response]]:
        """An endpoint that takes a form from somebody who is logged in, and leads on."""

        def led_on(platform: Platform, call: Call, form: Mapping[str, str]) -> str:
            take(platform, call, form)
            return leads_to

        return self.asks(led_on)

    def hands_out(self, make: MakeFile) -> Callable[[Request], Response]:
        """An endpoint that gives a file to somebody who is logged in."""

        def endpoint(request: Request) -> Response:
            principal = self._principal_of(request)
            if principal is None:
                return RedirectResponse(f"/login?next={quote(_here(request))}", 303, HEADERS)
            try:
                name, media, content = make(self._platform, self._call(request, principal))
            except KangshuError as error:
                return self._page(request, principal, refusal_of(error))
            told = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
            return Response(content, 200, {**HEADERS, **told}, media)

        return endpoint

    def asks(self, take: AskAgain) -> Callable[[Request], Awaitable[Response]]:
        """An endpoint that takes a form, and leads on to an address or shows the page again."""

        async def endpoint(request: Request) -> Response:
            if not _is_from_here(request):
                return self._refuse(request, RefusalPage("invalid"))
            try:
                form = await read_form(request)
            except KangshuError as error:
                return self._refuse(request, refusal_of(error))
            return await run_in_threadpool(self._take, request, take, form)

        return endpoint

    def _take(self, request: Request, take: AskAgain, form: Mapping[str, str]) -> Response:
        principal = self._principal_of(request)
        if principal is None:
            return RedirectResponse(f"/login?next={quote(_here(request))}", 303, HEADERS)
        call = self._call(request, principal)
        try:
            found = take(self._platform, call, form)
        except KangshuError as error:
            return self._page(request, principal, refusal_of(error))
        if isinstance(found, Page):
            return self._page(request, principal, found)
        return RedirectResponse(found, 303, HEADERS)

    def first(self, request: Request) -> Response:
        """Residents go to their own record, everybody else to a work place."""
        principal = self._principal_of(request)
        if principal is not None and principal.role == "resident":
            return RedirectResponse("/me", 303, HEADERS)
        return self._answer(request, home)

    def _answer(self, request: Request, page: ShowPage) -> Response:
        principal = self._principal_of(request)
        if principal is None:
            return RedirectResponse(f"/login?next={quote(_here(request))}", 303, HEADERS)
        call = self._call(request, principal)
        try:
            shown = page(self._platform, call)
        except KangshuError as error:
            shown = refusal_of(error)
        return self._page(request, principal, shown)

    def _page(self, request: Request, principal: Principal, shown: Page) -> Response:
        place = self._platform.institutions.get(principal.org).name if principal.org else ""
        demo = self._platform.settings.demo
        chrome = chrome_of(shown, principal, _here(request), demo=demo, place=place)
        return HTMLResponse(render(shown, chrome, _language(request)), shown.status, HEADERS)

    def _refuse(self, request: Request, shown: RefusalPage) -> Response:
        return _refuse(request, shown, demo=self._platform.settings.demo)

    def _call(self, request: Request, principal: Principal) -> Call:
        return Call(
            principal,
            words(_language(request)),
            request.url.path,
            request.path_params,
            dict(request.query_params),
            recalled(principal.id, request.cookies.get(SEARCH_COOKIE)),
            self._platform.clock(),
            self._name_of,
        )


def _here(request: Request) -> str:
    """The page to come back to: its address with what narrows it, which names no person."""
    query = request.url.query if request.method == "GET" else ""
    return f"{request.url.path}?{query}" if query else request.url.path


def _is_from_here(request: Request) -> bool:
    """Whether a form comes from a page of ours.

    Browsers say where a request began. What they say as Origin counts only where they do not: our pages
    send no referrer, so for their own forms it is "null".
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.url.netloc


ErrorPage = Callable[[Request, Exception], Response]


def error_pages(platform: Platform, principal_of: PrincipalOf) -> dict[int | type[Exception], ErrorPage]:
    """For Starlette's `exception_handlers`: pages for an address nobody serves, and for an error nobody
    expected, which says nothing about it. A lost reader keeps the navigation."""
    demo = platform.settings.demo

    def missing(request: Request, _error: Exception) -> Response:
        return _refuse(request, RefusalPage("missing"), principal_of(request), demo=demo)

    def broken(request: Request, _error: Exception) -> Response:
        return _refuse(request, RefusalPage("broken"), demo=demo)

    return {404: missing, 500: broken}


def _refuse(
    request: Request, shown: RefusalPage, user: Principal | None = None, *, demo: bool = False
) -> Response:
    chrome = chrome_of(shown, user, "/", demo=demo)
    return HTMLResponse(render(shown, chrome, _language(request)), shown.status, HEADERS)


async def change_language(request: Request) -> Response:
    """Remember the chosen language and go back to where the reader was."""
    try:
        form = await read_form(request)
    except KangshuError as error:
        return _refuse(request, refusal_of(error))
    chosen, back = form.get("language"), form.get("back", "")
    path = back if back.startswith("/") and back[1:2] not in ("/", "\\") else "/"
    answer = RedirectResponse(path, 303, HEADERS)
    if chosen in LANGUAGES:
        answer.set_cookie(COOKIE, chosen, max_age=_YEAR, samesite="lax", httponly=True)
    return answer


def _language(request: Request) -> Language:
    return language_from(request.cookies.get(COOKIE))
