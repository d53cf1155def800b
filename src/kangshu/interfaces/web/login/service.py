"""Who is asking: what the web knows of sessions and tokens."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from kangshu.app.identity_provider.build import external_provider, identity_provider, people_of
from kangshu.app.identity_provider.external import ExternalProvider
from kangshu.app.identity_provider.provider import SESSION_LIFETIME, IdentityProvider
from kangshu.app.identity_provider.tokens import ACCESS, SESSION
from kangshu.app.platform import Platform
from kangshu.interfaces.web.login.attempts import Attempts
from kangshu.kernel.base.errors import Refused
from kangshu.kernel.policies.definition import Principal

SESSION_COOKIE = "kangshu_session"
FORM_COOKIE = "kangshu_form"
ATTEMPT_COOKIE = "kangshu_attempt"


@dataclass(frozen=True, slots=True)
class Login:
    """The login of one installation: its own users, another provider, or both.

    `place_of` names an institution by its code, "" for none.
    """

    provider: IdentityProvider
    external: ExternalProvider | None
    attempts: Attempts
    base_url: str | None
    demo: bool
    place_of: Callable[[str], str]

    def principal_of(self, request: Request) -> Principal | None:
        """Who asks, by bearer token or session cookie; None if nobody says, or the proof does not hold."""
        authorization = request.headers.get("authorization", "")
        if authorization:
            scheme, _, token = authorization.partition(" ")
            is_bearer = scheme.lower() == "bearer"
            return self.provider.tokens.principal_of(ACCESS, token.strip()) if is_bearer else None
        session = request.cookies.get(SESSION_COOKIE)
        return self.provider.tokens.principal_of(SESSION, session) if session else None

    def api_principal_of(self, request: Request) -> Principal | None:
        """Like `principal_of`, but raises `Refused` where credentials were sent and do not hold."""
        principal = self.principal_of(request)
        if principal is None and "authorization" in request.headers:
            raise Refused(
                "The token is forged, expired or not ours.", remedy="Fetch a new one.", code="login"
            )
        return principal

    def address(self, request: Request) -> str:
        """The address of this server, without a slash at the end."""
        return self.base_url or str(request.base_url).rstrip("/")

    def address_of_caller(self, request: Request) -> str:
        """The network address of the caller; behind a proxy (KANGSHU_BASE_URL) the one the proxy adds."""
        forwarded = request.headers.get("x-forwarded-for", "") if self.base_url else ""
        direct = request.client.host if request.client else ""
        return forwarded.rpartition(",")[2].strip() or direct

    # -- the session cookie

    def open_session(self, request: Request, response: Response, principal: Principal) -> None:
        """Let the browser come back as this principal."""
        lifetime = int(SESSION_LIFETIME.total_seconds())
        self.set_cookie(request, response, SESSION_COOKIE, self.provider.session_of(principal), lifetime)

    def close_session(self, response: Response) -> None:
        """Let the browser forget who it was."""
        response.delete_cookie(SESSION_COOKIE, path="/")

    def set_cookie(self, request: Request, response: Response, name: str, value: str, lifetime: int) -> None:
        """A cookie that scripts and other sites cannot use."""
        is_secure = self.address(request).startswith("https://")
        response.set_cookie(
            name, value, max_age=lifetime, path="/", secure=is_secure, httponly=True, samesite="lax"
        )

    # -- forms that only our own pages can send

    def form_secret(self, request: Request) -> str:
        """What ties a form to this browser: its session, or before login a cookie (made if there is none)."""
        return (
            request.cookies.get(SESSION_COOKIE) or request.cookies.get(FORM_COOKIE) or secrets.token_hex(16)
        )

    def form_token(self, secret: str) -> str:
        """The hidden field `form_token` of a form shown to the browser with that secret."""
        return self.provider.keys.seal(f"form {secret}")

    def is_own_form(self, request: Request, form: dict[str, str]) -> bool:
        """Whether the form was shown by us, to this browser, in this session."""
        secret = request.cookies.get(SESSION_COOKIE) or request.cookies.get(FORM_COOKIE)
        if not secret:
            return False
        return hmac.compare_digest(self.form_token(secret), form.get("form_token", ""))


def build_login(platform: Platform) -> Login:
    """The login of a platform, from its settings."""
    people = people_of(platform)

    def place_of(org: str) -> str:
        return platform.institutions.get(org).name if org else ""

    return Login(
        provider=identity_provider(platform.settings, people, platform.clock),
        external=external_provider(platform.settings, people, platform.clock),
        attempts=Attempts(platform.clock),
        base_url=platform.settings.base_url,
        demo=platform.settings.demo,
        place_of=place_of,
    )
