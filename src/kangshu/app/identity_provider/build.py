"""Put the login of an installation together from its settings."""

from __future__ import annotations

from kangshu.app.identity_provider.directory import Directory, parse_directory
from kangshu.app.identity_provider.external import ClaimMapping, ExternalProvider, parse_claim_mapping
from kangshu.app.identity_provider.keys import load_keys
from kangshu.app.identity_provider.provider import IdentityProvider, People
from kangshu.app.platform import Platform
from kangshu.app.settings import Settings
from kangshu.kernel.base.time import Clock
from kangshu.kernel.facts import persons

FILE = "users.toml"


def identity_provider(settings: Settings, people: People, clock: Clock) -> IdentityProvider:
    """The built-in provider with the keys and users of this installation."""
    return IdentityProvider(read_directory(settings), load_keys(settings.home / "keys"), people, clock)


def external_provider(settings: Settings, people: People, clock: Clock) -> ExternalProvider | None:
    """The provider that KANGSHU_OIDC_ISSUER names, if it does."""
    if settings.oidc_issuer is None:
        return None
    path = settings.home / "oidc.toml"
    return ExternalProvider(
        settings.oidc_issuer,
        settings.oidc_client_id or "",
        settings.oidc_client_secret or "",
        mapping=parse_claim_mapping(path.read_text("utf-8"), str(path)) if path.exists() else ClaimMapping(),
        find_person=people.find,
        clock=clock,
    )


def people_of(platform: Platform) -> People:
    """The person registry as the login needs it."""

    def find(system: str, value: str) -> int | None:
        with platform.database.connection() as session:
            return persons.find(session, [(system, value)]).get((system, value))

    return People(find, platform.patients_of)


def read_directory(settings: Settings) -> Directory:
    """Users and clients of `<home>/users.toml`; in a demonstration also those of the places' packs."""
    paths = [settings.home / FILE]
    if settings.demo:
        paths = [*sorted((settings.packs / "places").glob(f"*/{FILE}")), *paths]
    found = [parse_directory(path.read_text("utf-8"), str(path)) for path in paths if path.exists()]
    return Directory(
        users={login: user for one in found for login, user in one.users.items()},
        clients={id_: client for one in found for id_, client in one.clients.items()},
        demo_password=next((one.demo_password for one in found if one.demo_password), None)
        if settings.demo
        else None,
    )
