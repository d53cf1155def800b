"""The users and API clients the built-in provider knows: read from a `users.toml`.

```toml
demo_password = "…"                  # only in a demonstration: shown on the login page

[[user]]
login = "doctor"
name = "…"
role = "doctor"                      # see kernel/policies/definition.py
org = "H44099900001"                 # code of the institution, where the role has one
county = "440999"                    # division code, where the role has one
person_key = "resident-id|4409…"     # how the person registry knows a resident
password = "scrypt$…"                # see passwords.py

[[client]]
id = "laboratory"
name = "…"
scopes = ["system/*.rs"]
org = "H44099900001"                 # limits the client to that institution's facts
secret = "scrypt$…"                  # or jwks = '{"keys": […]}'; neither: a public client
redirect_uris = ["https://…"]        # exactly these, for the authorization code flow
```
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast, get_args

from kangshu.kernel.base.errors import Invalid, Problem
from kangshu.kernel.base.toml import parse_toml
from kangshu.kernel.policies.definition import Role


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who can log in. `person_key` is (system, value) of the person registry."""

    login: str
    name: str
    role: Role
    password: str
    org: str | None = None
    county: str | None = None
    person_key: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Client:
    """A program that can get tokens. `secret` is kept as passwords are; `jwks` are its public keys."""

    id: str
    name: str
    scopes: tuple[str, ...]
    org: str | None = None
    county: str | None = None
    secret: str | None = None
    jwks: Mapping[str, Any] | None = None
    redirect_uris: tuple[str, ...] = ()

    @property
    def is_public(self) -> bool:
        """Whether the client cannot prove who it is (an app on a phone or in a browser)."""
        return self.secret is None and self.jwks is None


@dataclass(frozen=True, slots=True)
class Directory:
    """Users by login, clients by id. `demo_password` opens every user of a demonstration."""

    users: Mapping[str, User] = field(default_factory=dict[str, User])
    clients: Mapping[str, Client] = field(default_factory=dict[str, Client])
    demo_password: str | None = None


_USER = {"login", "name", "role", "password", "org", "county", "person_key"}
_CLIENT = {"id", "name", "scopes", "org", "county", "secret", "jwks", "redirect_uris"}
_NEEDED = {"user": {"login", "name", "role", "password"}, "client": {"id", "name", "scopes"}}


def parse_directory(text: str, where: str = "users.toml") -> Directory:
    """Read the file. Raises `Invalid` with every key that is missing, unknown or of the wrong form."""
    table = parse_toml(text, where)
    problems = _problems(table)
    if problems:
        listed = "; ".join(f"{problem.path}: {problem.message}" for problem in problems)
        raise Invalid(f"{where}: {listed}.", problems=tuple(problems))
    users = [_user(entry) for entry in table.get("user", [])]
    clients = [_client(entry) for entry in table.get("client", [])]
    return Directory(
        users={user.login: user for user in users},
        clients={client.id: client for client in clients},
        demo_password=table.get("demo_password"),
    )


def _problems(table: Mapping[str, Any]) -> list[Problem]:
    found = [
        Problem.at(key, "is not known here") for key in table.keys() - {"user", "client", "demo_password"}
    ]
    for kind, known in (("user", _USER), ("client", _CLIENT)):
        for number, entry in enumerate(cast(list[dict[str, Any]], table.get(kind, []))):
            path = f"{kind}[{number}]"
            found += [
                Problem.at(f"{path}.{key}", "is not known here") for key in sorted(entry.keys() - known)
            ]
            found += [
                Problem.at(f"{path}.{key}", "is missing") for key in sorted(_NEEDED[kind] - entry.keys())
            ]
            found += [Problem.at(f"{path}.{key}", text) for key, text in _wrong_forms(entry)]
    return found


def _wrong_forms(entry: Mapping[str, Any]) -> list[tuple[str, str]]:
    wrong: list[tuple[str, str]] = []
    for key, value in entry.items():
        if key in ("scopes", "redirect_uris"):
            is_right = isinstance(value, list) and all(isinstance(one, str) for one in cast(list[Any], value))
        else:
            is_right = isinstance(value, str) and value != ""
        if not is_right:
            wrong.append((key, "has the wrong form"))
    if isinstance(entry.get("role"), str) and entry["role"] not in get_args(Role):
        wrong.append(("role", f"must be one of {', '.join(get_args(Role))}"))
    if isinstance(entry.get("person_key"), str) and "|" not in entry["person_key"]:
        wrong.append(("person_key", "must be written system|value"))
    if isinstance(entry.get("jwks"), str) and not _is_key_set(entry["jwks"]):
        wrong.append(("jwks", "must be a JSON Web Key Set"))
    return wrong


def _is_key_set(text: str) -> bool:
    try:
        content = json.loads(text)
    except ValueError:
        return False
    return isinstance(content, dict) and isinstance(cast(dict[str, Any], content).get("keys"), list)


def _user(entry: Mapping[str, Any]) -> User:
    system, _, value = str(entry.get("person_key", "")).partition("|")
    return User(
        login=entry["login"],
        name=entry["name"],
        role=entry["role"],
        password=entry["password"],
        org=entry.get("org"),
        county=entry.get("county"),
        person_key=(system, value) if value else None,
    )


def _client(entry: Mapping[str, Any]) -> Client:
    return Client(
        id=entry["id"],
        name=entry["name"],
        scopes=tuple(entry["scopes"]),
        org=entry.get("org"),
        county=entry.get("county"),
        secret=entry.get("secret"),
        jwks=json.loads(entry["jwks"]) if "jwks" in entry else None,
        redirect_uris=tuple(entry.get("redirect_uris", ())),
    )
