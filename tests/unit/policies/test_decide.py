"""What the examples of the pack cannot show: forms of errors, unions of scopes, speed, bad policies."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from kangshu.kernel.base.errors import Invalid, Refused
from kangshu.kernel.policies.decide import Policies
from kangshu.kernel.policies.definition import Grant, Principal, Resource, Scope
from kangshu.kernel.policies.part import Part, union
from kangshu.kernel.policies.vocabulary import Vocabulary, merge, parse_vocabulary

SCHEMA = """
entity Role in [Role];
entity Types;
entity User in [Role] { org?: String, county?: String, person?: Long, limited: Bool };
entity Fact in [Types] { type?: String, org?: String, person?: Long };
type Asked = { purpose: String, scopes: Set<String> };
action read, create appliesTo { principal: [User], resource: [Fact], context: Asked };
"""

READ = """
@id("own") @scope("own_org") @reason("own institution") @reason_zh("本机构")
permit (principal in Role::"doctor", action == Action::"read", resource is Fact);
@id("catalogue") @scope("everything") @reason("catalogue") @reason_zh("目录")
permit (principal in Role::"doctor", action == Action::"read", resource in Types::"catalogue");
@id("not-secret") @reason("secret") @reason_zh("保密") @code("secret")
forbid (principal, action, resource) when { context.purpose == "gossip" };
"""

DOCTOR = Principal("d", "", "doctor", org="H1")


def load(text: str) -> Policies:
    words = Vocabulary(types={"catalogue": frozenset({"Medication"})}, usual_purposes={"doctor": "treatment"})
    return Policies(texts={"a.cedar": text}, schema=SCHEMA, vocabulary=words)


@pytest.fixture(scope="module")
def policies() -> Policies:
    return load(READ)


def test_the_policies_that_decide_make_scope_reason_and_ids(policies: Policies) -> None:
    grant = policies.decide(DOCTOR, "read", Resource("fact", "Medication"), "treatment")
    assert grant == Grant(
        DOCTOR,
        "read",
        "treatment",
        "catalogue; own institution",
        Scope(orgs=frozenset({"H1"}), open_types=frozenset({"Medication"})),
        ("catalogue", "own"),
    )
    assert policies.reasons(grant.policy_ids) == "目录；本机构"
    assert policies.reasons((*grant.policy_ids, "gone"), "en") == "catalogue; own institution; gone"


def test_what_no_policy_permits_is_refused_with_what_was_asked(policies: Policies) -> None:
    with pytest.raises(Refused, match="doctor create fact Medication for the purpose treatment") as refusal:
        policies.decide(DOCTOR, "create", Resource("fact", "Medication"), "treatment")
    assert refusal.value.code == "forbidden"


def test_a_forbidding_policy_names_reason_and_code(policies: Policies) -> None:
    with pytest.raises(Refused, match="secret") as refusal:
        policies.decide(DOCTOR, "read", Resource("fact"), "gossip")
    assert refusal.value.code == "secret"


@pytest.mark.parametrize(
    ("action", "resource"),
    [("fly", Resource("fact")), ("read", Resource("moon")), ("read", Resource("fact", attributes={"x": 1}))],
)
def test_what_the_schema_does_not_know_is_refused(
    policies: Policies, action: str, resource: Resource
) -> None:
    with pytest.raises(Refused) as refusal:
        policies.decide(DOCTOR, action, resource, "treatment")
    assert refusal.value.code == "policy-error"


def test_a_remembered_decision_is_that_of_the_same_principal(policies: Policies) -> None:
    other = replace(DOCTOR, id="e", org="H2")
    for _ in range(2):
        for principal in (DOCTOR, other):
            grant = policies.decide(principal, "read", Resource("fact", "Condition"), "treatment")
            assert grant.principal is principal
            assert grant.scope.orgs == {principal.org}
    with pytest.raises(Refused):
        policies.decide(replace(DOCTOR, org=None), "read", Resource("fact", "Condition"), "treatment")


def test_hostile_texts_are_only_texts(policies: Policies) -> None:
    hostile = Principal('x" || true //\n\x00', "", "doctor", org='"H1\\')
    grant = policies.decide(hostile, "read", Resource("fact", 'T")', org="'"), "treatment")
    assert grant.scope.orgs == {'"H1\\'}


def test_a_repeated_decision_takes_less_than_fifty_microseconds(policies: Policies) -> None:
    resource = Resource("fact", "Condition", person=3)
    policies.decide(DOCTOR, "read", resource, "treatment")
    start = time.perf_counter()
    for _ in range(2000):
        policies.decide(DOCTOR, "read", resource, "treatment")
    assert (time.perf_counter() - start) / 2000 < 50e-6


def test_usual_purposes_come_from_the_pack(policies: Policies) -> None:
    assert policies.usual_purpose(DOCTOR) == "treatment"
    with pytest.raises(Refused):
        policies.usual_purpose(Principal("o", "", "operator"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('@scope("own_org")', '@scope("own_ward")'), "own: must have @scope"),
        (('@scope("own_org")', ""), "own: must have @scope"),
        (('@id("own")', ""), "lacks @id"),
        (('@id("own")', '@id("catalogue")'), "is the @id of two policies"),
        (('@reason_zh("本机构")', ""), "own: lacks @reason_zh"),
        (('@code("secret")', '@scope("everything")'), "not-secret: forbids"),
        (('@code("secret")', '@coed("secret")'), "unknown annotation @coed"),
        (('Types::"catalogue"', 'Types::"katalog"'), "group of types katalog"),
        (("context.purpose", "context.porpoise"), "not-secret:"),
        (('Action::"read"', 'Action::"raed"'), "own:"),
        (("permit (", "permit ["), "cannot be read"),
        (('principal in Role::"doctor"', "principal == ?principal"), "is a template"),
    ],
)
def test_a_wrong_policy_is_refused_by_name(change: tuple[str, str], message: str) -> None:
    with pytest.raises(Invalid) as error:
        load(READ.replace(*change, 1))
    assert message in str(error.value)


def test_a_union_never_opens_more_than_its_parts() -> None:
    org, person = frozenset({"H1"}), frozenset({5})
    a, b = frozenset({"A"}), frozenset({"B"})
    assert union([Part(orgs=org), Part(persons=person)]) == Scope(orgs=org, persons=person)
    assert union([Part(orgs=org), Part(everything=True)]) == Scope(everything=True)
    assert union([Part(orgs=org), Part(everything=True, types=a)]) == Scope(orgs=org, open_types=a)
    assert union([Part(everything=True, types=a), Part(everything=True, types=b)]) == Scope(
        everything=True, types=a | b
    )
    assert union([Part(orgs=org, types=a), Part(persons=person, types=b)]).types == frozenset()
    assert union([Part(orgs=org, types=a), Part(persons=person)]).types == a
    assert union([]) == Scope()


def test_vocabularies_of_packs_grow_together() -> None:
    one = parse_vocabulary('[types]\na = ["X"]\n[roles]\ndoctor = ["staff"]')
    two = parse_vocabulary('[types]\na = ["Y"]\n[usual_purposes]\ndoctor = "treatment"')
    both = merge([one, two])
    assert (both.types, both.roles) == ({"a": {"X", "Y"}}, {"doctor": {"staff"}})


@pytest.mark.parametrize(
    "text", ["x = 1", "[types]\na = 1", "[roles]\na = [1]", "[usual_purposes]\na = []", "["]
)
def test_a_wrong_vocabulary_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_vocabulary(text)
