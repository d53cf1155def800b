"""Examples of access policies: requests in a text table, each with what must become of it.

```toml
[[policy]]
id = "resident-own-record"
table = '''
outcome | role     | person | action | type      | of_person | purpose    | opens    | case
allow   | resident | 5      | read   | Condition | 5         | own_record | person:5 | reads her own diagnosis
refuse  | resident | 5      | read   | Condition | 6         | own_record |          | not her neighbour's
'''
```

`outcome` is `allow` (by this policy), `other` (allowed, but not by this policy) or `refuse` (if the
policy is a `forbid`: by this policy). `opens`, if given, is the scope: `everything`, `org:…`, `county:…`,
`person:…`, `types:…` and `open:…` (with the name of a group), or `nothing`. Only the columns that
matter are written; the kind of resource is `fact` if `kind` does not say otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast, get_args

from kangshu.kernel.base.errors import Invalid, Problem, Refused
from kangshu.kernel.base.text_table import parse_text_table
from kangshu.kernel.base.toml import parse_toml
from kangshu.kernel.policies.decide import Policies
from kangshu.kernel.policies.definition import Attribute, Grant, Principal, Resource, Role, Scope

_COLUMNS = frozenset(
    (
        "outcome role org county person scopes action kind type of_org of_county of_person"
        " care_orgs signed_orgs purpose opens case"
    ).split()
)
_NEEDED = frozenset({"outcome", "role", "action", "purpose", "case"})
_OUTCOMES = ("allow", "other", "refuse")


@dataclass(frozen=True, slots=True)
class Example:
    """One request and its outcome. `opens` "": any scope will do; `case` says in words what it shows."""

    policy: str
    outcome: str
    principal: Principal
    action: str
    resource: Resource
    purpose: str
    opens: str
    case: str


def parse_examples(text: str, where: str = "access.examples.toml") -> list[Example]:
    """Read the file. Raises `Invalid` for unknown keys, columns, roles and outcomes."""
    table = parse_toml(text, where)
    entries: Any = table.get("policy", [])
    if table.keys() - {"policy"} or not isinstance(entries, list):
        raise Invalid(f"{where}: only the list [[policy]] is known here.")
    examples: list[Example] = []
    for entry in cast(list[dict[str, Any]], entries):
        if entry.keys() != {"id", "table"}:
            raise Invalid(f"{where}: an entry of [[policy]] has the keys id and table, nothing else.")
        examples += [_example(entry["id"], row, where) for row in parse_text_table(entry["table"])]
    return examples


def _example(policy: str, row: Mapping[str, str], where: str) -> Example:
    role: Role | None = next((known for known in get_args(Role) if known == row.get("role")), None)
    wrong = sorted(row.keys() - _COLUMNS) + sorted(_NEEDED - row.keys())
    if wrong or role is None or row["outcome"] not in _OUTCOMES:
        raise Invalid(
            f"{where}: an example of {policy} has a wrong column, role or outcome: {', '.join(wrong)}.",
            remedy=f"The columns are {', '.join(sorted(_COLUMNS))}.",
        )
    principal = Principal(
        id="example",
        name="",
        role=role,
        org=row.get("org") or None,
        county=row.get("county") or None,
        person=int(row["person"]) if row.get("person") else None,
        scopes=tuple(row.get("scopes", "").split()),
    )
    attributes: dict[str, Attribute] = {
        name: frozenset(row[name].split()) for name in ("care_orgs", "signed_orgs") if row.get(name)
    }
    resource = Resource(
        kind=row.get("kind") or "fact",
        type=row.get("type") or None,
        org=row.get("of_org") or None,
        county=row.get("of_county") or None,
        person=int(row["of_person"]) if row.get("of_person") else None,
        attributes=attributes,
    )
    return Example(
        policy=policy,
        outcome=row["outcome"],
        principal=principal,
        action=row["action"],
        resource=resource,
        purpose=row["purpose"],
        opens=row.get("opens", ""),
        case=row["case"],
    )


def run_example(policies: Policies, example: Example) -> Problem | None:
    """What is wrong with the decision on this example; None if it is as it must be."""
    try:
        grant = policies.decide(example.principal, example.action, example.resource, example.purpose)
    except Refused as refusal:
        return _wrong_refusal(policies, example, refusal)
    if example.outcome == "refuse":
        return _problem(example, f"is allowed by {', '.join(grant.policy_ids)}")
    return _wrong_grant(policies, example, grant)


def _wrong_refusal(policies: Policies, example: Example, refusal: Refused) -> Problem | None:
    if example.outcome != "refuse":
        return _problem(example, f"is refused: {refusal.message}")
    policy = policies.policy(example.policy)
    if policy is not None and policy.effect == "forbid" and policy.reason not in refusal.message:
        return _problem(example, f"is refused for another reason: {refusal.message}")
    return None


def _wrong_grant(policies: Policies, example: Example, grant: Grant) -> Problem | None:
    policy = policies.policy(example.policy)
    is_by_this = example.policy in grant.policy_ids
    if policy is not None and policy.effect == "permit" and is_by_this != (example.outcome == "allow"):
        return _problem(example, f"is allowed by {', '.join(grant.policy_ids)}")
    opened = spell_scope(grant.scope, policies.vocabulary.types)
    if example.opens and example.opens.split() != opened.split():
        return _problem(example, f"opens {opened}")
    return None


def spell_scope(scope: Scope, groups: Mapping[str, frozenset[str]]) -> str:
    """A scope in the words of the column `opens`."""
    parts = ["everything"] if scope.everything else []
    parts += [f"county:{county}" for county in sorted(scope.counties)]
    parts += [f"org:{org}" for org in sorted(scope.orgs)]
    parts += [f"person:{person}" for person in sorted(scope.persons)]
    parts += [] if scope.types is None else [f"types:{_spell_types(scope.types, groups)}"]
    parts += [f"open:{_spell_types(scope.open_types, groups)}"] if scope.open_types else []
    return " ".join(parts) or "nothing"


def _spell_types(types: frozenset[str], groups: Mapping[str, frozenset[str]]) -> str:
    return next((name for name, members in groups.items() if members == types), ",".join(sorted(types)))


def _problem(example: Example, message: str) -> Problem:
    return Problem("error", "example", f"{example.policy}: {example.case}", message)
