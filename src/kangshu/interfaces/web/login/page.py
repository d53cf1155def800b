"""The pages of the login: their contexts, and how they become HTML."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from kangshu.interfaces.web.portal.words import COOKIE, Language, language_from

_HERE = Path(__file__).parent

_SECURITY = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self';"
    " frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
# No form-action: after "allow" the browser is redirected to the client, wherever it lives.


@dataclass(frozen=True, slots=True)
class DemoUser:
    """A row of the table of demonstration users."""

    login: str
    name: str
    role: str


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


def render(request: Request, page: Page, status: int = 200) -> HTMLResponse:
    """The page in the language of the browser."""
    template = _environment().get_template(_TEMPLATES[type(page)])
    content = template.render(page=page, words=words(request))
    return HTMLResponse(content, status, headers=_SECURITY)


def words(request: Request) -> Mapping[str, Any]:
    """The texts in the language of the browser."""
    return _words(language_from(request.cookies.get(COOKIE), request.headers.get("accept-language", "")))


@cache
def _words(language: Language) -> Mapping[str, Any]:
    return tomllib.loads((_HERE / "strings" / f"{language}.toml").read_text("utf-8"))


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined
    )
