"""The gate: between Starlette and the pages. Who asks, in which language, and what becomes of errors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from kangshu.app.platform import Platform
from kangshu.interfaces.web.portal.answers import HEADERS, language_of, led_to, refused, shown
from kangshu.interfaces.web.portal.form import read_form
from kangshu.interfaces.web.portal.home import home
from kangshu.interfaces.web.portal.page import Call, Page, chrome_of
from kangshu.interfaces.web.portal.refusal import RefusalPage, refusal_of
from kangshu.interfaces.web.portal.remembered_search import COOKIE as SEARCH_COOKIE
from kangshu.interfaces.web.portal.remembered_search import PATH, SECONDS, recalled, remembered
from kangshu.interfaces.web.portal.words import words
from kangshu.kernel.base.errors import KangshuError
from kangshu.kernel.policies.definition import Principal

PrincipalOf = Callable[[Request], Principal | None]
ShowPage = Callable[[Platform, Call], Page]
TakeForm = Callable[[Platform, Call, Mapping[str, str]], None]
AskAgain = Callable[[Platform, Call, Mapping[str, str]], Page | str]
"""Takes a form: an address to go on to, or the page again."""
MakeFile = Callable[[Platform, Call], tuple[str, str, bytes]]
"""A file: name, media type, content."""


class Gate:
    """Makes endpoints of pages and forms. `principal_of` says who is logged in, None if nobody is; `name_of`
    names a member of staff by id."""

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
        answer = led_to(PATH)
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
                return _to_login(request)
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
            return _to_login(request)
        call = self._call(request, principal)
        try:
            found = take(self._platform, call, form)
        except KangshuError as error:
            return self._page(request, principal, refusal_of(error))
        if isinstance(found, Page):
            return self._page(request, principal, found)
        return led_to(found)

    def first(self, request: Request) -> Response:
        """Residents go to their own record, everybody else to a work place."""
        principal = self._principal_of(request)
        if principal is not None and principal.role == "resident":
            return led_to("/me")
        return self._answer(request, home)

    def _answer(self, request: Request, page: ShowPage) -> Response:
        principal = self._principal_of(request)
        if principal is None:
            return _to_login(request)
        call = self._call(request, principal)
        try:
            found = page(self._platform, call)
        except KangshuError as error:
            found = refusal_of(error)
        return self._page(request, principal, found)

    def _page(self, request: Request, principal: Principal, page: Page) -> Response:
        place = self._platform.institutions.get(principal.org).name if principal.org else ""
        demo = self._platform.settings.demo
        chrome = chrome_of(page, principal, _here(request), demo=demo, place=place)
        return shown(request, page, chrome)

    def _refuse(self, request: Request, page: RefusalPage) -> Response:
        return refused(request, page, demo=self._platform.settings.demo)

    def _call(self, request: Request, principal: Principal) -> Call:
        return Call(
            principal,
            words(language_of(request)),
            request.url.path,
            request.path_params,
            dict(request.query_params),
            recalled(principal.id, request.cookies.get(SEARCH_COOKIE)),
            self._platform.clock(),
            self._name_of,
        )


def _to_login(request: Request) -> Response:
    return led_to(f"/login?next={quote(_here(request))}")


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
