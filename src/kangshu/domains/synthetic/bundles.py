"""The messages: for each institution, first its staff, then one bundle for each resident it has a file of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import orjson

from kangshu.domains.synthetic.chance import age_on
from kangshu.domains.synthetic.county import Institution
from kangshu.domains.synthetic.definition import (
    Course,
    Population,
    Practitioner,
    Registration,
    Resident,
    Visit,
)
from kangshu.domains.synthetic.resources import (
    Chart,
    Json,
    organization_resource,
    patient_system,
    practitioner_resources,
)


def bundles(population: Population) -> Iterator[tuple[str, bytes]]:
    """Every message of every institution as (institution code, bundle as JSON text).

    An institution's first message brings its Organization, Practitioners and their roles; the others one
    patient each. How bundles look follows the institution's feed:

    transaction_put          PUT with ids, relative references
    transaction_uuid         POST with urn:uuid addresses and references
    transaction_conditional  as before, with If-None-Exist on the patient and conditional references to doctors
    collection               no requests, absolute addresses, relative references
    """
    county = population.county
    staff: dict[str, list[Practitioner]] = {}
    for doctor in population.practitioners:
        staff.setdefault(doctor.org, []).append(doctor)
    visits = _by_file(population.visits)
    for institution in county.institutions.values():
        yield institution.code, _first_bundle(population, institution, staff[institution.code])
        for file in population.registrations:
            if file.org == institution.code:
                chart = _chart(population, file, staff[institution.code], visits[file.resident, file.org])
                yield institution.code, _bundle(institution, chart.resources)


def _by_file(visits: Sequence[Visit]) -> Mapping[tuple[int, str], list[Visit]]:
    found: dict[tuple[int, str], list[Visit]] = {}
    for visit in visits:
        found.setdefault((visit.resident, visit.org), []).append(visit)
    return found


def _first_bundle(population: Population, institution: Institution, staff: Sequence[Practitioner]) -> bytes:
    county = population.county
    resources = [organization_resource(county, institution)]
    resources += [each for doctor in staff for each in practitioner_resources(county, doctor)]
    if institution.feed == "collection":
        return _bundle(institution, resources)
    return orjson.dumps(_envelope("transaction", [_put(institution, each) for each in resources]))


def _chart(
    population: Population, file: Registration, staff: Sequence[Practitioner], visits: Sequence[Visit]
) -> Chart:
    people = population.residents
    person = people[file.resident]
    chart = Chart(population.county, file, person, staff, population.until)
    primary = chart.institution.level == "township"
    kin = _kin(people, person)
    chart.add_patient(kin, dead=primary or chart.institution.level == "county")
    if age_on(person.birth, visits[0].start.date()) < 7:
        for kinship, number in (("mother", person.mother), ("father", person.father)):
            if number is not None:
                chart.add_kin(kinship, people[number])
    if chart.institution.level in ("county", "city"):
        chart.add_coverage(visits[0].start.date())
    if primary and person.signed is not None:
        chart.add_contract(person.signed)
    courses: Mapping[str, Course] = {each.condition: each for each in population.courses[file.resident]}
    for turn, visit in enumerate(visits):
        chart.add_visit(visit, courses, person.household + turn // 3)
    _add_warnings(population, chart, courses, visits)
    return chart


def _kin(people: Sequence[Resident], person: Resident) -> Resident | None:
    number = person.spouse if person.spouse is not None else person.mother
    return None if number is None else people[number]


def _add_warnings(
    population: Population, chart: Chart, courses: Mapping[str, Course], visits: Sequence[Visit]
) -> None:
    """Allergies wherever the resident goes often; risk flags and pregnancies where public health is done."""
    number, until = chart.resident.number, population.until
    if len(visits) > 1 or chart.institution.level == "township":
        for allergy in population.allergies[number]:
            chart.add_allergy(allergy)
    if chart.institution.level != "township":
        return
    flagged: set[str] = set()
    for rule in population.county.flags:
        course = courses.get(rule.condition)
        old = age_on(chart.resident.birth, until) >= rule.age_from
        if course and old and rule.code not in flagged:
            flagged.add(rule.code)
            chart.add_flag(rule, course.onset, course.end)
    for pregnancy in population.pregnancies:
        if pregnancy.mother == number:
            chart.add_pregnancy(pregnancy.start, pregnancy.due, pregnancy.end)


def _bundle(institution: Institution, resources: Sequence[Json]) -> bytes:
    if institution.feed == "collection":
        return orjson.dumps(_envelope("collection", [_entry(institution, each) for each in resources]))
    make = _put if institution.feed == "transaction_put" else _post
    return orjson.dumps(_envelope("transaction", [make(institution, each) for each in resources]))


def _envelope(kind: str, entries: Sequence[Json]) -> Json:
    return {"resourceType": "Bundle", "type": kind, "entry": entries}


def _entry(institution: Institution, resource: Json) -> Json:
    address = f"http://{institution.short}.example/fhir/{resource['resourceType']}/{resource['id']}"
    return {"fullUrl": address, "resource": resource}


def _put(institution: Institution, resource: Json) -> Json:
    request = {"method": "PUT", "url": f"{resource['resourceType']}/{resource['id']}"}
    return _entry(institution, resource) | {"request": request}


def _post(institution: Institution, resource: Json) -> Json:
    request = {"method": "POST", "url": resource["resourceType"]}
    if institution.feed == "transaction_conditional" and resource["resourceType"] == "Patient":
        local = resource["identifier"][0]["value"]
        request["ifNoneExist"] = f"identifier={patient_system(institution.code)}|{local}"
    return {"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource, "request": request}
