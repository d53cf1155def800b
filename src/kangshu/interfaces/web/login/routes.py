"""The addresses of the login."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kangshu.interfaces.web.login import authorization, discovery, session
from kangshu.interfaces.web.login.page import style_sheet
from kangshu.interfaces.web.login.service import Login


def login_routes(login: Login) -> list[Route]:
    """Routes for the root of the application; `/fhir` is where the FHIR interface has its base."""
    quick: dict[tuple[str, str], Callable[[Login, Request], Response]] = {
        ("GET", "/login"): session.show,
        ("POST", "/logout"): session.log_out,
        ("GET", "/login/external"): session.go_to_provider,
        ("GET", session.CALLBACK): session.come_back,
        ("GET", "/static/login/login.css"): style_sheet,
        ("GET", "/oauth/authorize"): authorization.authorize,
        ("GET", "/oauth/userinfo"): authorization.user_info,
        ("GET", "/oauth/jwks"): authorization.key_set,
        ("GET", "/.well-known/openid-configuration"): discovery.openid_configuration,
        ("GET", "/.well-known/smart-configuration"): discovery.smart_configuration,
        ("GET", "/fhir/.well-known/smart-configuration"): discovery.smart_configuration,
    }
    posted: dict[str, Callable[[Login, Request], Awaitable[Response]]] = {
        "/login": session.log_in,
        "/oauth/authorize": authorization.answer,
        "/oauth/token": authorization.token,
    }
    routes = [
        Route(path, _sync(handler, login), methods=[method]) for (method, path), handler in quick.items()
    ]
    return routes + [
        Route(path, _async(handler, login), methods=["POST"]) for path, handler in posted.items()
    ]


def _sync(handler: Callable[[Login, Request], Response], login: Login) -> Callable[[Request], Response]:
    def endpoint(request: Request) -> Response:
        return handler(login, request)

    return endpoint


def _async(
    handler: Callable[[Login, Request], Awaitable[Response]], login: Login
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        return await handler(login, request)

    return endpoint
