"""Access tokens handed out by the keeper of an installation (`kangshu token`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from kangshu.app.identity_provider.keys import load_keys
from kangshu.app.identity_provider.tokens import ACCESS, AUDIENCE, Tokens, claims_of
from kangshu.kernel.base.errors import Invalid, Refused
from kangshu.kernel.base.time import Clock
from kangshu.kernel.policies.definition import Principal
from kangshu.kernel.policies.smart_scopes import parse_smart_scope


def issue_client_token(
    home: Path, clock: Clock, *, client: str, scopes: Sequence[str], org: str | None, lifetime: timedelta
) -> str:
    """A bearer token for the program `client`, limited to `scopes` and, if given, to institution `org`.

    Signed with the key of the installation in `home`, which every web process of it knows.
    Raises `Invalid` for a scope that grants nothing.
    """
    wrong = [scope for scope in scopes if parse_smart_scope(scope) is None]
    if wrong or not scopes:
        raise Invalid(
            f"Not a SMART scope: {', '.join(wrong) or '(none given)'}.",
            remedy="Write for example system/*.rs or system/Patient.read.",
        )
    principal = Principal(id=client, name=client, role="client", org=org, scopes=tuple(scopes))
    claims = claims_of(principal) | {"iss": AUDIENCE, "aud": AUDIENCE, "client_id": client}
    return Tokens(load_keys(home / "keys"), clock).sign(ACCESS, claims, lifetime)


def principal_of_token(home: Path, clock: Clock, token: str) -> Principal:
    """Whose token it is. Raises `Refused` for one that is forged, expired or not of this installation."""
    principal = Tokens(load_keys(home / "keys"), clock).principal_of(ACCESS, token)
    if principal is None:
        raise Refused(
            "The token is forged, expired or not ours.", remedy="Get one with `kangshu token`.", code="login"
        )
    return principal
