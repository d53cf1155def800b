"""Logging in and out in a browser."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import timedelta
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kangshu.app.identity_provider.external import Attempt, ProviderUnreachable, new_attempt
from kangshu.app.identity_provider.tokens import ATTEMPT
from kangshu.interfaces.web.login.page import DemoUser, LoginPage, render, words
from kangshu.interfaces.web.login.service import ATTEMPT_COOKIE, FORM_COOKIE, Login
from kangshu.interfaces.web.portal.answers import language_of
from kangshu.interfaces.web.portal.form import read_form
from kangshu.kernel.base.errors import KangshuError, Refused

CALLBACK = "/login/callback"

_FORM_SECONDS = 24 * 3600
_ATTEMPT_LIFETIME = timedelta(minutes=10)

# A path on this server: nothing that a browser could take for another host.
_OWN_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20]*")


def own_path(text: str) -> str:
    """The address to go to after login, if it is one of ours, else the start page."""
    return text if _OWN_PATH.fullmatch(text) else "/"


def login_address(next_path: str) -> str:
    """Where to send a browser that has to log in first."""
    return f"/login?next={quote(own_path(next_path), safe='/')}"


def show(login: Login, request: Request) -> Response:
    """GET /login"""
    return _page(login, request, own_path(request.query_params.get("next", "/")))


def _page(
    login: Login, request: Request, next_path: str, *, message: str = "", name: str = "", status: int = 200
) -> Response:
    directory = login.provider.directory
    is_demo = login.demo and directory.demo_password is not None
    secret = login.form_secret(request)
    page = LoginPage(
        form_token=login.form_token(secret),
        next=next_path,
        message=message,
        login=name,
        has_own_users=bool(directory.users),
        has_external=login.external is not None,
        demo_password=directory.demo_password if is_demo else None,
        demo_users=_demo_users(login) if is_demo else (),
    )
    response = render(login, request, page, status)
    if secret not in request.cookies.values():
        login.set_cookie(request, response, FORM_COOKIE, secret, _FORM_SECONDS)
    return response


def _demo_users(login: Login) -> tuple[DemoUser, ...]:
    users = login.provider.directory.users.values()
    return tuple(DemoUser(one.login, one.name, one.role, login.place_of(one.org or "")) for one in users)


async def log_in(login: Login, request: Request) -> Response:
    """POST /login"""
    texts = words(language_of(request))
    try:
        form = await read_form(request)
    except KangshuError:
        return _page(login, request, "/", message=texts["stale"], status=400)
    name, next_path = form.get("login", ""), own_path(form.get("next", "/"))
    if not login.is_own_form(request, form):
        return _page(login, request, next_path, message=texts["stale"], name=name, status=403)
    address = login.address_of_caller(request)
    seconds = login.attempts.seconds_to_wait(name, address)
    if seconds:
        message = texts["wait"].format(seconds=seconds)
        response = _page(login, request, next_path, message=message, name=name, status=429)
        response.headers["Retry-After"] = str(seconds)
        return response
    principal = await run_in_threadpool(login.provider.authenticate, name, form.get("password", ""))
    if principal is None:
        login.attempts.failed(name, address)
        return _page(login, request, next_path, message=texts["wrong"], name=name, status=401)
    response = RedirectResponse(next_path, 303)
    login.open_session(request, response, principal)
    return response


def log_out(login: Login, _: Request) -> Response:
    """POST /logout. Needs no form token: another site's form comes without the cookie (SameSite)."""
    response = RedirectResponse("/login", 303)
    login.close_session(response)
    return response


def go_to_provider(login: Login, request: Request) -> Response:
    """GET /login/external"""
    if login.external is None:
        return RedirectResponse("/login", 303)
    attempt = new_attempt()
    try:
        address = login.external.address_to_log_in(attempt, f"{login.address(request)}{CALLBACK}")
    except ProviderUnreachable:
        return _page(login, request, "/", message=words(language_of(request))["external_failed"], status=502)
    claims = asdict(attempt) | {"next": own_path(request.query_params.get("next", "/"))}
    response = RedirectResponse(address, 303)
    content = login.provider.tokens.sign(ATTEMPT, claims, _ATTEMPT_LIFETIME)
    seconds = int(_ATTEMPT_LIFETIME.total_seconds())
    login.set_cookie(request, response, ATTEMPT_COOKIE, content, seconds)
    return response


def come_back(login: Login, request: Request) -> Response:
    """GET /login/callback"""
    texts = words(language_of(request))
    claims = login.provider.tokens.read(ATTEMPT, request.cookies.get(ATTEMPT_COOKIE, ""))
    code = request.query_params.get("code")
    if login.external is None or claims is None or request.query_params.get("state") != claims["state"]:
        return _page(login, request, "/", message=texts["stale"], status=400)
    if not code:
        return _page(login, request, claims["next"], message=texts["external_failed"], status=400)
    attempt = Attempt(claims["state"], claims["nonce"], claims["verifier"])
    try:
        principal = login.external.principal(code, attempt, f"{login.address(request)}{CALLBACK}")
    except Refused:
        return _page(login, request, claims["next"], message=texts["no_role"], status=403)
    except ProviderUnreachable:
        return _page(login, request, claims["next"], message=texts["external_failed"], status=502)
    response = RedirectResponse(claims["next"], 303)
    response.delete_cookie(ATTEMPT_COOKIE, path="/")
    login.open_session(request, response, principal)
    return response
