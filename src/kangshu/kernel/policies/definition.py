"""Who asks, what for, and what a grant lets through."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Role = Literal[
    "resident",
    "doctor",
    "family_doctor",
    "county_commission",
    "city_commission",
    "steward",
    "operator",
    "overseer",
    "client",
]


@dataclass(frozen=True, slots=True)
class Principal:
    """Someone, or a program, who has proved who they are.

    `org` is the code of the institution they work for, `county` its division code
    (GB/T 2260, six digits), `person` the person number of a resident, `scopes` the
    SMART scopes of an API client or of the user's session (empty: not limited by scopes).
    """

    id: str
    name: str
    role: Role
    org: str | None = None
    county: str | None = None
    person: int | None = None
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scope:
    """Which rows a grant lets through: the union of the parts; nothing by default.

    `types` narrows every part to those fact types; None means every type.
    """

    everything: bool = False
    counties: frozenset[str] = frozenset()
    orgs: frozenset[str] = frozenset()
    persons: frozenset[int] = frozenset()
    types: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """Leave to do one kind of thing with some rows, for a purpose, for a reason that can be read.

    Only `kernel.policies.decide` makes one. Every use is written to the access log.
    """

    principal: Principal
    action: str
    purpose: str
    reason: str
    scope: Scope
    policy_ids: tuple[str, ...] = field(default=())
