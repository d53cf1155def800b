"""Decide: may this principal do this, with that, for that purpose, and which rows does it let through?

The answer is Cedar's, and so is the scope: every `permit` carries `@scope("…")`, and the policies
that determined the decision give the union of theirs (see `part.py`). Nothing here knows a role.

The kernel tells Cedar:

- principal  `User` in `Role::"<role>"`, with `org`, `county`, `person` where there are any, and `limited`,
             true if the token carries scopes
- action     `Action::"<action>"`
- resource   an entity of the kind asked for, with `type`, `org`, `county`, `person` and the attributes of the
             request, in `Types::"<group>"` for every group of the pack that holds its type. A request
             without a type is in every group: each policy lets through what it lets through
- context    `purpose`; `scopes`, the SMART contexts (patient, user, system) whose scopes cover the request
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kangshu.kernel.base.errors import Invalid, Problem, Refused
from kangshu.kernel.policies.cedar import Answer, Cedar
from kangshu.kernel.policies.definition import Grant, Principal, Resource
from kangshu.kernel.policies.part import Policy, part_of, read_policies, union
from kangshu.kernel.policies.smart_scopes import covered_types
from kangshu.kernel.policies.vocabulary import Vocabulary

_MOST_REMEMBERED = 65_536

_CONTEXTS = ("patient", "user", "system")

_Key = tuple[Any, ...]


class Policies:
    """The access policies of all packs, parsed once. Safe to use from many threads."""

    def __init__(
        self,
        *,
        texts: Mapping[str, str],
        schema: str,
        vocabulary: Vocabulary,
    ) -> None:
        """Parse Cedar texts (by file name, for messages) and their Cedar schema.

        Raises `Invalid` with every problem of the policies.
        """
        whole = "\n".join(texts[name] for name in sorted(texts))
        self._cedar = Cedar(whole, schema, _roles(vocabulary))
        self.policies, problems = read_policies(self._cedar.nodes(), vocabulary.types)
        problems += [
            Problem("error", "invalid", self.policies[key].id if key in self.policies else key, message)
            for key, message in self._cedar.validate()
        ]
        if problems:
            listed = "; ".join(f"{problem.path}: {problem.message}" for problem in problems)
            raise Invalid(
                f"The access policies are wrong: {listed}",
                remedy=f"Correct {', '.join(sorted(texts))}.",
                problems=tuple(problems),
            )
        self._by_id = {policy.id: policy for policy in self.policies.values()}
        self.vocabulary = vocabulary
        self._remembered: dict[_Key, Grant | Refused] = {}

    def decide(self, principal: Principal, action: str, resource: Resource, purpose: str) -> Grant:
        """Give a grant, or raise `Refused` with the reason; what no policy permits is refused.

        Codes: `forbidden`, or what the `@code` of the policy that forbids it says (`insufficient-scope`).
        """
        key = (principal, action, purpose, *_resource_key(resource))
        answer = self._remembered.get(key)
        if answer is None:
            answer = self._answer(principal, action, resource, purpose)
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered[key] = answer
        if isinstance(answer, Refused):
            raise Refused(answer.message, remedy=answer.remedy, code=answer.code)
        return answer

    def usual_purpose(self, principal: Principal) -> str:
        """The purpose to assume when a caller states none. Raises `Refused` if the role has none."""
        purpose = self.vocabulary.usual_purposes.get(principal.role)
        if purpose is None:
            raise Refused(f"The role {principal.role} has no usual purpose.", remedy="State the purpose.")
        return purpose

    def policy(self, policy_id: str) -> Policy | None:
        """The policy with that `@id`, if there is one."""
        return self._by_id.get(policy_id)

    def reasons(self, policy_ids: tuple[str, ...], language: str = "zh") -> str:
        """Why those policies permit, in words for people; an id no longer known stands for itself."""
        found = [(policy_id, self._by_id.get(policy_id)) for policy_id in policy_ids]
        texts = [policy.reason_in(language) if policy else policy_id for policy_id, policy in found]
        return ("；" if language == "zh" else "; ").join(texts)

    def _answer(self, principal: Principal, action: str, resource: Resource, purpose: str) -> Grant | Refused:
        answer = self._ask_cedar(principal, action, resource, purpose)
        if answer.errors:
            return Refused(
                f"The access policies cannot answer {action} on {resource.kind}: {answer.errors[0]}",
                remedy="Correct the caller or the access pack.",
                code="policy-error",
            )
        determining = sorted((self.policies[key] for key in answer.determining), key=lambda policy: policy.id)
        if not answer.allowed:
            return _refusal(principal, action, resource, purpose, determining)
        return _grant(principal, action, resource, purpose, determining)

    def _ask_cedar(self, principal: Principal, action: str, resource: Resource, purpose: str) -> Answer:
        user = _uid("User", principal.id)
        thing = _uid(_entity_type(resource.kind), "asked-for")
        entities = [
            {"uid": user, "attrs": _user_attributes(principal), "parents": [_uid("Role", principal.role)]},
            {
                "uid": thing,
                "attrs": _resource_attributes(resource),
                "parents": [_uid("Types", name) for name in self._groups_of(resource)],
            },
        ]
        request = {
            "principal": user,
            "action": _uid("Action", action),
            "resource": thing,
            "context": {"purpose": purpose, "scopes": _scope_contexts(principal, action, resource)},
        }
        return self._cedar.ask(request, entities)

    def _groups_of(self, resource: Resource) -> list[str]:
        if resource.kind != "fact":
            return []
        groups = self.vocabulary.types
        return [name for name in groups if resource.type is None or resource.type in groups[name]]


def _grant(
    principal: Principal, action: str, resource: Resource, purpose: str, determining: list[Policy]
) -> Grant | Refused:
    parts = [(policy, part_of(policy, principal, resource, action)) for policy in determining]
    useful = [(policy, part) for policy, part in parts if part is not None]
    if not useful:
        return Refused(
            f"What {action} could be limited to is unknown or empty for this {principal.role}.",
            remedy="Complete the institution, county or person of the user, or the scopes of the token.",
        )
    return Grant(
        principal=principal,
        action=action,
        purpose=purpose,
        reason="; ".join(policy.reason for policy, _ in useful),
        scope=union([part for _, part in useful]),
        policy_ids=tuple(policy.id for policy, _ in useful),
    )


def _refusal(
    principal: Principal, action: str, resource: Resource, purpose: str, determining: list[Policy]
) -> Refused:
    if determining:
        return Refused(
            "; ".join(policy.reason for policy in determining),
            remedy="Ask with other rights or for another purpose.",
            code=next((policy.code for policy in determining if policy.code != "forbidden"), "forbidden"),
        )
    what = f"{resource.kind} {resource.type}" if resource.type else resource.kind
    return Refused(
        f"No policy lets the role {principal.role} {action} {what} for the purpose {purpose}.",
        remedy="The access policies say who may do it.",
    )


def _roles(vocabulary: Vocabulary) -> list[dict[str, Any]]:
    return [
        {"uid": _uid("Role", role), "attrs": {}, "parents": [_uid("Role", group) for group in sorted(groups)]}
        for role, groups in sorted(vocabulary.roles.items())
    ]


def _scope_contexts(principal: Principal, action: str, resource: Resource) -> list[str]:
    covering: list[str] = []
    for context in _CONTEXTS:
        types = covered_types(principal.scopes, context, action)
        if types is None or (types if resource.type is None else resource.type in types):
            covering.append(context)
    return covering


def _user_attributes(principal: Principal) -> dict[str, Any]:
    known = {"org": principal.org, "county": principal.county, "person": principal.person}
    return {"limited": bool(principal.scopes)} | {k: v for k, v in known.items() if v is not None}


def _resource_attributes(resource: Resource) -> dict[str, Any]:
    known = {
        "type": resource.type,
        "org": resource.org,
        "county": resource.county,
        "person": resource.person,
        **resource.attributes,
    }
    return {k: sorted(v) if isinstance(v, frozenset) else v for k, v in known.items() if v is not None}


def _resource_key(resource: Resource) -> _Key:
    attributes = tuple(sorted(resource.attributes.items())) if resource.attributes else ()
    return (resource.kind, resource.type, resource.org, resource.county, resource.person, attributes)


def _entity_type(kind: str) -> str:
    return "".join(word.capitalize() for word in kind.split("_"))


def _uid(entity_type: str, name: str) -> dict[str, str]:
    return {"type": entity_type, "id": name}
