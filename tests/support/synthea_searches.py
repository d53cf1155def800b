"""Searches over Synthea and, for each, the plain-Python condition it means.

What a search means is taken from https://hl7.org/fhir/R4/search.html alone.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.support.plain_values import (
    LOINC,
    SNOMED,
    TAG,
    UCUM,
    coded,
    every,
    measured,
    names,
    one,
    period,
    plain,
    quantity,
    span,
    spans,
    subject,
    tagged,
    within,
)
from tests.support.world import Case, Resource, World


def synthea_cases(world: World) -> list[Case]:
    patients = sorted(world.by_type["Patient"], key=lambda r: r["id"])
    alive = patients[0]["id"]
    here = f"Patient/{alive}"
    family = patients[0]["name"][0]["family"]
    record = one(patients[0], "identifier")
    visit = one(
        [r for r in world.by_type["Observation"] if subject(r) == here and "encounter" in r],
        "encounter",
        "reference",
    )
    some_date = sorted(one(r, "effectiveDateTime") or "" for r in world.by_type["Observation"])[1000]
    day, month, year = some_date[:10], some_date[:7], some_date[:4]
    low, high = span(day)
    maker = one(patients[1], "meta", "tag", "code")
    height = measured("8302-2", lambda v: True)
    some_height = next(quantity(r) for r in world.by_type["Observation"] if height(r))
    rounded = f"{some_height:.1f}"
    coarse = float(rounded)
    mr = next(
        i
        for i in every(patients[0], "identifier")
        if coded(i, "http://terminology.hl7.org/CodeSystem/v2-0203", "MR", "type")
    )

    def follow_subject(r: Resource) -> Resource:
        return world.follow(subject(r), "Patient")

    def organization(r: Resource) -> Resource:
        return world.follow(one(r, "serviceProvider", "reference"), "Organization")

    def has_condition(code: str) -> Callable[[Resource], bool]:
        sick = {subject(c) for c in world.by_type["Condition"] if coded(c, SNOMED, code, "code")}
        return lambda p: f"Patient/{p['id']}" in sick

    female = {f"Patient/{p['id']}" for p in patients if p.get("gender") == "female"}
    visits_of_women = {
        f"Encounter/{e['id']}" for e in world.by_type["Encounter"] if one(e, "subject", "reference") in female
    }
    reported = {x for d in world.by_type["DiagnosticReport"] for x in every(d, "result", "reference")}
    labs = {
        x
        for d in world.by_type["DiagnosticReport"]
        if coded(d, LOINC, "51990-0", "code")
        for x in every(d, "result", "reference")
    }
    imaged = {one(s, "encounter", "reference") for s in world.by_type["ImagingStudy"]}
    patients_with_imaged_visit = {
        one(e, "subject", "reference") for e in world.by_type["Encounter"] if f"Encounter/{e['id']}" in imaged
    }
    return [
        # token
        ("Patient", "gender=female", lambda r: r.get("gender") == "female"),
        ("Patient", "gender=male,female", lambda r: r.get("gender") in ("male", "female")),
        ("Patient", "gender:not=female", lambda r: r.get("gender") != "female"),
        (
            "Patient",
            "gender=http://hl7.org/fhir/administrative-gender|male",
            lambda r: r.get("gender") == "male",
        ),
        ("Patient", "gender=http://example.org/other|male", lambda r: False),
        ("Patient", "gender=Female", lambda r: False),
        ("Patient", "deceased=true", lambda r: "deceasedDateTime" in r or r.get("deceasedBoolean") is True),
        (
            "Patient",
            f"identifier={record['value']}",
            lambda r: record["value"] in every(r, "identifier", "value"),
        ),
        (
            "Patient",
            f"identifier={record['system']}|{record['value']}",
            lambda r: any(
                i.get("system") == record["system"] and i.get("value") == record["value"]
                for i in every(r, "identifier")
            ),
        ),
        (
            "Patient",
            f"identifier={record['system']}|",
            lambda r: record["system"] in every(r, "identifier", "system"),
        ),
        ("Patient", f"identifier=|{record['value']}", lambda r: False),
        (
            "Patient",
            f"identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|MR|{mr['value']}",
            lambda r: any(
                i.get("value") == mr["value"]
                and coded(i, "http://terminology.hl7.org/CodeSystem/v2-0203", "MR", "type")
                for i in every(r, "identifier")
            ),
        ),
        ("Observation", "code=8302-2", lambda r: coded(r, None, "8302-2", "code")),
        ("Observation", f"code={LOINC}|8302-2", lambda r: coded(r, LOINC, "8302-2", "code")),
        ("Observation", f"code={SNOMED}|8302-2", lambda r: False),
        ("Observation", f"code={LOINC}|", lambda r: coded(r, LOINC, None, "code")),
        (
            "Observation",
            "code=8302-2,29463-7&status=final",
            lambda r: (
                r["status"] == "final"
                and (coded(r, None, "8302-2", "code") or coded(r, None, "29463-7", "code"))
            ),
        ),
        ("Observation", "category=vital-signs", lambda r: coded(r, None, "vital-signs", "category")),
        ("Observation", "category:not=vital-signs", lambda r: not coded(r, None, "vital-signs", "category")),
        (
            "Observation",
            "code:text=body hei",
            lambda r: any(
                plain(t).startswith("body hei")
                for t in every(r, "code", "text") + every(r, "code", "coding", "display")
            ),
        ),
        ("Observation", "component-code=8480-6", lambda r: coded(r, None, "8480-6", "component", "code")),
        (
            "Observation",
            "combo-code=8302-2,8480-6",
            lambda r: coded(r, None, "8302-2", "code") or coded(r, None, "8480-6", "component", "code"),
        ),
        (
            "Condition",
            "clinical-status=active",
            lambda r: coded(r, None, "active", "clinicalStatus"),
        ),
        (
            "AllergyIntolerance",
            "category=food&criticality=low",
            lambda r: "food" in every(r, "category") and r.get("criticality") == "low",
        ),
        ("Encounter", "class=AMB", lambda r: one(r, "class", "code") == "AMB"),
        ("Encounter", "class:not=AMB", lambda r: one(r, "class", "code") != "AMB"),
        # missing
        ("Observation", "value-quantity:missing=true", lambda r: quantity(r) is None),
        ("Observation", "value-quantity:missing=false", lambda r: quantity(r) is not None),
        ("Condition", "abatement-date:missing=true", lambda r: "abatementDateTime" not in r),
        ("Condition", "abatement-date:missing=false", lambda r: "abatementDateTime" in r),
        ("Encounter", "reason-code:missing=false", lambda r: "reasonCode" in r),
        ("Patient", "death-date:missing=true", lambda r: "deceasedDateTime" not in r),
        # string
        (
            "Patient",
            f"family={family[:3]}",
            lambda r: any(plain(f).startswith(plain(family[:3])) for f in every(r, "name", "family")),
        ),
        ("Patient", f"family:exact={family}", lambda r: family in every(r, "name", "family")),
        ("Patient", f"family:exact={family[:-1]}", lambda r: family[:-1] in every(r, "name", "family")),
        (
            "Patient",
            f"family:exact={family.upper()}",
            lambda r: family.upper() in every(r, "name", "family"),
        ),
        ("Patient", "name:contains=an", lambda r: any("an" in plain(n) for n in names(r))),
        ("Patient", "name=mr", lambda r: any(plain(n).startswith("mr") for n in names(r))),
        (
            "Patient",
            "given=a,b,C",
            lambda r: any(plain(g)[0] in "abc" for g in every(r, "name", "given")),
        ),
        (
            "Patient",
            "address-city=bo",
            lambda r: any(plain(c).startswith("bo") for c in every(r, "address", "city")),
        ),
        (
            "Patient",
            "address:contains=mass",
            lambda r: any(
                "mass" in plain(text)
                for a in every(r, "address")
                for key in ("line", "city", "district", "state", "postalCode", "country", "text")
                for text in every(a, key)
            ),
        ),
        (
            "Organization",
            "name:contains=hospital",
            lambda r: (
                "hospital" in plain(r["name"]) or any("hospital" in plain(x) for x in every(r, "alias"))
            ),
        ),
        # reference
        ("Observation", f"subject={here}", lambda r: subject(r) == here),
        ("Observation", f"subject={alive}", lambda r: subject(r) == here),
        ("Observation", f"patient={alive}", lambda r: subject(r) == here),
        ("Observation", f"subject:Patient={alive}", lambda r: subject(r) == here),
        ("Observation", f"subject:Group={alive}", lambda r: False),
        ("Observation", f"subject=http://elsewhere.example/fhir/{here}", lambda r: False),
        ("Observation", f"encounter={visit}", lambda r: one(r, "encounter", "reference") == visit),
        (
            "Encounter",
            f"patient={here}&status=finished&class=AMB",
            lambda r: subject(r) == here and r["status"] == "finished" and one(r, "class", "code") == "AMB",
        ),
        # date
        ("Observation", f"date={day}", lambda r: any(within(s, day) for s in spans(r, "effective"))),
        ("Observation", f"date={month}", lambda r: any(within(s, month) for s in spans(r, "effective"))),
        ("Observation", f"date={year}", lambda r: any(within(s, year) for s in spans(r, "effective"))),
        (
            "Observation",
            f"date={some_date.replace('+', '%2B')}",
            lambda r: any(within(s, some_date) for s in spans(r, "effective")),
        ),
        (
            "Observation",
            f"date={some_date[:16]}",
            lambda r: any(within(s, some_date[:16]) for s in spans(r, "effective")),
        ),
        ("Observation", f"date=ne{year}", lambda r: any(not within(s, year) for s in spans(r, "effective"))),
        ("Observation", f"date=gt{day}", lambda r: any(s[1] > high for s in spans(r, "effective"))),
        ("Observation", f"date=lt{day}", lambda r: any(s[0] < low for s in spans(r, "effective"))),
        (
            "Observation",
            f"date=ge{day}",
            lambda r: any(s[1] > high or s[0] >= low for s in spans(r, "effective")),
        ),
        (
            "Observation",
            f"date=le{day}",
            lambda r: any(s[0] < low or s[1] <= high for s in spans(r, "effective")),
        ),
        ("Observation", f"date=sa{day}", lambda r: any(s[0] >= high for s in spans(r, "effective"))),
        ("Observation", f"date=eb{day}", lambda r: any(s[1] <= low for s in spans(r, "effective"))),
        (
            "Observation",
            "date=ge2010-01-01&date=lt2015-06",
            lambda r: (
                any(s[0] >= span("2010")[0] for s in spans(r, "effective"))
                and any(s[0] < span("2015-06")[0] for s in spans(r, "effective"))
            ),
        ),
        ("Patient", "birthdate=lt1970", lambda r: span(r["birthDate"])[0] < span("1970")[0]),
        ("Patient", "birthdate=ge1970-01-01", lambda r: span(r["birthDate"])[0] >= span("1970")[0]),
        (
            "Encounter",
            f"date={year}",
            lambda r: within(period(r["period"]), year),
        ),
        ("Encounter", f"date=sa{year}", lambda r: period(r["period"])[0] >= span(year)[1]),
        ("Encounter", f"date=eb{year}", lambda r: period(r["period"])[1] <= span(year)[0]),
        ("CarePlan", "date=gt2019", lambda r: period(r["period"])[1] > span("2019")[1]),
        ("CarePlan", "date=lt2005", lambda r: period(r["period"])[0] < span("2005")[0]),
        ("CarePlan", "date=sa2015", lambda r: period(r["period"])[0] >= span("2015")[1]),
        (
            "Procedure",
            f"date=le{year}",
            lambda r: any(s[0] < span(year)[0] or s[1] <= span(year)[1] for s in spans(r, "performed")),
        ),
        ("Condition", "onset-date=ge2000", lambda r: any(s[0] >= span("2000")[0] for s in spans(r, "onset"))),
        # quantity
        (
            "Observation",
            "code=8302-2&value-quantity=gt170",
            measured("8302-2", lambda v: v > 170),
        ),
        (
            "Observation",
            f"code=8302-2&value-quantity=le170|{UCUM}|cm",
            measured("8302-2", lambda v: v <= 170, "cm"),
        ),
        ("Observation", f"code=8302-2&value-quantity=le170|{UCUM}|m", lambda r: False),
        ("Observation", "code=8302-2&value-quantity=ge170||cm", measured("8302-2", lambda v: v >= 170, "cm")),
        (
            "Observation",
            f"code=8302-2&value-quantity={rounded}",
            measured("8302-2", lambda v: coarse - 0.05 <= v < coarse + 0.05),
        ),
        (
            "Observation",
            f"code=8302-2&value-quantity=ne{rounded}",
            measured("8302-2", lambda v: not coarse - 0.05 <= v < coarse + 0.05),
        ),
        ("Observation", "code=8302-2&value-quantity=ap150", measured("8302-2", lambda v: 135 <= v <= 165)),
        ("Observation", "code=8302-2&value-quantity=lt1e2", measured("8302-2", lambda v: v < 100)),
        # composite
        (
            "Observation",
            "code-value-quantity=http://loinc.org|8302-2$gt170",
            measured("8302-2", lambda v: v > 170),
        ),
        (
            "Observation",
            "component-code-value-quantity=http://loinc.org|8480-6$gt130",
            lambda r: any(
                coded(c, LOINC, "8480-6", "code") and (quantity(c) or 0) > 130 for c in every(r, "component")
            ),
        ),
        (
            "Observation",
            "component-code-value-quantity=8462-4$lt70,8480-6$gt140",
            lambda r: any(
                (coded(c, None, "8462-4", "code") and (quantity(c) or 999) < 70)
                or (coded(c, None, "8480-6", "code") and (quantity(c) or 0) > 140)
                for c in every(r, "component")
            ),
        ),
        # about the resource itself
        ("Patient", f"_id={alive}", lambda r: r["id"] == alive),
        (
            "Patient",
            f"_id={alive},{patients[1]['id']},nobody",
            lambda r: r["id"] in (alive, patients[1]["id"]),
        ),
        ("Patient", f"_tag={maker}", tagged(None, maker)),
        ("Encounter", f"_tag={TAG}|synthea-5-2019", tagged(TAG, "synthea-5-2019")),
        ("Encounter", "_tag=http://elsewhere.example|synthea-5-2019", lambda r: False),
        ("Encounter", "_lastUpdated=ge2020-01-01", lambda r: True),
        ("Encounter", "_lastUpdated=lt2020-01-01", lambda r: False),
        ("Encounter", "_profile:missing=true", lambda r: not every(r, "meta", "profile")),
        # chains
        (
            "Observation",
            "subject:Patient.gender=female&code=8302-2",
            lambda r: height(r) and subject(r) in female,
        ),
        ("Observation", "patient.gender=female", lambda r: subject(r) in female),
        (
            "Observation",
            f"subject.family={family}",
            lambda r: any(
                plain(f).startswith(plain(family)) for f in every(follow_subject(r), "name", "family")
            ),
        ),
        (
            "Condition",
            "patient.birthdate=lt1960&clinical-status=active",
            lambda r: (
                coded(r, None, "active", "clinicalStatus")
                and span(follow_subject(r)["birthDate"])[0] < span("1960")[0]
            ),
        ),
        (
            "Encounter",
            "service-provider.name:contains=hospital",
            lambda r: "hospital" in plain(organization(r).get("name", "")),
        ),
        (
            "Condition",
            "encounter.subject:Patient.gender=female",
            lambda r: one(r, "encounter", "reference") in visits_of_women,
        ),
        (
            "Observation",
            "encounter:Encounter.patient:Patient.gender=female&code=8302-2",
            lambda r: height(r) and one(r, "encounter", "reference") in visits_of_women,
        ),
        (
            "Condition",
            "encounter.service-provider.name:contains=hospital",
            lambda r: (
                "hospital"
                in plain(
                    organization(world.follow(one(r, "encounter", "reference"), "Encounter")).get("name", "")
                )
            ),
        ),
        # reverse chains
        ("Patient", f"_has:Condition:patient:code={SNOMED}|15777000", has_condition("15777000")),
        (
            "Patient",
            "_has:Condition:patient:code=15777000&gender=female",
            lambda r: has_condition("15777000")(r) and r.get("gender") == "female",
        ),
        (
            "Observation",
            "_has:DiagnosticReport:result:status=final",
            lambda r: f"Observation/{r['id']}" in reported,
        ),
        (
            "Observation",
            "_has:DiagnosticReport:result:code=51990-0",
            lambda r: f"Observation/{r['id']}" in labs,
        ),
        (
            "Encounter",
            "_has:ImagingStudy:encounter:status=available",
            lambda r: f"Encounter/{r['id']}" in imaged,
        ),
        (
            "Patient",
            "_has:Encounter:patient:_has:ImagingStudy:encounter:status=available",
            lambda r: f"Patient/{r['id']}" in patients_with_imaged_visit,
        ),
        (
            "Observation",
            "_has:DiagnosticReport:result:code=51990-0&subject:Patient.gender=female",
            lambda r: f"Observation/{r['id']}" in labs and subject(r) in female,
        ),
        # several at once
        (
            "MedicationRequest",
            "status=active,stopped&intent=order&authoredon=ge2010",
            lambda r: (
                r["status"] in ("active", "stopped")
                and r["intent"] == "order"
                and span(r["authoredOn"])[0] >= span("2010")[0]
            ),
        ),
        (
            "Immunization",
            "vaccine-code=140&date=ge2014&status=completed",
            lambda r: (
                coded(r, None, "140", "vaccineCode")
                and r["status"] == "completed"
                and any(s[0] >= span("2014")[0] for s in spans(r, "occurrence"))
            ),
        ),
        ("ImagingStudy", "modality=DX", lambda r: "DX" in every(r, "series", "modality", "code")),
        (
            "ImagingStudy",
            "identifier=urn:ietf:rfc:3986|",
            lambda r: "urn:ietf:rfc:3986" in every(r, "identifier", "system"),
        ),
    ]
