"""A local code gets its standard code beside it, and nothing that was sent is lost."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kangshu.domains.terminology.mapping import CODES_OF, TRANSLATED, leads_of, translate
from kangshu.domains.terminology.targets import Targets, parse_targets
from kangshu.kernel.codes.concept_map import parse_concept_map

ICD = "https://code.nhsa.gov.cn/icd10"
TARGETS: Targets = parse_targets(
    f"""
[[target]]
type = "Condition"
element = "code"
search = "code"
system = "{ICD}"
also = ["http://snomed.info/sct"]
""",
    "targets.toml",
)
ON = date(2026, 11, 24)


def a_map(*, source: str = "", code: str = "GXY", target: str = "I10.x00x002", **more: Any) -> Any:
    return parse_concept_map(
        {
            "resourceType": "ConceptMap",
            "url": "urn:map",
            "status": "active",
            "sourceUri": source,
            "group": [
                {
                    "source": "urn:his",
                    "target": ICD,
                    "element": [{"code": code, "target": [{"code": target, "equivalence": "equivalent"}]}],
                }
            ],
            **more,
        }
    )


def condition(*codings: dict[str, Any], **more: Any) -> bytes:
    return json.dumps(
        {"resourceType": "Condition", "id": "1", "code": {"coding": list(codings), **more}}
    ).encode()


LOCAL = {"system": "urn:his", "code": "GXY", "display": "高血压"}


def test_the_standard_code_stands_beside_the_local_one_and_says_which_map_it_is_from():
    done = translate(condition(LOCAL), "Condition", "H1", leads_of([a_map()], ON), TARGETS)
    first, second = json.loads(done.body)["code"]["coding"]
    assert first == LOCAL
    assert (second["system"], second["code"]) == (ICD, "I10.x00x002")
    assert second["extension"] == [{"url": TRANSLATED, "valueCanonical": "urn:map"}]
    assert done.unknown == ()


def test_a_second_time_changes_nothing():
    leads = leads_of([a_map()], ON)
    once = translate(condition(LOCAL), "Condition", "H1", leads, TARGETS).body
    again = translate(once, "Condition", "H1", leads, TARGETS)
    assert again.is_same(once)


def test_a_changed_map_replaces_what_it_added_and_a_withdrawn_one_takes_it_back():
    body = condition(LOCAL)
    once = translate(body, "Condition", "H1", leads_of([a_map()], ON), TARGETS).body
    changed = translate(once, "Condition", "H1", leads_of([a_map(target="I15.000")], ON), TARGETS).body
    assert [each["code"] for each in json.loads(changed)["code"]["coding"]] == ["GXY", "I15.000"]
    back = translate(changed, "Condition", "H1", leads_of([], ON), TARGETS)
    assert json.loads(back.body) == json.loads(body)
    assert [each.code for each in back.unknown] == ["GXY"]


def test_a_code_that_leads_nowhere_is_told_with_name_and_standard():
    done = translate(
        condition({"code": "X9"}, text="胸闷"), "Condition", "H1", leads_of([a_map()], ON), TARGETS
    )
    (unknown,) = done.unknown
    assert (unknown.code, unknown.system, unknown.display, unknown.standard) == ("X9", "", "胸闷", ICD)


def test_a_code_of_a_standard_is_not_unknown():
    for system in (ICD, "http://snomed.info/sct"):
        body = condition({"system": system, "code": "1"}, LOCAL)
        assert translate(body, "Condition", "H1", leads_of([], ON), TARGETS).unknown == ()


def test_the_standard_code_that_was_sent_is_not_doubled():
    body = condition(LOCAL, {"system": ICD, "code": "I10.x00x002"})
    assert translate(body, "Condition", "H1", leads_of([a_map()], ON), TARGETS).is_same(body)


def test_a_map_of_one_institution_does_not_translate_another():
    leads = leads_of([a_map(source=f"{CODES_OF}H1")], ON)
    assert not translate(condition(LOCAL), "Condition", "H1", leads, TARGETS).unknown
    assert translate(condition(LOCAL), "Condition", "H2", leads, TARGETS).unknown


def test_a_map_counts_within_its_days_only():
    period = {
        "url": "http://hl7.org/fhir/StructureDefinition/resource-effectivePeriod",
        "valuePeriod": {"start": "2026-01-01", "end": "2026-06-30"},
    }
    maps = [a_map(extension=[period])]
    assert leads_of(maps, date(2026, 6, 30)).by_key
    assert not leads_of(maps, date(2026, 7, 1)).by_key
    assert not leads_of([a_map(status="draft")], ON).by_key


def test_a_map_that_says_there_is_no_match_leads_nowhere():
    unmatched = a_map()
    group = unmatched.groups[0]
    assert group.elements["GXY"][0].is_match
    other = parse_concept_map(
        {
            "url": "urn:map",
            "status": "active",
            "group": [
                {
                    "source": "urn:his",
                    "target": ICD,
                    "element": [{"code": "GXY", "target": [{"code": "Z", "equivalence": "unmatched"}]}],
                }
            ],
        }
    )
    assert not leads_of([other], ON).by_key


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=12,
)


@given(
    rest=st.dictionaries(st.text(max_size=6), _json, max_size=4),
    number=st.sampled_from(["1.50", "1e3", "-0"]),
)
def test_everything_else_stays_byte_for_byte(rest: dict[str, Any], number: str):
    rest = {name: value for name, value in rest.items() if name not in ("code", "resourceType", "n")}
    others = "".join(f",{json.dumps(name)}:{json.dumps(value)}" for name, value in rest.items())
    head = f'{{"resourceType":"Condition","n":{number}{others},"code":{{"coding":['
    body = (head + json.dumps(LOCAL) + "]}}").encode()
    done = translate(body, "Condition", "H1", leads_of([a_map()], ON), TARGETS)
    assert done.body.decode().startswith(
        f'{{"resourceType":"Condition","n":{number},' if rest else '{"resourceType"'
    )
    assert json.loads(done.body)["code"]["coding"][0] == LOCAL
    before, after = json.loads(body), json.loads(done.body)
    del before["code"], after["code"]
    assert before == after
    assert f'"n":{number}'.encode() in done.body


@given(code=_json)
def test_whatever_stands_where_a_concept_should_does_no_harm(code: Any):
    body = json.dumps({"resourceType": "Condition", "code": code}).encode()
    assert translate(body, "Condition", "H1", leads_of([a_map()], ON), TARGETS).is_same(body)
