"""Institutions and their staff as FHIR resources, and the naming systems of their numbers."""

from __future__ import annotations

from kangshu.domains.synthetic.county import County, Institution
from kangshu.domains.synthetic.definition import Practitioner
from kangshu.domains.synthetic.vocabulary import HL7, META, Json

_LEVELS = {"city": "市级医院", "county": "县级医院", "township": "乡镇卫生院", "village": "村卫生站"}


def patient_system(org: str) -> str:
    """The naming system of an institution's own patient numbers."""
    return f"urn:kangshu:org:{org}:patient"


def staff_system(org: str) -> str:
    """The naming system of an institution's staff numbers."""
    return f"urn:kangshu:org:{org}:staff"


def organization_resource(county: County, institution: Institution) -> Json:
    """The institution, with its level and where it stands."""
    name = _LEVELS[institution.level]
    kind = {"system": f"{HL7}/organization-type", "code": "prov"}
    level = {"system": county.systems["service"], "code": institution.level, "display": name}
    place: Json = {"country": "CN", "state": county.province, "city": county.city}
    if institution.town:
        place |= {"district": county.name, "line": [county.towns[institution.town].name]}
    return {
        "resourceType": "Organization",
        "id": institution.code,
        "meta": META,
        "identifier": [{"system": county.systems["institution"], "value": institution.code}],
        "active": True,
        "type": [{"coding": [kind, level], "text": name}],
        "name": institution.name,
        "address": [place],
    }


def practitioner_resources(doctor: Practitioner) -> list[Json]:
    """A doctor, and the doctor's post at the institution."""
    name = {"use": "official", "text": doctor.name, "family": doctor.name[0], "given": [doctor.name[1:]]}
    person: Json = {
        "resourceType": "Practitioner",
        "id": doctor.id,
        "meta": META,
        "identifier": [{"system": staff_system(doctor.org), "value": doctor.id}],
        "active": True,
        "name": [name],
        "telecom": [{"system": "phone", "value": doctor.phone, "use": "work"}],
        "gender": doctor.sex,
    }
    role: Json = {
        "resourceType": "PractitionerRole",
        "id": f"{doctor.id}-R",
        "meta": META,
        "active": True,
        "practitioner": {"reference": f"Practitioner/{doctor.id}", "display": doctor.name},
        "organization": {"reference": f"Organization/{doctor.org}"},
        "code": [{"coding": [{"system": f"{HL7}/practitioner-role", "code": "doctor"}], "text": "医师"}],
        "specialty": [{"text": doctor.department}],
    }
    return [person, role]
