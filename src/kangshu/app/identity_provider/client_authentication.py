"""How a client proves who it is at the token endpoint.

`client_secret_basic`, `client_secret_post` (RFC 6749 § 2.3.1), `private_key_jwt` (RFC 7523, with the
rules of SMART Backend Services), or nothing for a public client, which PKCE protects instead.
"""

from __future__ import annotations

import base64
import binascii
import threading
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import unquote_plus

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from kangshu.app.identity_provider.directory import Client
from kangshu.app.identity_provider.passwords import NOBODY, is_password
from kangshu.kernel.base.time import Clock

ALGORITHMS = ("RS384", "ES384", "RS256", "ES256")

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

_LONGEST = 5 * 60
"""Seconds an assertion may be valid (SMART Backend Services)."""


class ClientAuthentication:
    """Checks the proofs of one installation's clients; remembers assertions so that none is used twice."""

    def __init__(self, clients: Mapping[str, Client], clock: Clock) -> None:
        self._clients = clients
        self._clock = clock
        self._used: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()

    def authenticate(self, form: Mapping[str, str], authorization: str, endpoint: str) -> Client | None:
        """The client behind a token request; None if it gives no proof, or a wrong one."""
        if "client_assertion" in form:
            return self._by_assertion(form, endpoint)
        basic = _basic(authorization)
        if basic is not None:
            return self._by_secret(*basic)
        if "client_secret" in form:
            return self._by_secret(form.get("client_id", ""), form["client_secret"])
        client = self._clients.get(form.get("client_id", ""))
        return client if client and client.is_public else None

    def _by_secret(self, client_id: str, secret: str) -> Client | None:
        client = self._clients.get(client_id)
        is_right = is_password(secret, (client.secret if client else None) or NOBODY)
        return client if is_right else None

    def _by_assertion(self, form: Mapping[str, str], endpoint: str) -> Client | None:
        if form.get("client_assertion_type") != _ASSERTION:
            return None
        assertion = form["client_assertion"]
        for client in self._clients.values():
            claims = _verified(assertion, client)
            if claims is not None and self._is_good(claims, client, endpoint):
                return client
        return None

    def _is_good(self, claims: Mapping[str, Any], client: Client, endpoint: str) -> bool:
        now = self._clock().timestamp()
        expires, jti, audience = claims.get("exp"), claims.get("jti"), claims.get("aud")
        audiences = cast(list[Any], audience) if isinstance(audience, list) else [audience]
        return (
            claims.get("iss") == claims.get("sub") == client.id
            and endpoint in audiences
            and isinstance(expires, int)
            and now < expires <= now + _LONGEST + 30
            and isinstance(jti, str)
            and self._is_first_use(client.id, jti, expires, now)
        )

    def _is_first_use(self, client_id: str, jti: str, expires: float, now: float) -> bool:
        with self._lock:
            self._used = {key: until for key, until in self._used.items() if until > now}
            is_first = (client_id, jti) not in self._used
            self._used[client_id, jti] = expires
            return is_first


def _verified(assertion: str, client: Client) -> dict[str, Any] | None:
    if client.jwks is None:
        return None
    try:
        keys = KeySet.import_key_set(cast(Any, client.jwks))
        return jwt.decode(assertion, keys, algorithms=list(ALGORITHMS)).claims
    except (JoseError, ValueError, KeyError):
        return None


def _basic(authorization: str) -> tuple[str, str] | None:
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return unquote_plus(name), unquote_plus(secret)
