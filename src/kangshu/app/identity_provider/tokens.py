"""Tokens: what proves a principal between two requests.

A *session* is the content of the browser's cookie; an *access token* is what an API client
sends; a *code* carries an approved authorization to the token endpoint; an *id token* tells a
client who has logged in; an *attempt* is what a browser on its way to another login provider
must bring back. All are JSON Web Tokens; `typ` keeps one from being used as another.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, get_args

from joserfc import jwt
from joserfc.errors import JoseError

from kangshu.app.identity_provider.keys import Keys
from kangshu.kernel.base.ids import new_id
from kangshu.kernel.base.time import Clock
from kangshu.kernel.policies.definition import Principal, Role

AUDIENCE = "kangshu"

SESSION, CODE, ATTEMPT = "session+jwt", "code+jwt", "attempt+jwt"
ACCESS, ID = "at+jwt", "JWT"

_OWN = (SESSION, CODE, ATTEMPT)
"""Kinds that only this installation reads."""

_MOST_REMEMBERED = 10_000


class Tokens:
    """Issues and checks the tokens of one installation. Safe to use from many threads."""

    def __init__(self, keys: Keys, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock
        self._remembered: dict[str, tuple[Principal, float]] = {}
        self._lock = threading.Lock()

    def sign(self, kind: str, claims: Mapping[str, Any], lifetime: timedelta) -> str:
        """A token of `kind` with these claims, valid from now for `lifetime`."""
        now = self._clock()
        content = dict(claims) | {"iat": _seconds(now), "exp": _seconds(now + lifetime), "jti": new_id()}
        if kind in _OWN:
            return jwt.encode({"alg": "HS256", "typ": kind}, content, self._keys.session)
        header = {"alg": "RS256", "typ": kind, "kid": self._keys.issuer.kid}
        return jwt.encode(header, content, self._keys.issuer)

    def read(self, kind: str, token: str) -> dict[str, Any] | None:
        """The claims of a token of that kind; None if it is forged, expired or of another kind."""
        is_own = kind in _OWN
        key = self._keys.session if is_own else self._keys.issuer
        try:
            found = jwt.decode(token, key, algorithms=["HS256" if is_own else "RS256"])
        except (JoseError, ValueError):
            return None
        if found.header.get("typ") != kind or not self._is_current(found.claims.get("exp")):
            return None
        return found.claims

    def _is_current(self, expires: Any) -> bool:
        return isinstance(expires, int) and expires > _seconds(self._clock())

    def principal_of(self, kind: str, token: str) -> Principal | None:
        """Who the token of that kind (`SESSION`, `ACCESS`) stands for; None as in `read`."""
        key = f"{kind} {token}"
        known = self._remembered.get(key)
        if known is not None:
            return known[0] if known[1] > self._clock().timestamp() else None
        claims = self.read(kind, token)
        if claims is None or (kind == ACCESS and claims.get("aud") != AUDIENCE):
            return None
        principal = principal_from(claims)
        if principal is not None:
            self._remember(key, principal, float(claims["exp"]))
        return principal

    def _remember(self, key: str, principal: Principal, expires: float) -> None:
        with self._lock:
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered[key] = (principal, expires)


def claims_of(principal: Principal) -> dict[str, Any]:
    """The claims that say who a principal is."""
    known = {
        "sub": principal.id,
        "name": principal.name,
        "role": principal.role,
        "org": principal.org,
        "county": principal.county,
        "person": principal.person,
        "scope": " ".join(principal.scopes) or None,
    }
    return {name: value for name, value in known.items() if value is not None}


def principal_from(claims: Mapping[str, Any]) -> Principal | None:
    """The principal that `claims_of` described; None if there is no known role."""
    role: Role | None = next((known for known in get_args(Role) if known == claims.get("role")), None)
    if role is None or not isinstance(claims.get("sub"), str):
        return None
    return Principal(
        id=claims["sub"],
        name=str(claims.get("name", "")),
        role=role,
        org=claims.get("org"),
        county=claims.get("county"),
        person=claims.get("person"),
        scopes=tuple(str(claims.get("scope", "")).split()),
    )


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
