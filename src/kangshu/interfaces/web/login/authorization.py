"""The endpoints of the built-in provider: /oauth/authorize, /oauth/token, /oauth/userinfo, /oauth/jwks."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from kangshu.app.identity_provider.provider import AuthorizationRequest, OAuthError
from kangshu.app.identity_provider.tokens import claims_of
from kangshu.interfaces.web.login.page import ConsentPage, MessagePage, render, words
from kangshu.interfaces.web.login.service import Login
from kangshu.interfaces.web.login.session import login_address
from kangshu.interfaces.web.portal.answers import language_of
from kangshu.interfaces.web.portal.form import read_form
from kangshu.kernel.base.errors import KangshuError
from kangshu.kernel.policies.definition import Principal
from kangshu.kernel.policies.smart_scopes import parse_smart_scope

ANY_ORIGIN = {"Access-Control-Allow-Origin": "*"}
_UNSTORED = {"Cache-Control": "no-store", "Pragma": "no-cache", **ANY_ORIGIN}

_TOLD = frozenset({"sub", "name", "role", "org", "county"})
"""Claims that whoever has a token may read of its user."""

_PARAMETERS = (
    "response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge",
    "code_challenge_method", "aud",
)  # fmt: skip


def authorize(login: Login, request: Request) -> Response:
    """GET /oauth/authorize: ask the user, once logged in, whether the client may act for them."""
    query = {name: request.query_params[name] for name in _PARAMETERS if name in request.query_params}
    checked = _checked(login, request, query)
    if isinstance(checked, Response):
        return checked
    principal = _person_in_browser(login, request)
    if principal is None:
        return RedirectResponse(login_address(f"/oauth/authorize?{urlencode(query)}"), 303)
    page = ConsentPage(
        form_token=login.form_token(login.form_secret(request)),
        client=checked.client.name,
        name=principal.name,
        rights=tuple(dict.fromkeys(_right(scope, words(language_of(request))) for scope in checked.scopes)),
        hidden=query,
    )
    return render(login, request, page)


async def answer(login: Login, request: Request) -> Response:
    """POST /oauth/authorize: the user has allowed or denied it."""
    try:
        form = await read_form(request)
    except KangshuError:
        form = {}
    principal = _person_in_browser(login, request)
    if principal is None or not login.is_own_form(request, form):
        return render(login, request, MessagePage(words(language_of(request))["stale"]), 403)
    query = {name: form[name] for name in _PARAMETERS if name in form}
    checked = _checked(login, request, query)
    if isinstance(checked, Response):
        return checked
    if form.get("answer") != "allow":
        return _back(checked.redirect_uri, {"error": "access_denied", "state": checked.state})
    code = login.provider.code_for(checked, principal)
    return _back(checked.redirect_uri, {"code": code, "state": checked.state, "iss": login.address(request)})


def _person_in_browser(login: Login, request: Request) -> Principal | None:
    """Consent is given with the session cookie; a token must not widen itself."""
    return None if request.headers.get("authorization") else login.principal_of(request)


def _checked(login: Login, request: Request, query: dict[str, str]) -> AuthorizationRequest | Response:
    try:
        return login.provider.check_authorization(query, f"{login.address(request)}/fhir")
    except OAuthError as error:
        if error.code == "invalid_client":
            return render(login, request, MessagePage(words(language_of(request))["bad_client"]), 400)
        back = {"error": error.code, "error_description": error.message, "state": query.get("state", "")}
        return _back(query["redirect_uri"], back)


def _back(redirect_uri: str, parameters: dict[str, str]) -> Response:
    given = {name: value for name, value in parameters.items() if value}
    joint = "&" if "?" in redirect_uri else "?"
    return RedirectResponse(
        f"{redirect_uri}{joint}{urlencode(given)}", 303, headers={"Cache-Control": "no-store"}
    )


def _right(scope: str, texts: Mapping[str, str]) -> str:
    """A scope in words for the person who is asked; one that is no clinical scope is about who they are."""
    parsed = parse_smart_scope(scope)
    if parsed is None:
        return texts["right_identity"]
    sees, changes = parsed.letters & {"r", "s"}, parsed.letters & {"c", "u", "d"}
    kind = "both" if sees and changes else "see" if sees else "change"
    whose = texts["whose_patient" if parsed.context == "patient" else "whose_user"]
    return texts[f"right_{kind}"].format(whose=whose, what=parsed.type or texts["any_type"])


async def token(login: Login, request: Request) -> Response:
    """POST /oauth/token"""
    address = login.address(request)
    try:
        form = await read_form(request)
        content = await run_in_threadpool(
            login.provider.token,
            form,
            request.headers.get("authorization", ""),
            issuer=address,
            endpoint=f"{address}/oauth/token",
        )
    except OAuthError as error:
        return _error(error.code, error.message)
    except KangshuError as error:
        return _error("invalid_request", str(error))
    return JSONResponse(content, headers=_UNSTORED)


def _error(code: str, description: str) -> Response:
    is_client = code == "invalid_client"
    headers = _UNSTORED | ({"WWW-Authenticate": 'Basic realm="kangshu"'} if is_client else {})
    return JSONResponse(
        {"error": code, "error_description": description}, 401 if is_client else 400, headers=headers
    )


def user_info(login: Login, request: Request) -> Response:
    """GET /oauth/userinfo"""
    principal = login.principal_of(request)
    if principal is None or not request.headers.get("authorization"):
        return JSONResponse(
            {"error": "invalid_token"},
            401,
            headers=_UNSTORED | {"WWW-Authenticate": 'Bearer realm="kangshu", error="invalid_token"'},
        )
    told = {name: value for name, value in claims_of(principal).items() if name in _TOLD}
    return JSONResponse(told, headers=_UNSTORED)


def key_set(login: Login, _: Request) -> Response:
    """GET /oauth/jwks"""
    return JSONResponse(login.provider.keys.public(), headers=ANY_ORIGIN)
