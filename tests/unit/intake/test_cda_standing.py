"""No fact comes of what a statement does not say: unknown, denied, withdrawn, planned, about another."""

from __future__ import annotations

import pytest

from kangshu.domains.intake.cda.document import Reading
from tests.support.cda_texts import PRESSURE, TEMPLATES, document, reader, section

CODE = "<code code='c1' codeSystem='1.2.3' displayName='C'/>"
DRUG = (
    "<consumable><manufacturedProduct><manufacturedMaterial><code code='m1' codeSystem='1.2.3'/>"
    "</manufacturedMaterial></manufacturedProduct></consumable>"
)
PROBLEM = "<value xsi:type='CD' code='p1' codeSystem='1.2.3' displayName='P'/>"
ABOUT_CHILD = "<subject><relatedSubject classCode='PRS'><code code='CHILD'/></relatedSubject></subject>"
MADE = {
    "Condition": ("observation", "4.4", PROBLEM),
    "AllergyIntolerance": ("observation", "4.7", PROBLEM),
    "Immunization": ("substanceAdministration", "4.52", DRUG),
    "MedicationStatement": ("substanceAdministration", "4.16", DRUG),
    "Procedure": ("procedure", "4.14", ""),
    "Encounter": ("encounter", "4.49", ""),
    "Observation": ("observation", "4.2", "<value xsi:type='PQ' value='1'/>"),
}


def statement(
    element: str, template: str, inside: str, *, mood: str = "EVN", more: str = "", status: str = "completed"
) -> str:
    return (
        f"<{element} classCode='X' moodCode='{mood}' {more}><templateId root='{TEMPLATES}.{template}'/>"
        f"<id root='1.2' extension='x'/>{CODE}<statusCode code='{status}'/><effectiveTime value='20240102'/>"
        f"{inside}</{element}>"
    )


def of(reading: Reading, type_: str) -> list[dict[str, object]]:
    return [body for body in reading.resources if body["resourceType"] == type_]


def read(*statements: str) -> Reading:
    return reader().read(document(section("99999-9", *statements)).encode(), source="H1")


def made(type_: str, **changed: str) -> Reading:
    element, template, inside = MADE[type_]
    return read(statement(element, template, inside, **changed))


def reasons(reading: Reading) -> str:
    return " ".join(problem.message for problem in reading.left_out)


@pytest.mark.parametrize("type_", MADE)
def test_each_is_made_and_a_null_flavor_on_the_statement_makes_it_nothing(type_: str) -> None:
    assert len(of(made(type_), type_)) == 1
    unknown = made(type_, more="nullFlavor='UNK'")
    assert of(unknown, type_) == []
    assert "nullFlavor" in reasons(unknown)


@pytest.mark.parametrize("type_", MADE)
def test_what_is_about_somebody_else_is_not_said_of_the_patient(type_: str) -> None:
    element, template, inside = MADE[type_]
    about_child = read(statement(element, template, ABOUT_CHILD + inside))
    assert of(about_child, type_) == []
    assert "somebody else" in reasons(about_child)
    whole = section("99999-9", statement(element, template, inside)).replace("<text>", f"{ABOUT_CHILD}<text>")
    assert of(reader().read(document(whole).encode(), source="H1"), type_) == []
    himself = ABOUT_CHILD.replace("'PRS'", "'PAT'")
    assert len(of(read(statement(element, template, himself + inside)), type_)) == 1


@pytest.mark.parametrize("mood", ["DEF", "EVN.CRT", "RQO.CRT"])
@pytest.mark.parametrize("type_", MADE)
def test_a_definition_or_a_criterion_is_no_fact(type_: str, mood: str) -> None:
    reading = made(type_, mood=mood)
    types = {body["resourceType"] for body in reading.resources}
    assert types <= {"Patient", "Composition", "DocumentReference", "Binary"}
    assert len(reading.left_out) == 1


@pytest.mark.parametrize("type_", MADE)
def test_what_is_planned_is_never_said_as_done(type_: str) -> None:
    planned = made(type_, mood="INT")
    assert of(planned, type_) == []


def test_a_planned_result_is_a_request() -> None:
    (request,) = of(made("Observation", mood="RQO"), "ServiceRequest")
    assert request["intent"] == "order"


@pytest.mark.parametrize("true", ["true", "1", " true "])
@pytest.mark.parametrize("type_", MADE)
def test_what_is_negated_is_never_said_as_so(type_: str, true: str) -> None:
    found = of(made(type_, more=f"negationInd='{true}'"), type_)
    said = str(found)
    assert not found or any(
        word in said for word in ("refuted", "not-done", "not-taken", "'ND'", "716186003", "160245001")
    )


def test_a_negated_observation_does_not_have_the_value_it_denies() -> None:
    smoker = "<value xsi:type='CD' code='77176002' codeSystem='2.16.840.1.113883.6.96' displayName='Smoker'/>"
    (said,) = of(read(statement("observation", "4.78", smoker)), "Observation")
    (denied,) = of(read(statement("observation", "4.78", smoker, more="negationInd='true'")), "Observation")
    assert "valueCodeableConcept" in said
    assert "valueCodeableConcept" not in denied
    assert denied["note"] == [{"text": "否定：Smoker"}]


def test_what_a_negated_concern_speaks_of_is_not_said() -> None:
    problem = statement("observation", "4.4", PROBLEM)
    concern = (
        "<act classCode='ACT' moodCode='EVN' negationInd='true'>"
        + CODE
        + f"<entryRelationship typeCode='SUBJ'>{problem}</entryRelationship></act>"
    )
    assert of(read(concern), "Condition") == []
    assert len(of(read(concern.replace("negationInd='true'", "")), "Condition")) == 1
    assert len(of(read(concern.replace("'SUBJ'", "'RSON'")), "Condition")) == 1


@pytest.mark.parametrize("type_", MADE)
def test_what_is_nullified_is_entered_in_error_or_not_said(type_: str) -> None:
    found = of(made(type_, status="nullified"), type_)
    assert found == [] or "entered-in-error" in str(found)
    assert not any("clinicalStatus" in each for each in found)


def test_a_nullified_concern_takes_its_problem_with_it() -> None:
    problem = statement("observation", "4.4", PROBLEM)
    concern = (
        f"<act classCode='ACT' moodCode='EVN'>{CODE}<statusCode code='nullified'/>"
        f"<entryRelationship typeCode='SUBJ'>{problem}</entryRelationship></act>"
    )
    (condition,) = of(read(concern), "Condition")
    assert "entered-in-error" in str(condition["verificationStatus"])
    assert "clinicalStatus" not in condition


@pytest.mark.parametrize(
    ("more", "count"),
    [("", 1), ("negationInd='true'", 0), ("nullFlavor='UNK'", 0), ("negationInd='false'", 1)],
)
def test_a_reaction_or_an_illness_of_a_relative_that_is_denied_is_none(more: str, count: int) -> None:
    inner = statement("observation", "4.9", PROBLEM, more=more)
    allergy = statement(
        "observation", "4.7", f"{PROBLEM}<entryRelationship typeCode='MFST'>{inner}</entryRelationship>"
    )
    (found,) = of(read(allergy), "AllergyIntolerance")
    assert len(found.get("reaction", [])) == count  # type: ignore[arg-type]
    ill = inner.replace("4.9", "4.46")
    family = (
        f"<organizer classCode='CLUSTER' moodCode='EVN'><templateId root='{TEMPLATES}.4.45'/><subject>"
        "<relatedSubject classCode='PRS'><code code='FTH' codeSystem='2.16.840.1.113883.5.111'/>"
        f"</relatedSubject></subject><component>{ill}</component></organizer>"
    )
    (history,) = of(read(family), "FamilyMemberHistory")
    assert len(history.get("condition", [])) == count  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("type_", "status", "said"),
    [
        ("MedicationStatement", "cancelled", "not-taken"),
        ("Immunization", "held", "not-done"),
        ("Immunization", "new", "not-done"),
        ("Procedure", "cancelled", "not-done"),
        ("Encounter", "aborted", "cancelled"),
    ],
)
def test_statuses_that_mean_it_did_not_happen(type_: str, status: str, said: str) -> None:
    (found,) = of(made(type_, status=status), type_)
    assert found["status"] == said


def test_the_pressure_that_is_varied_is_made() -> None:
    assert len(of(read(PRESSURE), "Observation")) == 1


NO_DRUG_ALLERGY = "<value xsi:type='CD' code='416098002' codeSystem='2.16.840.1.113883.6.96'/>"
IN_OTHER_WORDS = (
    "<value xsi:type='CD' nullFlavor='OTH'><translation code='416098002' "
    "codeSystem='2.16.840.1.113883.6.96'/></value>"
)
ALLERGEN = (
    "<participant typeCode='CSM'><participantRole><playingEntity><code nullFlavor='OTH'><originalText>海鲜"
    "</originalText></code></playingEntity></participantRole></participant>"
)


@pytest.mark.parametrize(
    ("value", "status"),
    [
        (NO_DRUG_ALLERGY, "confirmed"),
        (IN_OTHER_WORDS, "confirmed"),
        (NO_DRUG_ALLERGY + ALLERGEN, "refuted"),
        (PROBLEM, "refuted"),
    ],
)
def test_a_negated_allergy_is_none_of_a_kind_or_none_to_a_substance(value: str, status: str) -> None:
    (found,) = of(
        read(statement("observation", "4.7", value, more="negationInd='true'")), "AllergyIntolerance"
    )
    assert found["verificationStatus"]["coding"][0]["code"] == status  # type: ignore[index]
    if status == "confirmed":
        assert found["code"]["coding"][0]["code"] == "409137002"  # type: ignore[index]
