"""The login as browsers, apps and services meet it: over HTTP, without a database."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from kangshu.app.identity_provider.client_token import issue_client_token
from kangshu.app.identity_provider.directory import Client, Directory, User
from kangshu.app.identity_provider.external import Attempt, ClaimMapping, ExternalProvider
from kangshu.app.identity_provider.keys import load_keys
from kangshu.app.identity_provider.passwords import hash_password
from kangshu.app.identity_provider.provider import IdentityProvider, People
from kangshu.app.identity_provider.tokens import claims_of
from kangshu.interfaces.web.login.attempts import PER_USER, PER_USER_AND_ADDRESS, WINDOW, Attempts
from kangshu.interfaces.web.login.routes import login_routes
from kangshu.interfaces.web.login.service import ATTEMPT_COOKIE, SESSION_COOKIE, Login
from kangshu.kernel.policies.definition import Principal

BASE = "http://testserver"
CALLBACK = "http://localhost:3000/callback"
VERIFIER = "v" * 50
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
SERVICE_KEY = ECKey.generate_key("P-384", auto_kid=True)
PASSWORD = hash_password("right")


@dataclass
class Watch:
    """A clock that stands until it is moved."""

    now: datetime = field(default_factory=lambda: datetime(2026, 3, 1, 8, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now


@dataclass(frozen=True)
class Web:
    client: TestClient
    login: Login
    watch: Watch
    home: Path


DIRECTORY = Directory(
    users={
        "zhang": User("zhang", "张明", "doctor", PASSWORD, org="H1", county="440999"),
        "zhao": User("zhao", "赵小兰", "resident", PASSWORD, person_key=("resident-id", "1")),
    },
    clients={
        "app": Client("app", "My app", ("patient/*.rs", "user/Observation.rs"), redirect_uris=(CALLBACK,)),
        "lis": Client("lis", "Laboratory", ("system/*.cruds",), org="H1", secret=hash_password("quiet")),
        "bulk": Client(
            "bulk", "Bulk", ("system/*.read",), jwks={"keys": [SERVICE_KEY.as_dict(private=False)]}
        ),
    },
    demo_password="right",
)


@pytest.fixture(scope="module")
def made_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys made once: it takes a while."""
    home = tmp_path_factory.mktemp("home")
    load_keys(home / "keys")
    return home


@pytest.fixture
def web(tmp_path: Path, made_keys: Path) -> Iterator[Web]:
    shutil.copytree(made_keys, tmp_path, dirs_exist_ok=True)
    watch = Watch()
    people = People(
        find=lambda system, value: 7 if (system, value) == ("resident-id", "1") else None,
        patients=lambda person: [f"Patient/p{person}"],
    )
    provider = IdentityProvider(DIRECTORY, load_keys(tmp_path / "keys"), people, watch)
    login = Login(provider, None, Attempts(watch), None, demo=False, place_of=str)

    def whoami(request: Request) -> JSONResponse:
        principal = login.principal_of(request)
        return JSONResponse(None if principal is None else claims_of(principal))

    app = Starlette(routes=[*login_routes(login), Route("/whoami", whoami)])
    with TestClient(app, base_url=BASE, follow_redirects=False) as client:
        yield Web(client, login, watch, tmp_path)


def form_token(text: str) -> str:
    found = re.search(r'name="form_token" value="([0-9a-f]+)"', text)
    assert found is not None
    return found[1]


def log_in(web: Web, login: str = "zhang", password: str = "right", next_path: str = "/") -> Any:
    page = web.client.get("/login")
    form = {"form_token": form_token(page.text), "login": login, "password": password, "next": next_path}
    return web.client.post("/login", data=form)


# -- the browser


def test_a_doctor_logs_in_and_is_known_from_then_on(web: Web) -> None:
    answer = log_in(web, next_path="/residents?name=x")
    assert (answer.status_code, answer.headers["location"]) == (303, "/residents?name=x")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert web.client.get("/whoami").json() == {
        "sub": "zhang", "name": "张明", "role": "doctor", "org": "H1", "county": "440999",
    }  # fmt: skip


def test_a_resident_is_the_person_the_registry_knows(web: Web) -> None:
    log_in(web, "zhao")
    assert web.client.get("/whoami").json()["person"] == 7


@pytest.mark.parametrize(("login", "password"), [("zhang", "wrong"), ("nobody", "right"), ("zhang", "")])
def test_a_wrong_user_or_password_says_the_same(web: Web, login: str, password: str) -> None:
    answer = log_in(web, login, password)
    assert answer.status_code == 401
    assert "用户名或密码不对" in answer.text
    assert web.client.get("/whoami").json() is None


def test_a_form_that_another_site_sends_is_refused(web: Web) -> None:
    answer = web.client.post("/login", data={"login": "zhang", "password": "right"})
    assert answer.status_code == 403
    web.client.get("/login")
    answer = web.client.post("/login", data={"login": "zhang", "password": "right", "form_token": "0" * 64})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "address", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:1", ""]
)
def test_after_login_nobody_is_sent_to_another_site(web: Web, address: str) -> None:
    assert log_in(web, next_path=address).headers["location"] == "/"


def test_too_many_failures_have_to_wait_even_with_the_right_password(web: Web) -> None:
    for _ in range(PER_USER_AND_ADDRESS):
        assert log_in(web, password="wrong").status_code == 401
    answer = log_in(web)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= WINDOW.total_seconds() + 1
    assert log_in(web, "zhao").status_code == 303
    web.watch.now += WINDOW + timedelta(seconds=1)
    assert log_in(web).status_code == 303


def test_a_stranger_locks_nobody_out_at_once_but_guesses_no_password_from_many_addresses(web: Web) -> None:
    attempts = web.login.attempts
    for number in range(PER_USER):
        assert attempts.seconds_to_wait("zhang", "home") == 0
        attempts.failed("zhang", f"bot{number // 4}")
    assert attempts.seconds_to_wait("zhang", "home") > 0
    assert attempts.seconds_to_wait("li", "home") == 0


def test_behind_a_proxy_the_address_is_what_the_proxy_adds(web: Web) -> None:
    request = Request(
        {"type": "http", "client": ("10.0.0.1", 1), "headers": [(b"x-forwarded-for", b"1.1.1.1, 2.2.2.2")]}
    )
    assert web.login.address_of_caller(request) == "10.0.0.1"
    assert replace(web.login, base_url="https://k.example").address_of_caller(request) == "2.2.2.2"


def test_a_session_ends_with_logout_and_with_time(web: Web) -> None:
    log_in(web)
    assert web.client.post("/logout").headers["location"] == "/login"
    assert web.client.get("/whoami").json() is None
    log_in(web)
    web.watch.now += timedelta(hours=11)
    assert web.client.get("/whoami").json() is None


def test_a_forged_session_is_nobody(web: Web) -> None:
    log_in(web)
    cookie = web.client.cookies[SESSION_COOKIE]
    web.client.cookies.clear()
    head, body, seal = cookie.split(".")
    content = json.loads(base64.urlsafe_b64decode(body + "==")) | {"role": "city_commission"}
    forged = base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()
    for wrong in (f"{head}.{forged}.{seal}", f"{head}.{body}.", "x", cookie[:-4]):
        assert web.client.get("/whoami", headers={"cookie": f"{SESSION_COOKIE}={wrong}"}).json() is None


def test_the_login_page_shows_passwords_only_in_a_demonstration(web: Web) -> None:
    text = web.client.get("/login").text
    assert "right" not in text
    assert "张明" not in text


def test_in_a_demonstration_one_click_lets_in(web: Web) -> None:
    login = replace(web.login, demo=True)
    with TestClient(Starlette(routes=login_routes(login)), base_url=BASE, follow_redirects=False) as client:
        page = client.get("/login").text
        assert "张明" in page
        assert "H1" in page
        form = {"form_token": form_token(page), "next": "/", "login": "zhang", "password": "right"}
        assert client.post("/login", data=form).status_code == 303
        assert client.get("/static/login/login.css").headers["content-type"].startswith("text/css")


def test_keys_can_be_read_by_their_owner_only(web: Web) -> None:
    for path in (web.home / "keys").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_keys(web.home / "keys").issuer.kid == web.login.provider.keys.issuer.kid


# -- apps (authorization code with PKCE)


def authorization(**changes: str) -> dict[str, str]:
    return {
        "response_type": "code",
        "client_id": "app",
        "redirect_uri": CALLBACK,
        "scope": "openid fhirUser launch/patient patient/*.rs",
        "aud": f"{BASE}/fhir",
        "state": "s1",
        "nonce": "n1",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    } | changes


def agree(web: Web, answer: str = "allow", **changes: str) -> dict[str, str]:
    page = web.client.get("/oauth/authorize", params=authorization(**changes))
    assert page.status_code == 200, page.text
    form = authorization(**changes) | {"form_token": form_token(page.text), "answer": answer}
    back = web.client.post("/oauth/authorize", data=form)
    assert back.status_code == 303
    assert back.headers["location"].startswith(CALLBACK)
    return {key: values[0] for key, values in parse_qs(urlsplit(back.headers["location"]).query).items()}


def exchange(web: Web, code: str, **changes: str) -> Any:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "client_id": "app",
        "code_verifier": VERIFIER,
    } | changes
    return web.client.post("/oauth/token", data=form)


def test_a_resident_lets_an_app_in(web: Web) -> None:
    first = web.client.get("/oauth/authorize", params=authorization())
    assert first.status_code == 303
    assert first.headers["location"].startswith("/login?next=/oauth/authorize")
    log_in(web, "zhao")
    back = agree(web)
    assert back["state"] == "s1"
    answer = exchange(web, back["code"])
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    content = answer.json()
    assert content["patient"] == "p7"
    assert content["scope"] == "openid fhirUser launch/patient patient/*.rs"
    headers = {"Authorization": f"Bearer {content['access_token']}"}
    assert web.client.get("/whoami", headers=headers).json() == {
        "sub": "zhao", "name": "赵小兰", "role": "resident", "person": 7,
        "scope": "openid fhirUser launch/patient patient/*.rs",
    }  # fmt: skip
    assert web.client.get("/oauth/userinfo", headers=headers).json()["sub"] == "zhao"
    keys = KeySet.import_key_set(web.client.get("/oauth/jwks").json())
    claims = jwt.decode(content["id_token"], keys).claims
    assert (claims["iss"], claims["aud"], claims["nonce"], claims["sub"]) == (BASE, "app", "n1", "zhao")
    assert claims["fhirUser"] == f"{BASE}/fhir/Patient/p7"


def test_an_app_gets_no_scope_it_was_not_registered_for(web: Web) -> None:
    log_in(web)
    back = agree(web, scope="openid user/Observation.rs user/Patient.rs system/*.read user/Observation.cruds")
    assert exchange(web, back["code"]).json()["scope"] == "openid user/Observation.rs"


def test_a_user_who_denies_sends_the_app_away(web: Web) -> None:
    log_in(web)
    assert agree(web, answer="deny") == {"error": "access_denied", "state": "s1"}


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"scope": "system/*.read"}, "invalid_scope"),
        ({"aud": "https://elsewhere.example/fhir"}, "invalid_request"),
    ],
)
def test_a_wrong_request_goes_back_to_the_app_with_an_error(
    web: Web, changes: dict[str, str], error: str
) -> None:
    answer = web.client.get("/oauth/authorize", params=authorization(**changes))
    assert answer.headers["location"].startswith(f"{CALLBACK}?error={error}")


@pytest.mark.parametrize(
    "changes", [{"client_id": "none"}, {"redirect_uri": "https://evil.example/callback"}]
)
def test_nobody_is_sent_to_an_address_that_is_not_registered(web: Web, changes: dict[str, str]) -> None:
    answer = web.client.get("/oauth/authorize", params=authorization(**changes))
    assert answer.status_code == 400
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    "changes", [{"code_verifier": "other"}, {"redirect_uri": "http://localhost/"}, {"code": "x"}]
)
def test_a_code_is_of_no_use_to_somebody_else(web: Web, changes: dict[str, str]) -> None:
    log_in(web)
    code = agree(web)["code"]
    answer = exchange(web, **({"code": code} | changes))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_a_code_ends_after_a_minute_and_is_no_access_token(web: Web) -> None:
    log_in(web)
    code = agree(web)["code"]
    assert web.client.get("/whoami", headers={"Authorization": f"Bearer {code}"}).json() is None
    web.watch.now += timedelta(seconds=61)
    assert exchange(web, code).status_code == 400


# -- services (client credentials)


def assertion(web: Web, **changes: Any) -> str:
    claims = {
        "iss": "bulk",
        "sub": "bulk",
        "aud": f"{BASE}/oauth/token",
        "exp": int(web.watch.now.timestamp()) + 240,
        "jti": "j1",
    } | changes
    return jwt.encode({"alg": "ES384", "kid": SERVICE_KEY.kid}, claims, SERVICE_KEY, algorithms=["ES384"])


def by_assertion(web: Web, text: str) -> Any:
    form = {
        "grant_type": "client_credentials",
        "scope": "system/*.read",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": text,
    }
    return web.client.post("/oauth/token", data=form)


def test_a_service_proves_itself_with_its_key_once(web: Web) -> None:
    text = assertion(web)
    answer = by_assertion(web, text)
    assert answer.status_code == 200, answer.text
    assert answer.json()["expires_in"] == 300
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    known = {"sub": "bulk", "name": "Bulk", "role": "client", "scope": "system/*.read"}
    assert web.client.get("/whoami", headers=headers).json() == known
    assert by_assertion(web, text).status_code == 401


@pytest.mark.parametrize(
    "changes",
    [{"aud": "https://elsewhere.example"}, {"sub": "lis"}, {"exp": 1}, {"exp": 9_999_999_999}, {"jti": None}],
)
def test_an_assertion_for_something_else_proves_nothing(web: Web, changes: dict[str, Any]) -> None:
    answer = by_assertion(web, assertion(web, **changes))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_a_service_with_a_secret_sends_it_in_the_header_or_the_form(web: Web) -> None:
    grant = {"grant_type": "client_credentials"}
    basic = web.client.post("/oauth/token", data=grant, auth=("lis", "quiet"))
    posted = web.client.post("/oauth/token", data=grant | {"client_id": "lis", "client_secret": "quiet"})
    for answer in (basic, posted):
        assert answer.json()["scope"] == "system/*.cruds"
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        assert web.client.get("/whoami", headers=headers).json()["org"] == "H1"
    wrong = web.client.post("/oauth/token", data=grant, auth=("lis", "loud"))
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
    assert wrong.headers["www-authenticate"].startswith("Basic")


def test_a_public_client_gets_no_token_of_its_own(web: Web) -> None:
    answer = web.client.post("/oauth/token", data={"grant_type": "client_credentials", "client_id": "app"})
    assert answer.json()["error"] == "unauthorized_client"


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a" * 100_000, b"&".join([b"a=1"] * 60), b"{}"])
def test_a_token_request_that_is_no_form_is_an_error_of_the_client(web: Web, content: bytes) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert web.client.post("/oauth/token", content=content, headers=headers).status_code in (400, 401)


def test_the_keeper_hands_out_a_token_that_the_server_knows(web: Web) -> None:
    text = issue_client_token(
        web.home, web.watch, client="loader", scopes=["system/*.read"], org="H1", lifetime=timedelta(days=1)
    )
    headers = {"Authorization": f"Bearer {text}"}
    known = web.client.get("/whoami", headers=headers).json()
    assert (known["role"], known["org"], known["scope"]) == ("client", "H1", "system/*.read")
    web.watch.now += timedelta(days=2)
    assert web.client.get("/whoami", headers=headers).json() is None


# -- discovery


def test_clients_find_the_endpoints(web: Web) -> None:
    for path in ("/.well-known/openid-configuration", "/fhir/.well-known/smart-configuration"):
        found = web.client.get(path).json()
        assert found["token_endpoint"] == f"{BASE}/oauth/token"
        assert found["code_challenge_methods_supported"] == ["S256"]
    assert "client-confidential-asymmetric" in found["capabilities"]


# -- another provider


class OtherProvider(ExternalProvider):
    """An external provider whose answer is known: what is tested is our side of the exchange."""

    def address_to_log_in(self, attempt: Attempt, redirect_uri: str) -> str:
        return "https://login.example/?" + urlencode({"state": attempt.state, "redirect_uri": redirect_uri})

    def principal(self, code: str, attempt: Attempt, redirect_uri: str) -> Principal:
        assert (code, redirect_uri) == ("c1", f"{BASE}/login/callback")
        return self._principal_from({"sub": "u9", "name": "陈", "groups": ["physician"], "unit": "H2"})


def test_a_user_of_another_provider_comes_back_with_a_role(web: Web) -> None:
    mapping = ClaimMapping(
        {"role": "groups", "org": "unit", "county": "county", "person_key": "id"}, {"physician": "doctor"}
    )
    other = OtherProvider(
        "https://login.example", "k", "s", mapping=mapping, find_person=lambda *_: None, clock=web.watch
    )
    login = Login(web.login.provider, other, web.login.attempts, None, demo=False, place_of=str)
    with TestClient(Starlette(routes=login_routes(login)), base_url=BASE, follow_redirects=False) as client:
        away = client.get("/login/external", params={"next": "/residents"})
        state = parse_qs(urlsplit(away.headers["location"]).query)["state"][0]
        assert client.get("/login/callback", params={"code": "c1", "state": "other"}).status_code == 400
        back = client.get("/login/callback", params={"code": "c1", "state": state})
        assert (back.status_code, back.headers["location"]) == (303, "/residents")
        assert ATTEMPT_COOKIE not in client.cookies
        principal = web.login.provider.tokens.principal_of("session+jwt", client.cookies[SESSION_COOKIE])
    assert principal == Principal("https://login.example|u9", "陈", "doctor", org="H2")
