"""Logging in with another OpenID Connect provider: a small real one, over HTTP, that can misbehave."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from kangshu.app.identity_provider.external import (
    Attempt,
    ClaimMapping,
    ExternalProvider,
    ProviderUnreachable,
    new_attempt,
    parse_claim_mapping,
)
from kangshu.kernel.base.errors import Invalid, Refused
from kangshu.kernel.policies.definition import Principal

BACK = "https://kangshu.example/login/callback"
NOW = datetime(2026, 3, 1, tzinfo=UTC)
CLAIMS = {
    "sub": "42",
    "name": "陈立",
    "kangshu_role": "county_commission",
    "kangshu_county": "440999",
    "exp": int(NOW.timestamp()) + 300,
}
MAPPING = parse_claim_mapping(
    '[claims]\nrole = "groups"\nperson_key = "id_card"\n[roles]\nphysicians = "doctor"\n'
    '[person]\nsystem = "resident-id"'
)


@dataclass
class Other:
    """The provider: `claims` go into the next id token, `forms` are the token requests it has got."""

    issuer: str = ""
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", auto_kid=True))
    claims: dict[str, Any] = field(default_factory=dict)
    forms: list[dict[str, str]] = field(default_factory=list)
    published: list[ECKey] = field(default_factory=list)

    def answer(self, path: str, form: dict[str, str]) -> dict[str, Any]:
        if path == "/.well-known/openid-configuration":
            names = {"authorization_endpoint": "auth", "token_endpoint": "token", "jwks_uri": "keys"}
            return {"issuer": self.issuer} | {name: f"{self.issuer}/{end}" for name, end in names.items()}
        if path == "/keys":
            return {"keys": [key.as_dict(private=False) for key in self.published or [self.key]]}
        self.forms.append(form)
        header = {"alg": "ES256", "kid": self.key.kid}
        return {"id_token": jwt.encode(header, dict(self.claims), self.key), "access_token": "x"}


@pytest.fixture
def other() -> Iterator[Other]:
    made = Other()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
            form = {key: values[0] for key, values in parse_qs(body).items()}
            content = json.dumps(made.answer(self.path, form)).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815 - http.server's name

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.issuer = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()


def provider(other: Other, mapping: ClaimMapping | None = None) -> ExternalProvider:
    return ExternalProvider(
        other.issuer,
        "kangshu",
        "secret",
        mapping=mapping or ClaimMapping(),
        find_person=lambda system, value: 7 if (system, value) == ("resident-id", "1") else None,
        clock=lambda: NOW,
    )


def log_in(other: Other, attempt: Attempt, mapping: ClaimMapping | None = None, **claims: Any) -> Principal:
    other.claims = CLAIMS | {"iss": other.issuer, "aud": "kangshu", "nonce": attempt.nonce} | claims
    return provider(other, mapping).principal("c1", attempt, BACK)


def test_a_user_comes_back_as_what_the_claims_say(other: Other) -> None:
    attempt = new_attempt()
    address = urlsplit(provider(other).address_to_log_in(attempt, BACK))
    query = {key: values[0] for key, values in parse_qs(address.query).items()}
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{other.issuer}/auth"
    assert (query["state"], query["nonce"], query["redirect_uri"]) == (attempt.state, attempt.nonce, BACK)
    expected = Principal(f"{other.issuer}|42", "陈立", "county_commission", county="440999")
    assert log_in(other, attempt) == expected
    assert other.forms[0]["code_verifier"] == attempt.verifier


def test_the_mapping_names_claims_roles_and_the_key_of_a_person(other: Other) -> None:
    doctor = log_in(other, new_attempt(), MAPPING, groups=["everybody", "physicians"], kangshu_org="H1")
    assert (doctor.role, doctor.org) == ("doctor", "H1")
    resident = log_in(other, new_attempt(), MAPPING, groups="resident", id_card="1")
    assert (resident.role, resident.person) == ("resident", 7)


def test_a_user_without_a_role_is_refused(other: Other) -> None:
    with pytest.raises(Refused):
        log_in(other, new_attempt(), kangshu_role="visitor")


@pytest.mark.parametrize(
    "claims", [{"iss": "http://elsewhere"}, {"aud": "another"}, {"nonce": "old"}, {"exp": 1}, {"exp": None}]
)
def test_a_token_for_something_else_lets_nobody_in(other: Other, claims: dict[str, Any]) -> None:
    with pytest.raises(ProviderUnreachable):
        log_in(other, new_attempt(), **claims)


def test_a_token_signed_by_somebody_else_lets_nobody_in(other: Other) -> None:
    other.published = [ECKey.generate_key("P-256", auto_kid=True)]
    with pytest.raises(ProviderUnreachable):
        log_in(other, new_attempt())


def test_a_provider_that_is_away_is_said_to_be() -> None:
    away = ExternalProvider(
        "http://127.0.0.1:9", "k", "s", mapping=ClaimMapping(), find_person=lambda *_: None, clock=lambda: NOW
    )
    with pytest.raises(ProviderUnreachable):
        away.address_to_log_in(new_attempt(), BACK)


@pytest.mark.parametrize(
    "text", ["[clams]", '[claims]\nrole2 = "x"', '[roles]\nx = "king"', "[person]\nx = 1", "["]
)
def test_a_wrong_mapping_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_claim_mapping(text)
