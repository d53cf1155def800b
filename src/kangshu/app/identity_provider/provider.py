"""The built-in OpenID provider: the embedded default, for demonstrations and small places.

Standards: RFC 6749 with RFC 7636 (PKCE, S256 only), OpenID Connect Core 1.0 (code flow),
RFC 7523 (private_key_jwt), SMART App Launch 2.2. Nothing is stored: codes and tokens are
signed, so any number of web processes serve one login.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from kangshu.app.identity_provider.client_authentication import ClientAuthentication
from kangshu.app.identity_provider.directory import Client, Directory, User
from kangshu.app.identity_provider.keys import Keys
from kangshu.app.identity_provider.passwords import NOBODY, is_password
from kangshu.app.identity_provider.tokens import ACCESS, AUDIENCE, CODE, ID, SESSION, Tokens, claims_of
from kangshu.kernel.base.errors import KangshuError
from kangshu.kernel.base.time import Clock
from kangshu.kernel.policies.definition import Principal
from kangshu.kernel.policies.smart_scopes import parse_smart_scope

SESSION_LIFETIME = timedelta(hours=10)
CODE_LIFETIME = timedelta(minutes=1)
TOKEN_LIFETIME = timedelta(hours=1)
CLIENT_TOKEN_LIFETIME = timedelta(minutes=5)

_PLAIN_SCOPES = frozenset({"openid", "profile", "fhirUser", "launch", "launch/patient"})


class OAuthError(KangshuError):
    """What an OAuth endpoint answers with; `code` is an error code of RFC 6749 or OpenID Connect."""

    code = "invalid_request"


@dataclass(frozen=True, slots=True)
class People:
    """What the provider asks of the person registry.

    find      the person that holds a key (system, value), or None
    patients  the addresses (`Patient/id`) of a person's source records
    """

    find: Callable[[str, str], int | None]
    patients: Callable[[int], list[str]]


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A checked request to the authorization endpoint: safe to ask the user, and to redirect to."""

    client: Client
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str
    nonce: str
    challenge: str


class IdentityProvider:
    """Knows the users and clients of one installation. Safe to use from many threads."""

    def __init__(self, directory: Directory, keys: Keys, people: People, clock: Clock) -> None:
        self.directory = directory
        self.keys = keys
        self.tokens = Tokens(keys, clock)
        self._people = people
        self._clients = ClientAuthentication(directory.clients, clock)

    # -- people

    def authenticate(self, login: str, password: str) -> Principal | None:
        """Who logs in with that password; None if nobody."""
        user = self.directory.users.get(login)
        is_right = is_password(password, user.password if user else NOBODY)
        return self.principal_of_user(user) if user and is_right else None

    def principal_of_user(self, user: User) -> Principal:
        """The principal a user is. A resident the person registry does not know has no person."""
        return Principal(
            id=user.login,
            name=user.name,
            role=user.role,
            org=user.org,
            county=user.county,
            person=self._people.find(*user.person_key) if user.person_key else None,
        )

    def session_of(self, principal: Principal) -> str:
        """The content of the session cookie."""
        return self.tokens.sign(SESSION, claims_of(principal), SESSION_LIFETIME)

    # -- authorization code flow

    def check_authorization(self, query: dict[str, str], fhir: str) -> AuthorizationRequest:
        """Check the parameters of an authorization request; `fhir` is the address of the FHIR interface.

        Raises `OAuthError`. Its code `invalid_client` means that the client or its address is wrong
        and the browser must not be sent there.
        """
        client = self.directory.clients.get(query.get("client_id", ""))
        redirect_uri = query.get("redirect_uri", "")
        if client is None or redirect_uri not in client.redirect_uris:
            raise OAuthError(
                "The client is not known, or has not registered this redirect_uri.", code="invalid_client"
            )
        if query.get("response_type") != "code":
            raise OAuthError("Only response_type=code is offered.", code="unsupported_response_type")
        if not query.get("code_challenge") or query.get("code_challenge_method") != "S256":
            raise OAuthError("PKCE with code_challenge_method=S256 is required.")
        if query.get("aud", fhir).rstrip("/") != fhir:
            raise OAuthError("The aud of the request is not the FHIR interface of this server.")
        scopes = _granted(client, query.get("scope", ""), contexts=("user", "patient"))
        if not scopes:
            raise OAuthError(
                "None of the scopes asked for can be given to this client.", code="invalid_scope"
            )
        return AuthorizationRequest(
            client=client,
            redirect_uri=redirect_uri,
            scopes=scopes,
            state=query.get("state", ""),
            nonce=query.get("nonce", ""),
            challenge=query["code_challenge"],
        )

    def code_for(self, request: AuthorizationRequest, principal: Principal) -> str:
        """The code the browser takes back to the client after the user has agreed."""
        claims = claims_of(principal) | {
            "scope": " ".join(request.scopes),
            "client_id": request.client.id,
            "redirect_uri": request.redirect_uri,
            "nonce": request.nonce,
            "challenge": request.challenge,
        }
        return self.tokens.sign(CODE, claims, CODE_LIFETIME)

    # -- token endpoint

    def token(
        self, form: dict[str, str], authorization: str, *, issuer: str, endpoint: str
    ) -> dict[str, Any]:
        """Answer a request to the token endpoint: `form`, and the Authorization header.

        `issuer` goes into the tokens; `endpoint` is the address a client's assertion must be made
        for. Raises `OAuthError`.
        """
        client = self._clients.authenticate(form, authorization, endpoint)
        if client is None:
            raise OAuthError("The client could not prove who it is.", code="invalid_client")
        match form.get("grant_type"):
            case "authorization_code":
                return self._exchange(client, form, issuer)
            case "client_credentials":
                return self._client_credentials(client, form, issuer)
            case _:
                raise OAuthError("This grant_type is not offered.", code="unsupported_grant_type")

    def _exchange(self, client: Client, form: dict[str, str], issuer: str) -> dict[str, Any]:
        claims = self.tokens.read(CODE, form.get("code", ""))
        if (
            claims is None
            or claims["client_id"] != client.id
            or claims["redirect_uri"] != form.get("redirect_uri")
            or not _is_verifier(form.get("code_verifier", ""), claims["challenge"])
        ):
            raise OAuthError(
                "The code is not valid, or not for this client, redirect_uri and code_verifier.",
                code="invalid_grant",
            )
        identity = {name: claims[name] for name in _IDENTITY if name in claims}
        scopes = claims["scope"].split()
        answer = self._access_token(identity, client.id, scopes, issuer, TOKEN_LIFETIME)
        if "openid" in scopes:
            answer["id_token"] = self._id_token(claims, identity | {"iss": issuer, "aud": client.id})
        patient = self._patient(claims)
        if patient and any(scope.startswith(("launch/patient", "patient/")) for scope in scopes):
            answer["patient"] = patient.partition("/")[2]
        return answer

    def _id_token(self, claims: dict[str, Any], content: dict[str, Any]) -> str:
        patient = self._patient(claims) if "fhirUser" in claims["scope"].split() else None
        content |= {"nonce": claims["nonce"]} if claims["nonce"] else {}
        content |= {"fhirUser": f"{content['iss']}/fhir/{patient}"} if patient else {}
        return self.tokens.sign(ID, content, TOKEN_LIFETIME)

    def _patient(self, claims: dict[str, Any]) -> str | None:
        """One address of the person's source records: SMART apps know one patient only."""
        person = claims.get("person")
        return min(self._people.patients(person), default=None) if person is not None else None

    def _client_credentials(self, client: Client, form: dict[str, str], issuer: str) -> dict[str, Any]:
        if client.is_public:
            raise OAuthError("A public client cannot act by itself.", code="unauthorized_client")
        asked = form.get("scope") or " ".join(client.scopes)
        scopes = _granted(client, asked, contexts=("system",))
        if not scopes:
            raise OAuthError(
                "None of the scopes asked for can be given to this client.", code="invalid_scope"
            )
        return self._access_token(
            claims_of(principal_of_client(client)), client.id, scopes, issuer, CLIENT_TOKEN_LIFETIME
        )

    def _access_token(
        self, identity: dict[str, Any], client_id: str, scopes: Any, issuer: str, lifetime: timedelta
    ) -> dict[str, Any]:
        scope = " ".join(scopes)
        claims = identity | {"iss": issuer, "aud": AUDIENCE, "client_id": client_id, "scope": scope}
        return {
            "access_token": self.tokens.sign(ACCESS, claims, lifetime),
            "token_type": "Bearer",
            "expires_in": int(lifetime.total_seconds()),
            "scope": scope,
        }


_IDENTITY = ("sub", "name", "role", "org", "county", "person")


def principal_of_client(client: Client) -> Principal:
    """The principal a client is when it acts by itself."""
    return Principal(
        id=client.id,
        name=client.name,
        role="client",
        org=client.org,
        county=client.county,
        scopes=client.scopes,
    )


def _granted(client: Client, asked: str, contexts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(scope for scope in dict.fromkeys(asked.split()) if _may_have(client, scope, contexts))


def _may_have(client: Client, scope: str, contexts: tuple[str, ...]) -> bool:
    wanted = parse_smart_scope(scope)
    if wanted is None:
        return scope in _PLAIN_SCOPES and "system" not in contexts
    if wanted.context not in contexts:
        return False
    held = [parsed for text in client.scopes if (parsed := parse_smart_scope(text)) is not None]
    return any(
        wanted.context == one.context and one.type in (None, wanted.type) and wanted.letters <= one.letters
        for one in held
    )


def _is_verifier(verifier: str, challenge: str) -> bool:
    digest = hashlib.sha256(verifier.encode()).digest()
    return hmac.compare_digest(base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), challenge)
