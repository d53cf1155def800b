"""Who asks, what for, and what a grant lets through."""

from __future__ import annotations

from collections.abc import Mapping
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


Attribute = str | int | bool | frozenset[str]


@dataclass(frozen=True, slots=True)
class Resource:
    """What somebody wants to do something with.

    kind        what it is, as the access pack's Cedar schema names it, in snake case: `fact` (rows of
                facts, a person's record), `work_item`, `access_log`, `indicator`, `operations` (metrics,
                quarantine, load, backup)
    type        the fact type asked for; None: any, and the scope of the grant says which come back
    org, county, person
                of the thing where the caller knows them; None where the scope shall decide
    attributes  what else policies may look at: `care_orgs`, the institutions that have `person` in their care
    """

    kind: str
    type: str | None = None
    org: str | None = None
    county: str | None = None
    person: int | None = None
    attributes: Mapping[str, Attribute] = field(default_factory=dict[str, Attribute])


@dataclass(frozen=True, slots=True)
class Scope:
    """Which rows a grant lets through; none by default.

    A row is let through if its type is one of `open_types`; or if (`everything`, or its county, org or
    person is listed) and its type is one of `types` (None: every type).
    """

    everything: bool = False
    counties: frozenset[str] = frozenset()
    orgs: frozenset[str] = frozenset()
    persons: frozenset[int] = frozenset()
    types: frozenset[str] | None = None
    open_types: frozenset[str] = frozenset()

    def lets_through(self, type: str, org: str, county: str, person: int | None) -> bool:
        """Whether a row of that type, institution, county and person is one of them."""
        if type in self.open_types:
            return True
        if self.types is not None and type not in self.types:
            return False
        return self.everything or org in self.orgs or county in self.counties or person in self.persons


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
