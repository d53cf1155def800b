"""The pages of the login: their contexts, and how they become HTML."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response

from kangshu.interfaces.web.login.service import Login
from kangshu.interfaces.web.portal.answers import language_of
from kangshu.interfaces.web.portal.page import Chrome, environment
from kangshu.interfaces.web.portal.words import Language

_HERE = Path(__file__).parent

# Without form-action: after "allow" the browser is redirected to the app, wherever that lives.
_SECURITY = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
    " frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@dataclass(frozen=True, slots=True)
class DemoUser:
    """A button that lets one in as a demonstration user; `place` where they work, "" for nowhere."""

    login: str
    name: str
    role: str
    place: str


@dataclass(frozen=True, slots=True)
class LoginPage:
    """What the login page shows. `message` "" for none; `demo_password` None outside a demonstration."""

    form_token: str
    next: str
    message: str
    login: str
    has_own_users: bool
    has_external: bool
    demo_password: str | None
    demo_users: tuple[DemoUser, ...]


@dataclass(frozen=True, slots=True)
class ConsentPage:
    """What the page shows on which a user lets an app in. `hidden` are the parameters of the request."""

    form_token: str
    client: str
    name: str
    rights: tuple[str, ...]
    hidden: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class MessagePage:
    """A page that only says something."""

    message: str


Page = LoginPage | ConsentPage | MessagePage

_TEMPLATES: dict[type[Page], str] = {
    LoginPage: "login.html",
    ConsentPage: "consent.html",
    MessagePage: "message.html",
}


def render(login: Login, request: Request, page: Page, status: int = 200) -> HTMLResponse:
    """The page in the language of the browser, in the surroundings every page of the portal has."""
    language = language_of(request)
    chrome = Chrome("nav.login", "/login", nav=(), user=None, synthetic=login.demo)
    template = _environment(language).get_template(_TEMPLATES[type(page)])
    content = template.render(page=page, words=words(language), chrome=chrome)
    return HTMLResponse(content, status, headers=_SECURITY)


@cache
def words(language: Language) -> Mapping[str, str]:
    """The texts of the login pages in one language."""
    return tomllib.loads((_HERE / "strings" / f"{language}.toml").read_text("utf-8"))


def style_sheet(_: Login, __: Request) -> Response:
    """GET /static/login/login.css"""
    headers = {"Cache-Control": "public, max-age=3600"}
    return FileResponse(_HERE / "static" / "login.css", headers=headers, media_type="text/css")


@cache
def _environment(language: Language) -> Environment:
    portal = environment(language)
    assert portal.loader is not None
    loaders = [FileSystemLoader(_HERE / "templates"), portal.loader]
    return portal.overlay(loader=ChoiceLoader(loaders))
