"""Searches over the official examples and, for each, the plain-Python condition it means.

What a search means is taken from https://hl7.org/fhir/R4/search.html alone.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.support.plain_values import (
    UCUM,
    coded,
    every,
    names,
    one,
    plain,
    quantity,
    span,
    spans,
    tagged,
    within,
)
from tests.support.world import Case, Resource, World


def example_cases(world: World) -> list[Case]:
    listed = set(every(world.at["List/example"], "entry", "item", "reference"))
    chalmers = {
        f"Patient/{p['id']}" for p in world.by_type["Patient"] if "Chalmers" in every(p, "name", "family")
    }

    def urls(r: Resource) -> str:
        return r.get("url", "")

    def versions(prefix: str) -> Callable[[Resource], bool]:
        return lambda r: urls(r).startswith(prefix)

    def probability(test: Callable[[float], bool]) -> Callable[[Resource], bool]:
        return lambda r: any(test(p) for p in every(r, "prediction", "probabilityDecimal"))

    return [
        ("Patient", "active=true", lambda r: r.get("active") is True),
        ("Patient", "active=false", lambda r: r.get("active") is False),
        ("Patient", "active:missing=true", lambda r: "active" not in r),
        ("Patient", "active:not=true", lambda r: r.get("active") is not True),
        ("Patient", "name=pet", lambda r: any(plain(n).startswith("pet") for n in names(r))),
        ("Patient", "name:contains=ER", lambda r: any("er" in plain(n) for n in names(r))),
        ("Patient", "name:exact=Chalmers", lambda r: "Chalmers" in names(r)),
        (
            "Patient",
            "telecom=phone|(03) 5555 6473",
            lambda r: any(
                t.get("system") == "phone" and t.get("value") == "(03) 5555 6473" for t in every(r, "telecom")
            ),
        ),
        (
            "Patient",
            "phone=(03) 5555 6473",
            lambda r: any(
                t.get("system") == "phone" and t.get("value") == "(03) 5555 6473" for t in every(r, "telecom")
            ),
        ),
        ("Patient", "email:missing=false", lambda r: "email" in every(r, "telecom", "system")),
        (
            "Patient",
            "identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|MR|12345",
            lambda r: any(
                i.get("value") == "12345"
                and coded(i, "http://terminology.hl7.org/CodeSystem/v2-0203", "MR", "type")
                for i in every(r, "identifier")
            ),
        ),
        (
            "Patient",
            "organization=Organization/1",
            lambda r: one(r, "managingOrganization", "reference") == "Organization/1",
        ),
        (
            "Patient",
            "organization.name:contains=Gastro",
            lambda r: (
                "gastro"
                in plain(
                    world.follow(one(r, "managingOrganization", "reference"), "Organization").get("name", "")
                )
            ),
        ),
        (
            "Patient",
            "language=nl",
            lambda r: any(c.get("code") == "nl" for c in every(r, "communication", "language", "coding")),
        ),
        (
            "Patient",
            "deceased=false",
            lambda r: "deceasedDateTime" not in r and r.get("deceasedBoolean") is not True,
        ),
        ("Observation", "subject.family=Chalmers", lambda r: one(r, "subject", "reference") in chalmers),
        ("Observation", "subject:Patient.family=chal", lambda r: one(r, "subject", "reference") in chalmers),
        (
            "Observation",
            "value-concept:missing=false",
            lambda r: "valueCodeableConcept" in r,
        ),
        (
            "Observation",
            "performer:missing=true",
            lambda r: "performer" not in r,
        ),
        (
            "Observation",
            "value-quantity=185|http://unitsofmeasure.org|[lb_av]",
            lambda r: (
                quantity(r) is not None
                and 184.5 <= quantity(r) < 185.5  # type: ignore[operator]
                and one(r, "valueQuantity", "code") == "[lb_av]"
                and one(r, "valueQuantity", "system") == UCUM
            ),
        ),
        (
            "Observation",
            "value-quantity=6.3||mmol/l",
            lambda r: (
                quantity(r) is not None
                and 6.25 <= quantity(r) < 6.35  # type: ignore[operator]
                and "mmol/l" in (one(r, "valueQuantity", "code"), one(r, "valueQuantity", "unit"))
            ),
        ),
        ("RiskAssessment", "probability=gt0.8", probability(lambda p: p > 0.8)),
        ("RiskAssessment", "probability=le0.02", probability(lambda p: p <= 0.02)),
        ("RiskAssessment", "probability=0.02", probability(lambda p: 0.015 <= p < 0.025)),
        ("RiskAssessment", "probability=0.020", probability(lambda p: 0.0195 <= p < 0.0205)),
        (
            "RiskAssessment",
            "probability:missing=true",
            lambda r: not every(r, "prediction", "probabilityDecimal"),
        ),
        (
            "ValueSet",
            "url=http://hl7.org/fhir/ValueSet/example-extensional",
            lambda r: urls(r) == "http://hl7.org/fhir/ValueSet/example-extensional",
        ),
        ("ValueSet", "url:below=http://hl7.org/fhir", versions("http://hl7.org/fhir")),
        (
            "CodeSystem",
            "url:below=http://hl7.org/fhir/CodeSystem",
            versions("http://hl7.org/fhir/CodeSystem"),
        ),
        ("Library", "url:missing=false", lambda r: "url" in r),
        ("Questionnaire", "title:contains=a", lambda r: "a" in plain(r.get("title", ""))),
        (
            "PlanDefinition",
            "status=draft&url:missing=true",
            lambda r: r["status"] == "draft" and "url" not in r,
        ),
        ("Condition", "_list=example", lambda r: f"Condition/{r['id']}" in listed),
        ("Patient", "_list=example", lambda r: f"Patient/{r['id']}" in listed),
        (
            "Condition",
            "_has:List:item:status=current",
            lambda r: any(
                f"Condition/{r['id']}" in every(each, "entry", "item", "reference")
                and each["status"] == "current"
                for each in world.by_type["List"]
            ),
        ),
        (
            "Patient",
            "_has:Observation:patient:status=final",
            lambda r: world.any(
                "Observation",
                lambda o: o["status"] == "final" and one(o, "subject", "reference") == f"Patient/{r['id']}",
            ),
        ),
        ("Patient", "_security:missing=false", lambda r: bool(every(r, "meta", "security"))),
        (
            "Observation",
            "_profile=http://hl7.org/fhir/StructureDefinition/vitalsigns",
            lambda r: "http://hl7.org/fhir/StructureDefinition/vitalsigns" in every(r, "meta", "profile"),
        ),
        ("Observation", "_profile:missing=false", lambda r: bool(every(r, "meta", "profile"))),
        ("Patient", "_tag=HTEST", tagged(None, "HTEST")),
        (
            "Patient",
            "_tag=http://terminology.hl7.org/CodeSystem/v3-ActReason|HTEST",
            tagged("http://terminology.hl7.org/CodeSystem/v3-ActReason", "HTEST"),
        ),
        ("Patient", "_tag:not=HTEST", lambda r: not tagged(None, "HTEST")(r)),
        ("Encounter", "length=gt100", lambda r: (one(r, "length", "value") or 0) > 100),
        (
            "Encounter",
            "length=140||min",
            lambda r: 139.5 <= (one(r, "length", "value") or 0) < 140.5 and one(r, "length", "code") == "min",
        ),
        (
            "Encounter",
            "participant=Practitioner/f002",
            lambda r: "Practitioner/f002" in every(r, "participant", "individual", "reference"),
        ),
        ("Goal", "target-date:missing=true", lambda r: not every(r, "target", "dueDate")),
        (
            "Group",
            "characteristic-value=gender$mixed",
            lambda r: any(
                coded(c, None, "gender", "code") and coded(c, None, "mixed", "valueCodeableConcept")
                for c in every(r, "characteristic")
            ),
        ),
        (
            "Coverage",
            "beneficiary=Patient/4",
            lambda r: one(r, "beneficiary", "reference") == "Patient/4",
        ),
        (
            "Coverage",
            "payor:missing=false",
            lambda r: "payor" in r,
        ),
        (
            "MolecularSequence",
            "type=dna",
            lambda r: r.get("type") == "dna",
        ),
        (
            "Procedure",
            "code:text=chemo",
            lambda r: any(
                plain(t).startswith("chemo")
                for t in every(r, "code", "text") + every(r, "code", "coding", "display")
            ),
        ),
        (
            "Task",
            "status=requested,draft&intent=order",
            lambda r: r["status"] in ("requested", "draft") and r["intent"] == "order",
        ),
        ("AuditEvent", "date=ge2013", lambda r: span(r["recorded"])[0] >= span("2013")[0]),
        (
            "Specimen",
            "collected=2011",
            lambda r: any(within(s, "2011") for s in spans(r.get("collection", {}), "collected")),
        ),
        (
            "Medication",
            "ingredient-code:missing=false",
            lambda r: bool(every(r, "ingredient", "itemCodeableConcept")),
        ),
        ("MedicationRequest", "medication:missing=false", lambda r: "medicationReference" in r),
        ("Basic", "subject:identifier=urn:ietf:rfc:3986|x", lambda r: False),
        (
            "Provenance",
            "target=Procedure/example",
            lambda r: (
                "Procedure/example" in [x.partition("/_history/")[0] for x in every(r, "target", "reference")]
            ),
        ),
    ]
