"""One policy as the kernel sees it, and the part of a scope that it contributes.

A `permit` says in `@scope` which rows it opens:

- `everything`     all rows
- `own_county`     rows of the principal's county
- `own_org`        rows of the principal's institution
- `own_person`     rows of the person the principal is
- `this_person`    rows of the person the request names
- `none`           no rows: the action needs none

and in its head (`resource in Types::"group"`) of which types; no group means all types. `@within("system")`
narrows it further to the types that the token's scopes of that SMART context cover; a policy without
`@within` is narrowed to what scopes of any context cover, if the token carries scopes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cedarpy import pst

from kangshu.kernel.base.errors import Problem
from kangshu.kernel.policies.definition import Principal, Resource, Scope
from kangshu.kernel.policies.smart_scopes import covered_types


@dataclass(frozen=True, slots=True)
class Policy:
    """One Cedar policy with its annotations. `types` None: not narrowed to a group of types."""

    id: str
    effect: str
    scope: str
    types: frozenset[str] | None
    within: str | None
    reason: str
    reason_zh: str
    code: str

    def reason_in(self, language: str) -> str:
        """The reason for a reader of that language (`zh`, anything else English)."""
        return self.reason_zh if language == "zh" else self.reason


@dataclass(frozen=True, slots=True)
class Part:
    """What one policy contributes to a scope; the fields mean what they mean there."""

    everything: bool = False
    counties: frozenset[str] = frozenset()
    orgs: frozenset[str] = frozenset()
    persons: frozenset[int] = frozenset()
    types: frozenset[str] | None = None


SCOPE_WORDS = frozenset({"everything", "own_county", "own_org", "own_person", "this_person", "none"})


def part_of(policy: Policy, principal: Principal, resource: Resource, action: str) -> Part | None:
    """What the policy opens for this request; None if nothing: what `@scope` refers to is not there."""
    part = _rows(policy.scope, principal, resource)
    if part is None:
        return None
    types = policy.types
    if principal.scopes and policy.scope != "none":
        types = _both(types, covered_types(principal.scopes, policy.within, action))
    if types is not None and not types:
        return None
    return Part(part.everything, part.counties, part.orgs, part.persons, types)


def _rows(word: str, principal: Principal, resource: Resource) -> Part | None:
    match word:
        case "everything":
            return Part(everything=True)
        case "own_county" if principal.county is not None:
            return Part(counties=frozenset({principal.county}))
        case "own_org" if principal.org is not None:
            return Part(orgs=frozenset({principal.org}))
        case "own_person" if principal.person is not None:
            return Part(persons=frozenset({principal.person}))
        case "this_person" if resource.person is not None:
            return Part(persons=frozenset({resource.person}))
        case "none":
            return Part()
        case _:
            return None


def union(parts: list[Part]) -> Scope:
    """The scope that lets through what any part lets through.

    Parts limited to counties, orgs and persons share one set of types in a `Scope`. Where theirs
    differ only the common types remain: less than the parts say, never more.
    """
    whole = [part.types for part in parts if part.everything]
    rest = [part for part in parts if part.counties or part.orgs or part.persons]
    if None in whole:
        return Scope(everything=True)
    open_types = frozenset[str]().union(*(types for types in whole if types is not None))
    if not rest:
        return Scope(everything=True, types=open_types) if whole else Scope()
    types: frozenset[str] | None = None
    for part in rest:
        types = _both(types, part.types)
    return Scope(
        counties=frozenset[str]().union(*(part.counties for part in rest)),
        orgs=frozenset[str]().union(*(part.orgs for part in rest)),
        persons=frozenset[int]().union(*(part.persons for part in rest)),
        types=types,
        open_types=open_types,
    )


def _both(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other


def read_policies(
    nodes: pst.PolicySet, groups: Mapping[str, frozenset[str]]
) -> tuple[dict[str, Policy], list[Problem]]:
    """The policies by Cedar's own ids (`policy0` …), and what is wrong with their annotations."""
    problems = [
        Problem("error", "not-supported", key, "is a template; write it out") for key in nodes.templates
    ]
    policies: dict[str, Policy] = {}
    seen: set[str] = set()
    for key, node in nodes.static_policies.items():
        policies[key], found = _read_policy(key, node, groups)
        problems += found
        if policies[key].id in seen:
            problems.append(Problem("error", "duplicate", policies[key].id, "is the @id of two policies"))
        seen.add(policies[key].id)
    return policies, problems


_KNOWN = frozenset({"id", "scope", "within", "reason", "reason_zh", "code"})


def _read_policy(
    key: str, node: pst.Template, groups: Mapping[str, frozenset[str]]
) -> tuple[Policy, list[Problem]]:
    notes = node.annotations
    name = notes.get("id", "") or key
    group = _type_group(node.resource)
    wrong: list[str] = [f"has the unknown annotation @{note}" for note in sorted(notes.keys() - _KNOWN)]
    wrong += [f"lacks @{note}" for note in ("id", "reason", "reason_zh") if not notes.get(note)]
    if node.effect == "permit" and notes.get("scope") not in SCOPE_WORDS:
        wrong.append(f"must have @scope with one of {', '.join(sorted(SCOPE_WORDS))}")
    if node.effect == "forbid" and ("scope" in notes or "within" in notes):
        wrong.append("forbids, and so opens no scope: take @scope and @within out")
    if notes.get("within", "system") not in ("patient", "user", "system"):
        wrong.append("must have @within patient, user or system")
    if group is not None and group not in groups:
        wrong.append(f"names the group of types {group}, which the pack does not define")
    policy = Policy(
        id=name,
        effect=node.effect,
        scope=notes.get("scope", "none"),
        types=None if group is None else groups.get(group, frozenset()),
        within=notes.get("within"),
        reason=notes.get("reason", ""),
        reason_zh=notes.get("reason_zh", ""),
        code=notes.get("code", "forbidden"),
    )
    return policy, [Problem("error", "invalid", name, text) for text in wrong]


def _type_group(constraint: pst.PrincipalOrResourceConstraint) -> str | None:
    if isinstance(constraint, pst.ScopeIn | pst.ScopeIsIn) and isinstance(constraint.entity, pst.EntityUid):
        return constraint.entity.id if constraint.entity.type.basename == "Types" else None
    return None
