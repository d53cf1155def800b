"""Where clients find the endpoints: OpenID Connect Discovery 1.0 and SMART App Launch § conformance."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from kangshu.app.identity_provider.client_authentication import ALGORITHMS
from kangshu.interfaces.web.login.authorization import ANY_ORIGIN
from kangshu.interfaces.web.login.service import Login

_METHODS = ["client_secret_basic", "client_secret_post", "private_key_jwt"]

_SCOPES = (
    "openid profile fhirUser launch/patient patient/*.rs patient/*.read user/*.cruds user/*.rs user/*.read"
    " system/*.cruds system/*.rs system/*.read"
).split()

_CAPABILITIES = (
    "launch-standalone client-public client-confidential-symmetric client-confidential-asymmetric"
    " sso-openid-connect context-standalone-patient permission-patient permission-user"
    " permission-v1 permission-v2"
).split()


def endpoints(address: str) -> dict[str, str]:
    """The OAuth endpoints of the server at `address`, under the names of the discovery document."""
    return {
        "issuer": address,
        "authorization_endpoint": f"{address}/oauth/authorize",
        "token_endpoint": f"{address}/oauth/token",
        "userinfo_endpoint": f"{address}/oauth/userinfo",
        "jwks_uri": f"{address}/oauth/jwks",
    }


def openid_configuration(login: Login, request: Request) -> Response:
    """GET /.well-known/openid-configuration"""
    content = _common(login.address(request)) | {
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": ["sub", "name", "role", "org", "county"],
    }
    return JSONResponse(content, headers=ANY_ORIGIN)


def smart_configuration(login: Login, request: Request) -> Response:
    """GET /fhir/.well-known/smart-configuration"""
    content = _common(login.address(request)) | {"capabilities": _CAPABILITIES}
    return JSONResponse(content, headers=ANY_ORIGIN)


def _common(address: str) -> dict[str, Any]:
    return {
        **endpoints(address),
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": _METHODS,
        "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "scopes_supported": _SCOPES,
    }
