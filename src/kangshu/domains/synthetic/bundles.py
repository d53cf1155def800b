"""The messages: for each institution, first its staff, then one bundle for each resident it has a file of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import orjson

from kangshu.domains.synthetic.chance import age_on
from kangshu.domains.synthetic.chart import Chart
from kangshu.domains.synthetic.county import County, Institution
from kangshu.domains.synthetic.definition import (
    Course,
    Population,
    Practitioner,
    Registration,
    Resident,
    Visit,
)
from kangshu.domains.synthetic.directory import organization_resource, patient_system, practitioner_resources
from kangshu.domains.synthetic.encounters import add_visit
from kangshu.domains.synthetic.enrolment import (
    add_allergy,
    add_contract,
    add_coverage,
    add_flag,
    add_parent,
    add_patient,
    add_pregnancy,
    add_smoking,
)
from kangshu.domains.synthetic.vocabulary import Json, Vocabulary


def bundles(
    population: Population, elsewhere: Mapping[str, str] | None = None
) -> Iterator[tuple[str, bytes]]:
    """Every message of every institution as (institution code, bundle as JSON text).

    An institution's first message brings its Organization, Practitioners and their roles; the others one
    patient each. How bundles look follows the institution's feed:

    transaction_put          PUT with ids, relative references
    transaction_uuid         POST with urn:uuid addresses and references
    transaction_conditional  the same, with If-None-Exist on the patient and conditional doctors
    collection               no requests, absolute addresses, relative references

    `elsewhere` says what institutions send in another format: `laboratory` (its results are left out here)
    or `all` (nothing but staff is left).
    """
    apart = elsewhere or {}
    county, words = population.county, Vocabulary(population.county)
    staff: dict[str, list[Practitioner]] = {}
    for doctor in population.practitioners:
        staff.setdefault(doctor.org, []).append(doctor)
    visits = _by_file(population.visits)
    for institution in county.institutions.values():
        part = apart.get(institution.code, "")
        yield institution.code, _first_bundle(population, institution, staff[institution.code])
        for file in population.registrations:
            if file.org == institution.code and part != "all":
                known = visits[file.resident, file.org]
                here = [_without_laboratory(county, each) for each in known] if part else known
                chart = _chart(population, words, file, staff[institution.code], here)
                yield institution.code, _bundle(institution, chart.resources)


def _without_laboratory(county: County, visit: Visit) -> Visit:
    kept = tuple(each for each in visit.readings if county.tests[each.test].kind != "laboratory")
    return replace(visit, readings=kept)


def _by_file(visits: Sequence[Visit]) -> Mapping[tuple[int, str], list[Visit]]:
    found: dict[tuple[int, str], list[Visit]] = {}
    for visit in visits:
        found.setdefault((visit.resident, visit.org), []).append(visit)
    return found


def _first_bundle(population: Population, institution: Institution, staff: Sequence[Practitioner]) -> bytes:
    county = population.county
    resources = [organization_resource(county, institution)]
    resources += [each for doctor in staff for each in practitioner_resources(doctor)]
    if institution.feed == "collection":
        return _bundle(institution, resources)
    return orjson.dumps(_envelope("transaction", [_put(institution, each) for each in resources]))


def _chart(
    population: Population,
    words: Vocabulary,
    file: Registration,
    staff: Sequence[Practitioner],
    visits: Sequence[Visit],
) -> Chart:
    """Everything one institution knows about one resident."""
    people = population.residents
    person = people[file.resident]
    chart = Chart(words, file, person, staff, population.until)
    first = visits[0].start.date()
    add_patient(chart, _kin(people, person))
    if age_on(person.birth, first) < 7:
        for kinship, number in (("mother", person.mother), ("father", person.father)):
            if number is not None:
                add_parent(chart, kinship, people[number])
    if chart.institution.level in {"county", "city"}:
        add_coverage(chart, first)
    courses = {each.condition: each for each in population.courses[file.resident]}
    for turn, visit in enumerate(visits):
        add_visit(chart, visit, courses, person.household + turn // 3)
    if len(visits) > 1 or chart.institution.level == "township":
        for allergy in population.allergies[file.resident]:
            add_allergy(chart, allergy)
    if chart.institution.level == "township":
        _add_public_health(population, chart, courses, visits)
    return chart


def _kin(people: Sequence[Resident], person: Resident) -> Resident | None:
    number = person.spouse if person.spouse is not None else person.mother
    return None if number is None else people[number]


def _add_public_health(
    population: Population, chart: Chart, courses: Mapping[str, Course], visits: Sequence[Visit]
) -> None:
    """What township hospitals keep for everybody: contract, habits, warnings, pregnancies."""
    person = chart.resident
    if person.signed is not None:
        add_contract(chart, person.signed)
    checked = next((each.start.date() for each in visits if each.kind == "check"), None)
    if checked is not None:
        add_smoking(chart, checked)
    flagged: set[str] = set()
    for rule in population.county.flags:
        course = courses.get(rule.condition)
        old_enough = age_on(person.birth, population.until) >= rule.age_from
        if course and old_enough and rule.code not in flagged:
            flagged.add(rule.code)
            add_flag(chart, rule, course)
    for pregnancy in population.pregnancies:
        if pregnancy.mother == person.number:
            add_pregnancy(chart, pregnancy)


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
