"""The shapes of requests that are measured, each with values drawn anew for every request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from bench.search.samples import Resource, Samples

Draw = Callable[[Samples], str]


@dataclass(frozen=True, slots=True)
class Shape:
    """`draw` gives an address below the base; `weight` is its share in the mix of reads."""

    name: str
    draw: Draw
    weight: int = 1


def _search(type: str, *pairs: tuple[str, str]) -> str:
    """A search for a page. Counting all matches is not part of it: `_counted` measures what that costs."""
    if not any(name == "_summary" for name, _ in pairs):
        pairs = (*pairs, ("_total", "none"))
    return _counted(type, *pairs)


def _counted(type: str, *pairs: tuple[str, str]) -> str:
    return f"{type}?{urlencode(pairs, quote_via=quote, safe=':,|/$*.')}"


def _coding(resource: Resource, element: str = "code") -> str:
    concept: Any = resource[element]
    coding = (concept[0] if isinstance(concept, list) else concept)["coding"][0]
    return f"{coding['system']}|{coding['code']}"


def _identity(patient: Resource) -> str:
    """The identity card, which is the second identifier of the invented residents."""
    identifier = patient["identifier"][1]
    return f"{identifier['system']}|{identifier['value']}"


def _patient_of(resource: Resource) -> str:
    reference: Mapping[str, str] = resource.get("subject") or resource["patient"]
    return reference["reference"]


def _around(day: str, days: int) -> tuple[str, str]:
    middle = date.fromisoformat(day[:10])
    return (middle - timedelta(days)).isoformat(), (middle + timedelta(days)).isoformat()


def _between(name: str, day: str, days: int) -> tuple[tuple[str, str], tuple[str, str]]:
    low, high = _around(day, days)
    return (name, f"ge{low}"), (name, f"le{high}")


def _read(s: Samples) -> str:
    return f"Patient/{s.pick('Patient')['id']}"


def _read_observation(s: Samples) -> str:
    return f"Observation/{s.pick('Observation')['id']}"


def _vread(s: Samples) -> str:
    return f"Encounter/{s.pick('Encounter')['id']}/_history/1"


def _history(s: Samples) -> str:
    return f"Observation/{s.pick('Observation')['id']}/_history"


def _identifier(s: Samples) -> str:
    return _search("Patient", ("identifier", _identity(s.pick("Patient"))))


def _id_list(s: Samples) -> str:
    return _search("Observation", ("_id", ",".join(s.pick("Observation")["id"] for _ in range(10))))


def _name(s: Samples) -> str:
    return _search("Patient", ("name", s.pick("Patient")["name"][0]["text"]))


def _family(s: Samples) -> str:
    return _search("Patient", ("family", s.pick("Patient")["name"][0]["family"]))


def _family_counted(s: Samples) -> str:
    return _counted("Patient", ("family", s.pick("Patient")["name"][0]["family"]))


def _birthdate(s: Samples) -> str:
    return _search("Patient", *_between("birthdate", s.pick("Patient")["birthDate"], 15))


def _gender_birthdate(s: Samples) -> str:
    patient = s.pick("Patient")
    return _search("Patient", ("gender", patient["gender"]), ("birthdate", patient["birthDate"]))


def _phone(s: Samples) -> str:
    return _search("Patient", ("phone", s.pick("Patient")["telecom"][0]["value"]))


def _address(s: Samples) -> str:
    patient = s.pick("Patient")
    return _search(
        "Patient", ("address", patient["address"][0]["line"][0]), ("family", patient["name"][0]["family"])
    )


def _of_patient(s: Samples) -> str:
    return _search("Observation", ("patient", _patient_of(s.pick("Observation"))))


def _of_patient_sorted(s: Samples) -> str:
    return _search(
        "Observation", ("patient", _patient_of(s.pick("Observation"))), ("_sort", "-date"), ("_count", "100")
    )


def _patient_code(s: Samples) -> str:
    found = s.pick("Observation")
    return _search("Observation", ("patient", _patient_of(found)), ("code", _coding(found)))


def _patient_code_date(s: Samples) -> str:
    found = s.pick("Observation")
    return _search(
        "Observation",
        ("patient", _patient_of(found)),
        ("code", _coding(found)),
        *_between("date", found["effectiveDateTime"], 365),
        ("_sort", "-date"),
    )


def _patient_category(s: Samples) -> str:
    found = s.pick("Observation")
    return _search("Observation", ("patient", _patient_of(found)), ("category", _coding(found, "category")))


def _patient_count(s: Samples) -> str:
    return _search("Observation", ("patient", _patient_of(s.pick("Observation"))), ("_summary", "count"))


def _code_value(s: Samples) -> str:
    found = s.pick_with("Observation", "valueQuantity")
    quantity = found["valueQuantity"]
    return _search(
        "Observation",
        ("code", _coding(found)),
        ("value-quantity", f"ge{quantity['value']}|{quantity['system']}|{quantity['code']}"),
    )


def _code_date(s: Samples) -> str:
    found = s.pick("Observation")
    return _search("Observation", ("code", _coding(found)), *_between("date", found["effectiveDateTime"], 3))


def _category(s: Samples) -> str:
    return _search("Observation", ("category", _coding(s.pick("Observation"), "category")), ("_count", "20"))


def _composite(s: Samples) -> str:
    pressure = f"http://loinc.org|8480-6$gt{s.dice.randint(165, 180)}"
    return _search("Observation", ("component-code-value-quantity", pressure))


def _encounter_day(s: Samples) -> str:
    found = s.pick("Encounter")
    return _search("Encounter", ("date", found["period"]["start"][:10]), ("class", found["class"]["code"]))


def _encounter_provider(s: Samples) -> str:
    found = s.pick("Encounter")
    return _search(
        "Encounter",
        ("service-provider", found["serviceProvider"]["reference"]),
        *_between("date", found["period"]["start"], 3),
    )


def _latest_encounters(s: Samples) -> str:
    found = s.pick("Encounter")
    return _search("Encounter", ("patient", _patient_of(found)), ("_sort", "-date"), ("_count", "5"))


def _condition_code(s: Samples) -> str:
    return _search("Condition", ("code", _coding(s.pick("Condition"))))


def _patient_conditions(s: Samples) -> str:
    return _search("Condition", ("patient", _patient_of(s.pick("Condition"))), ("clinical-status", "active"))


def _medication_code(s: Samples) -> str:
    return _search(
        "MedicationRequest", ("code", _coding(s.pick("MedicationRequest"), "medicationCodeableConcept"))
    )


def _chained_identifier(s: Samples) -> str:
    return _search("Observation", ("patient.identifier", _identity(s.pick("Patient"))))


def _chained_name(s: Samples) -> str:
    return _search("Encounter", ("patient:Patient.name", s.pick("Patient")["name"][0]["text"]))


def _has(s: Samples) -> str:
    return _search(
        "Patient",
        ("_has:Condition:patient:code", _coding(s.pick("Condition"))),
        ("gender", "female"),
        ("_count", "20"),
    )


def _include(s: Samples) -> str:
    return _search(
        "MedicationRequest",
        ("patient", _patient_of(s.pick("MedicationRequest"))),
        ("_include", "MedicationRequest:patient"),
        ("_include", "MedicationRequest:requester"),
    )


def _revinclude(s: Samples) -> str:
    return _search("Patient", ("_id", s.pick("Patient")["id"]), ("_revinclude", "Condition:patient"))


def _newest(s: Samples) -> str:
    return _search(
        "Observation", ("code", _coding(s.pick("Observation"))), ("_sort", "-date"), ("_count", "20")
    )


def _hundred(s: Samples) -> str:
    return _search(
        "Immunization", ("vaccine-code", _coding(s.pick("Immunization"), "vaccineCode")), ("_count", "100")
    )


def _compartment(s: Samples) -> str:
    return f"{_patient_of(s.pick('Condition'))}/Condition"


def _everything(s: Samples) -> str:
    return f"Patient/{s.pick('Patient')['id']}/$everything"


SHAPES: tuple[Shape, ...] = (
    Shape("read a patient", _read, 10),
    Shape("read an observation", _read_observation, 5),
    Shape("vread an encounter", _vread),
    Shape("history of an observation", _history),
    Shape("patient by identifier", _identifier, 10),
    Shape("ten observations by _id", _id_list),
    Shape("patient by full name", _name, 5),
    Shape("patients by family name", _family),
    Shape("… with their total", _family_counted),
    Shape("patients by birthdate, 30 days", _birthdate),
    Shape("patients by gender, birthdate", _gender_birthdate, 2),
    Shape("patient by phone", _phone, 2),
    Shape("patients by address, family name", _address),
    Shape("a patient's observations", _of_patient, 5),
    Shape("… newest 100 first", _of_patient_sorted, 3),
    Shape("… of a code", _patient_code, 5),
    Shape("… of a code, two years, sorted", _patient_code_date, 5),
    Shape("… of a category", _patient_category, 3),
    Shape("… counted", _patient_count),
    Shape("observations by code, value", _code_value),
    Shape("observations by code, 7 days", _code_date),
    Shape("observations by category", _category),
    Shape("newest observations of a code", _newest),
    Shape("observations by composite", _composite),
    Shape("encounters by day, class", _encounter_day, 2),
    Shape("encounters by provider, 7 days", _encounter_provider, 2),
    Shape("a patient's last encounters", _latest_encounters, 5),
    Shape("conditions by code", _condition_code),
    Shape("a patient's active conditions", _patient_conditions, 5),
    Shape("medication requests by code", _medication_code),
    Shape("observations by patient.identifier", _chained_identifier, 2),
    Shape("encounters by patient.name", _chained_name),
    Shape("patients who _has a condition", _has),
    Shape("_include patient and requester", _include, 2),
    Shape("_revinclude conditions", _revinclude, 2),
    Shape("100 immunizations by vaccine", _hundred),
    Shape("conditions in a compartment", _compartment),
    Shape("$everything of a patient", _everything, 2),
)
