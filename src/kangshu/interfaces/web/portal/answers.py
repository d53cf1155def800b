"""Answers of the portal: pages, redirections and refusals, each with the headers that go with every one."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from kangshu.interfaces.web.portal.page import Chrome, Page, chrome_of, render
from kangshu.interfaces.web.portal.refusal import RefusalPage
from kangshu.interfaces.web.portal.words import COOKIE, Language, language_from
from kangshu.kernel.policies.definition import Principal

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


def shown(request: Request, page: Page, chrome: Chrome) -> Response:
    """A page, in the language of the reader."""
    return HTMLResponse(render(page, chrome, language_of(request)), page.status, HEADERS)


def led_to(address: str) -> Response:
    """An address to go on to, with GET."""
    return RedirectResponse(address, 303, HEADERS)


def refused(request: Request, page: RefusalPage, user: Principal | None = None, *, demo: bool) -> Response:
    """A refusal, outside all that only who is logged in may see."""
    return shown(request, page, chrome_of(page, user, "/", demo=demo))


def language_of(request: Request) -> Language:
    """The language the reader chose."""
    return language_from(request.cookies.get(COOKIE))
