"""Log in with another OpenID Connect provider, by authorization code with PKCE.

What its users are to Kangshu is read from claims, named in `<home>/oidc.toml`:

```toml
[claims]                   # left: ours; right: the provider's claim
role = "kangshu_role"
org = "kangshu_org"
county = "kangshu_county"
person_key = "national_id"

[roles]                    # the provider's value of the role claim -> our role
physician = "doctor"

[person]
system = "resident-id"     # the person registry's system of the values of person_key
```
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast, get_args

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from kangshu.kernel.base.errors import Invalid, KangshuError, Refused
from kangshu.kernel.base.time import Clock
from kangshu.kernel.base.toml import parse_toml
from kangshu.kernel.policies.definition import Principal, Role

_TIMEOUT = 10
_MOST_BYTES = 1_000_000
_LEEWAY = 60

_CLAIMS = {
    "role": "kangshu_role",
    "org": "kangshu_org",
    "county": "kangshu_county",
    "person_key": "kangshu_person",
}


class ProviderUnreachable(KangshuError):
    """The other provider gives no usable answer."""

    code = "provider-unreachable"


@dataclass(frozen=True, slots=True)
class ClaimMapping:
    """Which claims say what, and which of their values mean which role."""

    claims: Mapping[str, str] = field(default_factory=lambda: dict(_CLAIMS))
    roles: Mapping[str, Role] = field(default_factory=dict[str, Role])
    person_system: str = "resident-id"


def parse_claim_mapping(text: str, where: str = "oidc.toml") -> ClaimMapping:
    """Read `oidc.toml`. Raises `Invalid` for unknown tables, keys and roles."""
    table = parse_toml(text, where)
    claims, roles, person = (
        cast(dict[str, Any], table.get(key, {})) for key in ("claims", "roles", "person")
    )
    unknown = [
        *(table.keys() - {"claims", "roles", "person"}),
        *(claims.keys() - _CLAIMS.keys()),
        *(person.keys() - {"system"}),
        *(name for name, role in roles.items() if role not in get_args(Role)),
    ]
    if unknown:
        raise Invalid(f"{where}: not known here: {', '.join(sorted(unknown))}.")
    return ClaimMapping(_CLAIMS | claims, roles, str(person.get("system", "resident-id")))


@dataclass(frozen=True, slots=True)
class Attempt:
    """What must be remembered between sending a browser away and its coming back."""

    state: str
    nonce: str
    verifier: str


def new_attempt() -> Attempt:
    """Fresh secrets for one login."""
    return Attempt(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48))


class ExternalProvider:
    """One OpenID Connect provider. Its addresses and keys are fetched when first needed."""

    def __init__(
        self,
        issuer: str,
        client_id: str,
        client_secret: str,
        *,
        mapping: ClaimMapping,
        find_person: Callable[[str, str], int | None],
        clock: Clock,
    ) -> None:
        self._issuer = issuer.rstrip("/")
        self._client = (client_id, client_secret)
        self._mapping = mapping
        self._find_person = find_person
        self._clock = clock
        self._metadata: dict[str, Any] | None = None
        self._keys: KeySet | None = None

    def address_to_log_in(self, attempt: Attempt, redirect_uri: str) -> str:
        """Where to send the browser. Raises `ProviderUnreachable`."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(attempt.verifier.encode()).digest()).rstrip(b"=")
        query = {
            "response_type": "code",
            "client_id": self._client[0],
            "redirect_uri": redirect_uri,
            "scope": "openid profile",
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": challenge.decode(),
            "code_challenge_method": "S256",
        }
        return f"{self._endpoint('authorization_endpoint')}?{urllib.parse.urlencode(query)}"

    def principal(self, code: str, attempt: Attempt, redirect_uri: str) -> Principal:
        """Who has logged in there. Raises `ProviderUnreachable`, or `Refused` if they have no role here."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": attempt.verifier,
        }
        answer = _fetch(self._endpoint("token_endpoint"), form, self._client)
        claims = self._verified(str(answer.get("id_token", "")))
        if not self._is_for_us(claims, attempt):
            raise ProviderUnreachable("The login provider's token is not the answer to this login.")
        return self._principal_from(claims)

    def _is_for_us(self, claims: Mapping[str, Any], attempt: Attempt) -> bool:
        audience = claims.get("aud")
        audiences = cast(list[Any], audience) if isinstance(audience, list) else [audience]
        expires = claims.get("exp")
        return (
            str(claims.get("iss", "")).rstrip("/") == self._issuer
            and self._client[0] in audiences
            and claims.get("nonce") == attempt.nonce
            and isinstance(expires, int)
            and expires > self._clock().timestamp() - _LEEWAY
        )

    def _principal_from(self, claims: Mapping[str, Any]) -> Principal:
        named = {ours: claims.get(theirs) for ours, theirs in self._mapping.claims.items()}
        role = self._role(named["role"])
        if role is None:
            raise Refused("The login provider gives this user no role in Kangshu.", code="no-role")
        key = named["person_key"]
        return Principal(
            id=f"{self._issuer}|{claims.get('sub')}",
            name=str(claims.get("name") or claims.get("preferred_username") or ""),
            role=role,
            org=_text(named["org"]),
            county=_text(named["county"]),
            person=self._find_person(self._mapping.person_system, str(key)) if key else None,
        )

    def _role(self, value: Any) -> Role | None:
        values = cast(list[Any], value) if isinstance(value, list) else [value]
        for one in values:
            if one in self._mapping.roles:
                return self._mapping.roles[one]
            if one in get_args(Role):
                return one
        return None

    def _verified(self, token: str) -> dict[str, Any]:
        for is_fresh in (False, True):
            try:
                return jwt.decode(
                    token, self._key_set(is_fresh=is_fresh), algorithms=["RS256", "ES256", "PS256"]
                ).claims
            except (JoseError, ValueError):
                # The provider may have changed its keys since they were fetched.
                continue
        raise ProviderUnreachable("The login provider's token is not signed by one of its keys.")

    def _key_set(self, *, is_fresh: bool) -> KeySet:
        if self._keys is None or is_fresh:
            self._keys = KeySet.import_key_set(cast(Any, _fetch(self._endpoint("jwks_uri"))))
        return self._keys

    def _endpoint(self, name: str) -> str:
        if self._metadata is None:
            found = _fetch(f"{self._issuer}/.well-known/openid-configuration")
            if str(found.get("issuer", "")).rstrip("/") != self._issuer:
                raise ProviderUnreachable("The login provider names another issuer than the settings.")
            self._metadata = found
        return str(self._metadata.get(name, ""))


def _fetch(
    address: str, form: Mapping[str, str] | None = None, client: tuple[str, str] | None = None
) -> dict[str, Any]:
    if not address.startswith(("https://", "http://")):
        raise ProviderUnreachable("The login provider names no usable address.")
    headers = {"Accept": "application/json"}
    if client is not None:
        pair = ":".join(urllib.parse.quote_plus(part) for part in client)
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    data = None if form is None else urllib.parse.urlencode(form).encode()
    request = urllib.request.Request(address, data, headers)  # noqa: S310 - the scheme is checked above
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310 - as above
            content: Any = json.loads(answer.read(_MOST_BYTES))
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise ProviderUnreachable(
            "The login provider does not answer as it should.",
            remedy="Check KANGSHU_OIDC_ISSUER, client id and secret, and the way to it.",
        ) from error
    if not isinstance(content, dict):
        raise ProviderUnreachable("The login provider does not answer as it should.")
    return cast(dict[str, Any], content)


def _text(value: Any) -> str | None:
    return str(value) if value else None
