"""The record of real lives: nothing is dropped, nothing raises, and the reader is told the truth."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kangshu.domains.record.directory import DIRECTORY_TYPES
from kangshu.domains.record.elements import element_rows, narrative
from kangshu.domains.record.life import Life, life, parse_body, references
from kangshu.kernel.facts.definition import Fact
from tests.support.sample_facts import (
    addresses_of,
    fact_of,
    facts_of_bundle,
    official_examples,
    synthea_bundles,
)

ON = date(2026, 11, 22)


def shown(page: Life) -> list[str]:
    """Every address on the page, once per place it stands in."""
    dated = [e.source.address for year in page.years for node in year.nodes for e in node.walk()]
    counted = [source.address for _, sources in page.others for source in sources]
    return [*dated, *counted, *(source.address for source in page.person.registrations)]


def clinical(facts: list[Fact]) -> set[str]:
    return {a for a in addresses_of(facts) if a.partition("/")[0] not in DIRECTORY_TYPES}


def observation(number: int, value: object, **more: Any) -> Fact:
    body: dict[str, Any] = {
        "resourceType": "Observation",
        "id": f"o{number}",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "2345-7"}], "text": "葡萄糖"},
        "effectiveDateTime": f"2026-0{number}-01",
        "valueQuantity": {"value": value, "unit": "mmol/L"},
    }
    return fact_of(body | more, number)


def condition(number: int, code: str, status: str | None, org: str, **more: Any) -> Fact:
    body: dict[str, Any] = {
        "resourceType": "Condition",
        "id": f"c{number}",
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": code}], "text": code},
        "recordedDate": f"202{number}-03-01",
    }
    if status:
        body["clinicalStatus"] = {"coding": [{"code": status}]}
    return fact_of(body | more, number, org=org)


def test_every_fact_of_every_synthea_patient_is_on_the_page_once() -> None:
    for bundle in synthea_bundles():
        facts = facts_of_bundle(bundle)
        places = shown(life(facts, ON))
        assert sorted(places) == sorted(clinical(facts))


def test_every_official_example_is_on_the_page_once() -> None:
    facts = [fact_of(resource, n) for n, resource in enumerate(official_examples(), start=1)]
    unique = list({f"{f.type}/{f.id}": f for f in facts}.values())
    assert sorted(shown(life(unique, ON))) == sorted(clinical(unique))


def test_each_official_example_alone_can_be_read() -> None:
    for resource in official_examples():
        fact = fact_of(resource)
        life([fact], ON)
        references([fact])
        element_rows(parse_body(fact))


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["2020", "2020-13-45", "H"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                "code coding text value unit valueQuantity period start end reference status category low "
                "high referenceRange component interpretation subject encounter name identifier "
                "dosageInstruction".split()
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
TYPES = (
    "Patient Observation Condition Encounter MedicationRequest Immunization DiagnosticReport Basic".split()
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(TYPES), st.dictionaries(st.text(max_size=6), JSON)), max_size=6))
def test_no_body_however_odd_raises_or_is_dropped(bodies: list[tuple[str, dict[str, Any]]]) -> None:
    facts = [
        fact_of({**body, "resourceType": kind, "id": f"x{n}"}, n) for n, (kind, body) in enumerate(bodies)
    ]
    assert sorted(shown(life(facts, ON))) == sorted(addresses_of(facts))


def test_a_body_that_is_no_json_is_still_counted() -> None:
    fact = fact_of({"resourceType": "Observation", "id": "o"})
    broken = replace(fact, body=b"{")
    assert shown(life([broken], ON)) == ["Observation/o"]


def test_reports_that_name_each_other_end_in_one_tree() -> None:
    def report(me: str, other: str) -> Fact:
        return fact_of(
            {
                "resourceType": "Observation",
                "id": me,
                "status": "final",
                "code": {"text": me},
                "hasMember": [{"reference": f"Observation/{other}"}],
            }
        )

    assert sorted(shown(life([report("a", "b"), report("b", "a")], ON))) == ["Observation/a", "Observation/b"]


def test_a_document_and_what_it_says_are_one_paper() -> None:
    paper: dict[str, Any] = {"status": "current", "content": [{"attachment": {"title": "出院小结"}}]}
    reference = fact_of(
        {
            "resourceType": "DocumentReference",
            "id": "d1",
            **paper,
            "context": {"related": [{"reference": "Composition/c1"}]},
        },
        1,
    )
    said = fact_of({"resourceType": "Composition", "id": "c1", "title": "出院小结", "date": "2026-01-01"}, 2)
    alone = fact_of({"resourceType": "Composition", "id": "c2", "title": "病历", "date": "2026-01-01"}, 3)
    page = life([reference, said, alone], ON)
    assert {each.source.address for each in page.documents} == {"DocumentReference/d1", "Composition/c2"}
    assert sorted(shown(page)) == ["Composition/c1", "Composition/c2", "DocumentReference/d1"]


def test_the_same_diagnosis_from_two_institutions_is_one_problem() -> None:
    page = life([condition(1, "I10", "active", "A"), condition(2, "I10", "active", "B")], ON)
    (problem,) = page.problems
    assert problem.standing == "active"
    assert problem.register == "hypertension"
    assert problem.cluster.institutions == ("B", "A")
    seen = (problem.cluster.first, problem.cluster.last)
    assert [moment.year for moment in seen if moment] == [2021, 2022]


def test_different_codes_stay_two_problems() -> None:
    page = life([condition(1, "I10", "active", "A"), condition(2, "I21", "active", "B")], ON)
    assert len(page.problems) == 2


def test_the_newest_word_on_a_problem_counts() -> None:
    page = life([condition(1, "J18", "active", "A"), condition(2, "J18", "resolved", "B")], ON)
    assert page.problems[0].standing == "past"


def test_a_refuted_diagnosis_is_no_problem_but_stays_in_the_timeline() -> None:
    refuted = condition(1, "I10", "active", "A", verificationStatus={"coding": [{"code": "refuted"}]})
    page = life([refuted], ON)
    assert page.problems == ()
    assert page.years[0].nodes[0].entry.withdrawn


@pytest.mark.parametrize(
    ("value", "mark"),
    [(6.1, ""), (6.11, "high"), (3.9, ""), (3.89, "low")],
    ids=["at", "over", "at low", "under"],
)
def test_a_result_is_marked_only_beyond_its_limits(value: float, mark: str) -> None:
    limits = [{"low": {"value": 3.9, "unit": "mmol/L"}, "high": {"value": 6.1, "unit": "mmol/L"}}]
    (trend,) = life([observation(1, value, referenceRange=limits)], ON).trends
    assert trend.lines[0].latest.mark == mark


def test_the_source_interpretation_goes_before_the_limits() -> None:
    limits = [{"high": {"value": 6.1, "unit": "mmol/L"}}]
    normal = [{"coding": [{"code": "N"}]}]
    (trend,) = life([observation(1, 9, referenceRange=limits, interpretation=normal)], ON).trends
    assert not trend.marked


def test_a_trend_keeps_decimals_exactly_and_time_in_order() -> None:
    fact = observation(1, 0)
    exact = replace(fact, body=fact.body.replace(b'"value": 0', b'"value": 5.60'))
    (trend,) = life([observation(3, 7), exact, observation(2, 6)], ON).trends
    assert [str(point.value) for point in trend.lines[0].points] == ["5.60", "6", "7"]
    assert trend.lines[0].points[0].value == Decimal("5.60")


def test_two_units_are_two_trends() -> None:
    other = observation(2, 100, valueQuantity={"value": 100, "unit": "mg/dL"})
    assert {t.unit for t in life([observation(1, 5), other], ON).trends} == {"mmol/L", "mg/dL"}


def test_a_fever_of_long_ago_does_not_come_before_what_is_out_of_range_now() -> None:
    limits = [{"high": {"value": 6}}]
    fever = {"code": {"text": "体温"}, "valueQuantity": {"value": 38, "unit": "℃"}}
    old = observation(1, 0, referenceRange=[{"high": {"value": 37}}], effectiveDateTime="2023-01-01", **fever)
    steady = observation(2, 60, code={"text": "体重"}, valueQuantity={"value": 60, "unit": "kg"})
    page = life([old, observation(3, 9, referenceRange=limits), steady], ON)
    assert page.trends[0].title == "葡萄糖"
    assert [found.trend.title for found in page.risks.results] == ["葡萄糖"]


def test_both_blood_pressures_share_a_chart() -> None:
    part = {"valueQuantity": {"value": 150, "unit": "mmHg"}}
    components = [
        part | {"code": {"coding": [{"code": "8480-6"}], "text": "收缩压"}},
        part | {"code": {"coding": [{"code": "8462-4"}], "text": "舒张压"}},
    ]
    fact = observation(1, 1, component=components, valueQuantity=None)
    (trend,) = life([fact], ON).trends
    assert [line.name for line in trend.lines] == ["收缩压", "舒张压"]


def test_numbers_of_a_person_are_masked() -> None:
    patient = {
        "resourceType": "Patient",
        "id": "p",
        "name": [{"family": "王", "given": ["小明"]}],
        "birthDate": "1960-11-23",
        "identifier": [{"system": "x", "value": "440999196011231234"}],
        "telecom": [{"system": "phone", "value": "13812345678"}],
    }
    person = life([fact_of(patient)], ON).person
    assert (person.name, person.age) == ("王小明", 65)
    assert person.identifiers[0].label == "id_number"
    assert "196011" not in repr(person.identifiers)
    assert "1234567" not in repr(person.phones)


def test_institutions_that_disagree_are_pointed_out() -> None:
    first = {"resourceType": "Patient", "id": "p", "gender": "male", "birthDate": "1960-01-01"}
    second = first | {"id": "q", "birthDate": "1960-01-02"}
    assert life([fact_of(first, 1), fact_of(second, 2)], ON).person.differing == ("born",)


def test_names_come_from_the_directory() -> None:
    facts = [
        fact_of({"resourceType": "Organization", "id": "h1", "name": "示范县人民医院"}, person=None),
        condition(1, "I10", "active", "h1", recorder={"reference": "Practitioner/d1"}),
        fact_of({"resourceType": "Practitioner", "id": "d1", "name": [{"text": "李医生"}]}, person=None),
    ]
    assert references(facts) == (("Practitioner", "d1"),)
    (entry,) = life(facts, ON).entries
    assert entry.source.institution == "示范县人民医院"
    assert entry.performers == ("李医生",)


def test_a_medicine_whose_time_is_over_is_no_current_one() -> None:
    def statement(number: int, end: str) -> Fact:
        return fact_of(
            {
                "resourceType": "MedicationStatement",
                "id": f"m{number}",
                "status": "active",
                "medicationCodeableConcept": {"text": f"药{number}"},
                "effectivePeriod": {"start": "2020-01-01", "end": end},
            }
        )

    current, past = life([statement(1, "2020-02-01"), statement(2, "2026-11-22")], ON).medicines
    assert (current.cluster.title, current.standing) == ("药2", "active")
    assert (past.cluster.title, past.standing) == ("药1", "past")


def test_synthetic_facts_are_known_as_such() -> None:
    tagged = {"resourceType": "Patient", "id": "p", "meta": {"tag": [{"code": "HTEST"}]}}
    assert life([fact_of(tagged)], ON).synthetic
    assert not life([fact_of({"resourceType": "Patient", "id": "p"})], ON).synthetic


def test_narrative_markup_never_survives() -> None:
    body = {"resourceType": "Basic", "text": {"div": "<div>a<script>x</script><br/>b &lt;i&gt;</div>"}}
    assert narrative(body) == "ax\nb <i>"
