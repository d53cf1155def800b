"""The chart: one resident's file at one institution, growing resource by resource."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from kangshu.domains.synthetic.county import Institution
from kangshu.domains.synthetic.definition import Practitioner, Registration, Resident
from kangshu.domains.synthetic.directory import staff_system
from kangshu.domains.synthetic.vocabulary import META, Json, Vocabulary
from kangshu.kernel.base.ids import derived_id

_LETTERS = {
    "Patient": "p",
    "Encounter": "enc",
    "Condition": "con",
    "Observation": "obs",
    "DiagnosticReport": "rep",
    "ImagingStudy": "img",
    "Procedure": "pro",
    "MedicationRequest": "rx",
    "Immunization": "imm",
    "AllergyIntolerance": "alg",
    "Flag": "flg",
    "CareTeam": "team",
    "EpisodeOfCare": "eoc",
    "RelatedPerson": "rel",
    "Coverage": "cov",
    "Composition": "com",
    "DocumentReference": "doc",
    "Binary": "bin",
}
"""What the running numbers of each type begin with, in the feeds that have running numbers."""


class Chart:
    """Gives out ids and references in the institution's manner and keeps the resources in order.

    `conditions` holds the references of chronic conditions already written down here, by code.
    """

    def __init__(
        self,
        words: Vocabulary,
        file: Registration,
        resident: Resident,
        staff: Sequence[Practitioner],
        until: date,
    ) -> None:
        self.words = words
        self.county = words.county
        self.file = file
        self.resident = resident
        self.institution: Institution = self.county.institutions[file.org]
        self.until = until
        self.resources: list[Json] = []
        self.conditions: dict[str, str] = {}
        self.organization: Json = {
            "reference": f"Organization/{file.org}",
            "display": self.institution.name,
        }
        self._staff = staff
        self._counts: dict[str, int] = {}
        self._uuids = self.institution.feed in {"transaction_uuid", "transaction_conditional"}
        self._root = derived_id("synthetic", file.org, file.local)[:24]
        self.patient: Json = {"reference": self.reserve("Patient")}

    def reserve(self, kind: str) -> str:
        """The reference of the next resource of a type, for use before it is written; see `put`."""
        number = self._counts.get(kind, 0) + 1
        self._counts[kind] = number
        if self._uuids:
            total = self._counts.get("", 0) + 1
            self._counts[""] = total
            return f"urn:uuid:{self._root}{total:012x}"
        suffix = "" if kind == "Patient" else f"-{number}"
        return f"{kind}/{self.institution.short}-{_LETTERS[kind]}{self.file.local}{suffix}"

    def put(self, reference: str, kind: str, body: Json) -> None:
        """Write a resource under a reserved reference."""
        id = reference[9:] if reference.startswith("urn:uuid:") else reference[len(kind) + 1 :]
        self.resources.append({"resourceType": kind, "id": id, "meta": META, **body})

    def add(self, kind: str, body: Json) -> str:
        """Write a resource; returns the reference others use for it."""
        reference = self.reserve(kind)
        self.put(reference, kind, body)
        return reference

    def count(self, kind: str) -> int:
        """How many resources of a type have been reserved so far."""
        return self._counts.get(kind, 0)

    def doctor(self, department: str, turn: int) -> Json:
        """A reference to one of the department's doctors; conditional where the feed writes it so."""
        able = [each for each in self._staff if each.department == department] or self._staff
        chosen = able[turn % len(able)]
        if self.institution.feed == "transaction_conditional":
            target = f"Practitioner?identifier={staff_system(chosen.org)}|{chosen.id}"
        else:
            target = f"Practitioner/{chosen.id}"
        return {"reference": target, "display": chosen.name}

    def about(self, encounter: str) -> Json:
        """The elements that say whom a resource is about and in which encounter it arose."""
        return {"subject": self.patient, "encounter": {"reference": encounter}}
