"""The key facts of a bundle, so that two readings of one document can be compared: who, what, how much, when.

A fact is a tuple that begins with what it is about. Where a medicine or an allergen stands (in a resource of
its own, in the reaction, in the code) does not matter; that it is said does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

Json = dict[str, Any]
Fact = tuple[str, ...]


def facts_of(resources: Sequence[Json]) -> set[Fact]:
    """Everything comparable that the resources say."""
    by_address = {f"{each['resourceType']}/{each.get('id')}": each for each in resources}
    found: set[Fact] = set()
    for each in resources:
        reader = _READERS.get(each["resourceType"])
        if reader is not None:
            found |= {fact for fact in reader(each, by_address) if all(part is not None for part in fact)}
    return found


def codes(concept: Any) -> list[str]:
    """The codes of a CodeableConcept."""
    return [each["code"] for each in (concept or {}).get("coding", []) if each.get("code")]


def moment(text: str | None) -> str | None:
    """A date as it is, a time in UTC to the second."""
    if text is None:
        return None
    if "T" not in text:
        return text
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return text
    if found.tzinfo is None:
        return found.strftime("%Y-%m-%d")
    return found.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _started(each: Json, stem: str) -> str | None:
    stretch = each.get(f"{stem}Period") or {}
    return moment(each.get(f"{stem}DateTime") or stretch.get("start") or stretch.get("end"))


def _number(value: Any) -> str | None:
    return None if value is None else str(Decimal(str(value)).normalize())


def _patient(each: Json, _: dict[str, Json]) -> Iterator[Fact]:
    yield from (("patient id", number["value"]) for number in each.get("identifier", []))
    for name in each.get("name", []):
        yield "patient name", name.get("family", ""), " ".join(name.get("given", []))
    yield "birth date", each.get("birthDate")  # type: ignore[misc]
    yield "gender", each.get("gender")  # type: ignore[misc]


def _allergy(each: Json, _: dict[str, Json]) -> Iterator[Fact]:
    substances = [*codes(each.get("code"))]
    for reaction in each.get("reaction", []):
        substances += codes(reaction.get("substance"))
        for manifestation in reaction.get("manifestation", []):
            yield from (("reaction", code) for code in codes(manifestation))
        if reaction.get("severity"):
            yield "reaction severity", reaction["severity"]
    for code in substances:
        yield "allergen", code
    if substances:
        yield "allergy status", substances[0], *codes(each.get("clinicalStatus"))
        yield "allergy since", substances[0], _started(each, "onset")  # type: ignore[misc]


def _medicine(each: Json, by_address: dict[str, Json]) -> Iterator[Fact]:
    medication = by_address.get((each.get("medicationReference") or {}).get("reference", ""), {})
    named = codes(each.get("medicationCodeableConcept")) or codes(medication.get("code"))
    for code in named:
        yield "medicine", code
    for dosage in [*each.get("dosageInstruction", []), *_listed(each.get("dosage"))]:
        doses = [part.get("doseQuantity", {}) for part in dosage.get("doseAndRate", [])]
        for dose in (*doses, dosage.get("dose") or {}):
            if named and dose.get("value") is not None:
                yield "dose", named[0], _number(dose["value"]), dose.get("unit", "")  # type: ignore[misc]
        for code in codes(dosage.get("route")):
            yield "route", code


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _condition(each: Json, _: dict[str, Json]) -> Iterator[Fact]:
    for code in codes(each.get("code")):
        yield "problem", code
        yield "problem since", code, _started(each, "onset")  # type: ignore[misc]
        for status in codes(each.get("clinicalStatus")):
            yield "problem status", code, status


def _procedure(each: Json, _: dict[str, Json]) -> Iterator[Fact]:
    for code in codes(each.get("code")):
        yield "procedure", code
        yield "procedure status", code, each.get("status")  # type: ignore[misc]
        yield "procedure at", code, _started(each, "performed")  # type: ignore[misc]


def _observation(each: Json, _: dict[str, Json]) -> Iterator[Fact]:
    for code in codes(each.get("code")):
        yield "observation", code
        yield "observation at", code, _started(each, "effective")  # type: ignore[misc]
        yield "observation status", code, each.get("status")  # type: ignore[misc]
        amount = each.get("valueQuantity") or {}
        if amount.get("value") is not None:
            yield "value", code, _number(amount["value"]), amount.get("unit", "")  # type: ignore[misc]
        for value in codes(each.get("valueCodeableConcept")):
            yield "value", code, value
        if each.get("valueString"):
            yield "value", code, " ".join(each["valueString"].split())
        for meaning in each.get("interpretation", []):
            yield from (("interpretation", code, value) for value in codes(meaning))


def _immunization(each: Json, _: dict[str, Json]) -> Iterator[Fact]:
    for code in codes(each.get("vaccineCode")):
        yield "vaccine", code
        yield "vaccine at", code, moment(each.get("occurrenceDateTime"))  # type: ignore[misc]
        yield "vaccine status", code, each.get("status")  # type: ignore[misc]


def _report(each: Json, _: dict[str, Json]) -> Iterator[Fact]:
    for code in codes(each.get("code")):
        yield "report", code
        yield "report at", code, _started(each, "effective")  # type: ignore[misc]


def _encounter(each: Json, _: dict[str, Json]) -> Iterator[Fact]:
    yield from (("encounter id", number["value"]) for number in each.get("identifier", []))
    yield "encounter since", moment((each.get("period") or {}).get("start"))  # type: ignore[misc]


def _family(each: Json, _: dict[str, Json]) -> Iterator[Fact]:
    for code in codes(each.get("relationship")):
        yield "relative", code
    for condition in each.get("condition", []):
        yield from (("family problem", code) for code in codes(condition.get("code")))


def _document(each: Json, _: dict[str, Json]) -> Iterator[Fact]:
    yield from (("document", code) for code in codes(each.get("type")))


def _coverage(each: Json, _: dict[str, Json]) -> Iterator[Fact]:
    yield from (("insurance id", number["value"]) for number in each.get("identifier", []))


def _request(each: Json, _: dict[str, Json]) -> Iterator[Fact]:
    yield from (("planned", code) for code in codes(each.get("code")))


def _consent(each: Json, _: dict[str, Json]) -> Iterator[Fact]:
    for category in each.get("category", []):
        yield from (("directive", code) for code in codes(category))


_READERS = {
    "Patient": _patient,
    "AllergyIntolerance": _allergy,
    "MedicationStatement": _medicine,
    "MedicationRequest": _medicine,
    "MedicationAdministration": _medicine,
    "MedicationDispense": _medicine,
    "Condition": _condition,
    "Procedure": _procedure,
    "Observation": _observation,
    "Immunization": _immunization,
    "DiagnosticReport": _report,
    "Encounter": _encounter,
    "FamilyMemberHistory": _family,
    "DocumentReference": _document,
    "Coverage": _coverage,
    "ServiceRequest": _request,
    "Consent": _consent,
}
