"""One resident's file at one institution as FHIR R4 resources, the way that institution would write them."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from kangshu.domains.synthetic.chance import age_on
from kangshu.domains.synthetic.county import County, FlagRule, Institution, Medicine, Test
from kangshu.domains.synthetic.definition import (
    Allergy,
    Course,
    Dose,
    Household,
    Practitioner,
    Prescription,
    Reading,
    Registration,
    Resident,
    StudyResult,
    Visit,
)
from kangshu.domains.synthetic.documents import discharge_sections, discharge_text
from kangshu.kernel.base.ids import derived_id

Json = dict[str, Any]

HL7 = "http://terminology.hl7.org/CodeSystem"
BLOOD_PRESSURE = "85354-9"

META: Json = {
    "tag": [
        {"system": f"{HL7}/v3-ActReason", "code": "HTEST", "display": "test health data"},
        {"system": "urn:kangshu:code:origin", "code": "synthetic", "display": "合成数据"},
    ]
}
"""Marks every resource as invented."""

_ENCOUNTERS: Mapping[str, tuple[str, str, str, str]] = {
    "clinic": ("AMB", "门诊", "outpatient", "普通门诊"),
    "follow_up": ("AMB", "门诊", "follow-up", "慢性病随访"),
    "check": ("AMB", "门诊", "health-check", "健康体检"),
    "child": ("AMB", "门诊", "child-health", "儿童保健"),
    "vaccination": ("AMB", "门诊", "vaccination", "预防接种"),
    "prenatal": ("AMB", "门诊", "maternal-health", "孕产期保健"),
    "admission": ("IMP", "住院", "inpatient", "住院"),
    "birth": ("IMP", "住院", "delivery", "分娩住院"),
}
"""By kind of visit: class code and display, type code and display."""

_NO_CONDITION = frozenset({"Z00.001", "Z00.100", "Z34.900", "Z39.000x001", "Z38.000x001"})
"""Reasons for a visit that are no illness and stay reasons."""

_CATEGORIES = {"vital": ("vital-signs", "生命体征"), "laboratory": ("laboratory", "检验")}
_EXAM = ("exam", "检查")
_KINSHIP = {"mother": "MTH", "father": "FTH"}


class Chart:
    """Collects the resources of one file. `feed` decides how ids look and how references are written."""

    def __init__(
        self,
        county: County,
        file: Registration,
        resident: Resident,
        staff: Sequence[Practitioner],
        until: date,
    ) -> None:
        self.county = county
        self.file = file
        self.resident = resident
        self.institution: Institution = county.institutions[file.org]
        self.until = until
        self.resources: list[Json] = []
        self._staff = staff
        self._count: dict[str, int] = {}
        self._conditions: dict[str, str] = {}
        self._uuids = self.institution.feed in ("transaction_uuid", "transaction_conditional")
        self.patient = self._reference("Patient", self._id("Patient"))
        self.organization: Json = {"reference": f"Organization/{file.org}", "display": self.institution.name}

    # ids and references

    def _id(self, kind: str) -> str:
        """The next id of a type: a UUID, or the institution's running number, after its feed."""
        number = self._count.get(kind, 0)
        self._count[kind] = number + 1
        if self._uuids:
            return derived_id("synthetic", self.file.org, self.file.local, kind, str(number))
        suffix = "" if kind == "Patient" else f"-{number + 1}"
        return f"{self.institution.short}-{_LETTERS[kind]}{self.file.local}{suffix}"

    def _reference(self, kind: str, id: str) -> str:
        return f"urn:uuid:{id}" if self._uuids else f"{kind}/{id}"

    def _doctor(self, department: str, turn: int) -> Json:
        """A reference to one of the department's doctors; conditional where the feed writes it so."""
        able = [each for each in self._staff if each.department == department] or self._staff
        doctor = able[turn % len(able)]
        if self.institution.feed == "transaction_conditional":
            target = f"Practitioner?identifier={staff_system(doctor.org)}|{doctor.id}"
        else:
            target = f"Practitioner/{doctor.id}"
        return {"reference": target, "display": doctor.name}

    def add(self, kind: str, body: Json) -> str:
        """Append a resource; returns the reference others use for it."""
        id = self._id(kind)
        self.resources.append({"resourceType": kind, "id": id, "meta": META, **body})
        return self._reference(kind, id)

    def _concept(self, system: str, code: str, name: str) -> Json:
        return {
            "coding": [{"system": self.county.systems[system], "code": code, "display": name}],
            "text": name,
        }

    def _about(self, encounter: str | None) -> Json:
        about: Json = {"subject": {"reference": self.patient}}
        if encounter is not None:
            about["encounter"] = {"reference": encounter}
        return about

    # the person

    def add_patient(self, kin: Resident | None, *, dead: bool) -> None:
        """The Patient, first of all; `kin` is whom to call; `dead` whether this institution knows of a death."""
        resident, village = (
            self.resident,
            next(each for each in self.county.villages if each.code == self.resident.village),
        )
        body: Json = {
            "identifier": self._identifiers(),
            "active": True,
            "name": [_name(self.file.name, resident, self.file.quirk == "newborn")],
            "telecom": [{"system": "phone", "value": resident.phone, "use": "mobile"}],
            "gender": resident.sex,
            "birthDate": resident.birth.isoformat(),
            "address": [address(self.county, village.town, village.name, resident.house)],
            "managingOrganization": self.organization,
        }
        if dead and resident.death is not None:
            body["deceasedDateTime"] = resident.death.isoformat()
        if kin is not None:
            body["contact"] = [_contact(kin)]
        if resident.spouse is not None:
            body["maritalStatus"] = {
                "coding": [{"system": f"{HL7}/v3-MaritalStatus", "code": "M", "display": "已婚"}],
                "text": "已婚",
            }
        id = self.patient.removeprefix("urn:uuid:").removeprefix("Patient/")
        self.resources.append({"resourceType": "Patient", "id": id, "meta": META, **body})

    def _identifiers(self) -> list[Json]:
        systems, file = self.county.systems, self.file
        local: Json = {
            "use": "usual",
            "type": {"coding": [{"system": f"{HL7}/v2-0203", "code": "MR"}], "text": "院内病历号"},
            "system": patient_system(file.org),
            "value": file.local,
        }
        found = [local]
        if file.id_number is not None:
            kind: Json = {"coding": [{"system": f"{HL7}/v2-0203", "code": "NI"}], "text": "居民身份证号码"}
            found.append(
                {"use": "official", "type": kind, "system": systems["identity_card"], "value": file.id_number}
            )
        if file.health_card is not None:
            found.append(
                {
                    "use": "official",
                    "type": {"coding": [{"system": f"{HL7}/v2-0203", "code": "HC"}], "text": "电子健康卡号"},
                    "system": systems["health_card"],
                    "value": file.health_card,
                }
            )
        return found

    def add_kin(self, kinship: str, person: Resident) -> None:
        """A parent of a child, as RelatedPerson."""
        name = "母亲" if kinship == "mother" else "父亲"
        coding = [{"system": f"{HL7}/v3-RoleCode", "code": _KINSHIP[kinship], "display": name}]
        body: Json = {
            "active": True,
            "patient": {"reference": self.patient},
            "relationship": [{"coding": coding, "text": name}],
            "name": [_name(person.name, person, nameless=False)],
            "telecom": [{"system": "phone", "value": person.phone, "use": "mobile"}],
            "gender": person.sex,
        }
        self.add("RelatedPerson", body)

    def add_coverage(self, start: date) -> None:
        """Basic medical insurance for residents."""
        body: Json = {
            "status": "active",
            "type": self._concept("service", "resident-insurance", "城乡居民基本医疗保险"),
            "beneficiary": {"reference": self.patient},
            "period": {"start": f"{start.year}-01-01"},
            "payor": [{"display": f"{self.county.name}医疗保障局"}],
        }
        self.add("Coverage", body)

    def add_contract(self, signed: date) -> None:
        """The family-doctor contract: a team, and the care it promises."""
        doctor, nurse = (
            self._doctor("全科", self.resident.household),
            self._doctor("公共卫生科", self.resident.household),
        )
        period = {"start": signed.isoformat()}
        team: Json = {
            "status": "active",
            "category": [self._concept("service", "family-doctor-team", "家庭医生团队")],
            "name": f"{self.institution.name}家庭医生团队",
            "subject": {"reference": self.patient},
            "period": period,
            "participant": [
                {"role": [{"text": "家庭医生"}], "member": doctor},
                {"role": [{"text": "公共卫生人员"}], "member": nurse},
            ],
            "managingOrganization": [self.organization],
        }
        reference = self.add("CareTeam", team)
        episode: Json = {
            "status": "active",
            "type": [self._concept("service", "family-doctor-contract", "家庭医生签约服务")],
            "patient": {"reference": self.patient},
            "managingOrganization": self.organization,
            "period": period,
            "team": [{"reference": reference}],
        }
        self.add("EpisodeOfCare", episode)

    def add_pregnancy(self, start: date, due: date, end: date | None) -> None:
        """Maternal care as an episode, and its due date."""
        period: Json = {"start": start.isoformat()} | ({} if end is None else {"end": end.isoformat()})
        episode: Json = {
            "status": "active" if end is None else "finished",
            "type": [self._concept("service", "maternal-care", "孕产妇健康管理")],
            "patient": {"reference": self.patient},
            "managingOrganization": self.organization,
            "period": period,
        }
        self.add("EpisodeOfCare", episode)
        expected: Json = {
            "status": "final",
            "category": [_category(_EXAM)],
            "code": self._concept("loinc", "11778-8", "预产期"),
            **self._about(None),
            "effectiveDateTime": (start + timedelta(days=63)).isoformat(),
            "valueDateTime": due.isoformat(),
        }
        self.add("Observation", expected)

    def add_allergy(self, allergy: Allergy) -> None:
        known = next(each for each in self.county.allergens if each.code == allergy.allergen)
        system = "atc" if known.category == "medication" else "service"
        body: Json = {
            "clinicalStatus": _status("allergyintolerance-clinical", "active", "活动"),
            "verificationStatus": _status("allergyintolerance-verification", "confirmed", "确诊"),
            "type": "allergy",
            "category": [known.category],
            "criticality": known.criticality,
            "code": self._concept(system, known.code, known.name),
            "patient": {"reference": self.patient},
            "recordedDate": allergy.since.isoformat(),
            "reaction": [{"manifestation": [{"text": known.reaction}]}],
        }
        self.add("AllergyIntolerance", body)

    def add_flag(self, rule: FlagRule, start: date, end: date | None) -> None:
        over = end is not None and end < self.until
        period: Json = {"start": start.isoformat()} | ({"end": end.isoformat()} if over and end else {})
        coding = [{"system": f"{HL7}/flag-category", "code": rule.category}]
        body: Json = {
            "status": "inactive" if over else "active",
            "category": [{"coding": coding}],
            "code": self._concept("flag", rule.code, rule.name),
            "subject": {"reference": self.patient},
            "period": period,
            "author": self.organization,
        }
        self.add("Flag", body)

    # visits

    def add_visit(self, visit: Visit, courses: Mapping[str, Course], turn: int) -> None:
        """The Encounter and everything that was found and done in it."""
        doctor = self._doctor(visit.department, turn)
        encounter = self._reference("Encounter", self._id("Encounter"))
        diagnoses = self._diagnoses(visit, courses, encounter)
        self._encounter(visit, encounter, doctor, diagnoses)
        results = self._observations(visit, encounter)
        reports = [self._study(visit, each, encounter, doctor) for each in visit.studies]
        self._panels(visit, results, encounter)
        for code in visit.procedures:
            self._procedure(visit, code, encounter, doctor)
        for each in visit.prescriptions:
            self._prescription(visit, each, encounter, doctor)
        for dose in visit.doses:
            self._immunization(visit, dose, encounter, doctor)
        if visit.kind == "admission":
            self._discharge(visit, encounter, doctor, [*diagnoses, *reports])

    def _encounter(self, visit: Visit, reference: str, doctor: Json, diagnoses: Sequence[str]) -> None:
        klass, klass_name, kind, kind_name = _ENCOUNTERS[visit.kind]
        id = reference.removeprefix("urn:uuid:").removeprefix("Encounter/")
        body: Json = {
            "resourceType": "Encounter",
            "id": id,
            "meta": META,
            "identifier": [
                {"system": f"urn:kangshu:org:{self.file.org}:encounter", "value": self._visit_number(visit)}
            ],
            "status": "finished",
            "class": {"system": f"{HL7}/v3-ActCode", "code": klass, "display": klass_name},
            "type": [self._concept("service", kind, kind_name)],
            "subject": {"reference": self.patient},
            "participant": [{"individual": doctor}],
            "period": {"start": _moment(visit.start), "end": _moment(visit.end)},
            "serviceProvider": self.organization,
        }
        if visit.department:
            body["serviceType"] = {"text": visit.department}
        if visit.conditions:
            first = self.county.conditions[visit.conditions[0]]
            body["reasonCode"] = [self._concept("diagnosis", first.code, first.name)]
        if diagnoses:
            body["diagnosis"] = [
                {"condition": {"reference": each}, "rank": rank} for rank, each in enumerate(diagnoses, 1)
            ]
        if klass == "IMP":
            home = {
                "coding": [{"system": f"{HL7}/discharge-disposition", "code": "home"}],
                "text": "医嘱离院",
            }
            body["hospitalization"] = {"dischargeDisposition": home}
        self.resources.append(body)

    def _visit_number(self, visit: Visit) -> str:
        return f"{visit.start:%Y%m%d%H%M}{self.file.local}"

    def _diagnoses(self, visit: Visit, courses: Mapping[str, Course], encounter: str) -> list[str]:
        found: list[str] = []
        for code in visit.conditions:
            if code in _NO_CONDITION:
                continue
            known = self._conditions.get(code)
            if known is None:
                known = self._condition(visit, code, courses.get(code), encounter)
            found.append(known)
        return found

    def _condition(self, visit: Visit, code: str, course: Course | None, encounter: str) -> str:
        """A chronic condition once per file, others once per visit."""
        condition = self.county.conditions[code]
        end = course.end if course else (visit.end + timedelta(days=7)).date()
        over = end is not None and end <= self.until
        status = ("resolved", "已愈") if over else ("active", "活动")
        kind = ("problem-list-item", "健康问题") if course else ("encounter-diagnosis", "就诊诊断")
        body: Json = {
            "clinicalStatus": _status("condition-clinical", *status),
            "verificationStatus": _status("condition-ver-status", "confirmed", "确诊"),
            "category": [
                {"coding": [{"system": f"{HL7}/condition-category", "code": kind[0], "display": kind[1]}]}
            ],
            "code": self._concept("diagnosis", condition.code, condition.name),
            **self._about(encounter),
            "onsetDateTime": (course.onset if course else visit.start.date()).isoformat(),
            "recordedDate": _moment(visit.start),
        }
        if over and end is not None:
            body["abatementDateTime"] = end.isoformat()
        reference = self.add("Condition", body)
        if course:
            self._conditions[code] = reference
        return reference

    # measurements

    def _observations(self, visit: Visit, encounter: str) -> dict[tuple[str, datetime], str]:
        """Observations of a visit, blood pressure as one; returns their references by test and time."""
        found: dict[tuple[str, datetime], str] = {}
        pressure: dict[datetime, list[Reading]] = {}
        for reading in visit.readings:
            test = self.county.tests[reading.test]
            if test.panel == BLOOD_PRESSURE:
                pressure.setdefault(reading.at, []).append(reading)
                continue
            body = self._measurement(test, reading.at, encounter) | self._value(test, reading.value)
            found[reading.test, reading.at] = self.add("Observation", body)
        for at, readings in pressure.items():
            self._pressure(at, readings, encounter)
        return found

    def _measurement(self, test: Test, at: datetime, encounter: str) -> Json:
        return {
            "status": "final",
            "category": [_category(_CATEGORIES.get(test.kind, _EXAM))],
            "code": self._concept("loinc", test.code, test.name),
            **self._about(encounter),
            "effectiveDateTime": _moment(at),
            "performer": [self.organization],
        }

    def _pressure(self, at: datetime, readings: Sequence[Reading], encounter: str) -> None:
        first = self.county.tests[readings[0].test]
        body = self._measurement(first, at, encounter)
        body["code"] = self._concept("loinc", BLOOD_PRESSURE, self.county.panels[BLOOD_PRESSURE].name)
        body["component"] = [
            {"code": self._concept("loinc", each.test, self.county.tests[each.test].name)}
            | self._value(self.county.tests[each.test], each.value)
            for each in readings
        ]
        self.add("Observation", body)

    def _value(self, test: Test, value: float) -> Json:
        """Quantity, reference range of the sex, and which side of it the value lies on."""
        low, high = test.range(self.resident.sex)
        adult = test.kind != "vital" or age_on(self.resident.birth, self.until) >= 18
        found: Json = {"valueQuantity": self._quantity(test, value)}
        if adult and (low is not None or high is not None):
            limits: Json = {} if low is None else {"low": self._quantity(test, low)}
            if high is not None:
                limits["high"] = self._quantity(test, high)
            found["interpretation"] = [_interpretation(value, low, high)]
            found["referenceRange"] = [limits]
        return found

    def _quantity(self, test: Test, value: float) -> Json:
        number = int(value) if test.decimals == 0 else value
        return {
            "value": number,
            "unit": test.display_unit,
            "system": self.county.systems["ucum"],
            "code": test.unit,
        }

    def _panels(self, visit: Visit, results: Mapping[tuple[str, datetime], str], encounter: str) -> None:
        """A laboratory report for each panel with at least two results taken together."""
        groups: dict[tuple[str, datetime], list[str]] = {}
        for (code, at), reference in results.items():
            panel = self.county.tests[code].panel
            if panel:
                groups.setdefault((panel, at), []).append(reference)
        for (code, at), references in groups.items():
            if len(references) < 2:
                continue
            panel = self.county.panels[code]
            body: Json = {
                "status": "final",
                "category": [{"coding": [{"system": f"{HL7}/v2-0074", "code": "LAB", "display": "检验"}]}],
                "code": self._concept("loinc", panel.code, panel.name),
                **self._about(encounter),
                "effectiveDateTime": _moment(at),
                "issued": _moment(at + timedelta(hours=3)),
                "performer": [self.organization],
                "result": [{"reference": each} for each in references],
            }
            self.add("DiagnosticReport", body)

    def _study(self, visit: Visit, result: StudyResult, encounter: str, doctor: Json) -> str:
        """The report of an image or trace; computed and magnetic tomography also as ImagingStudy."""
        study = self.county.studies[result.study]
        text = study.abnormal if result.abnormal else study.normal
        kind = ("EC", "心电") if study.modality == "ECG" else ("RAD", "影像")
        body: Json = {
            "status": "final",
            "category": [{"coding": [{"system": f"{HL7}/v2-0074", "code": kind[0], "display": kind[1]}]}],
            "code": self._concept("loinc", study.code, study.name),
            **self._about(encounter),
            "effectiveDateTime": _moment(result.at),
            "issued": _moment(result.at + timedelta(hours=2)),
            "performer": [self.organization],
            "resultsInterpreter": [doctor],
            "conclusion": text,
        }
        if study.modality in ("CT", "MR"):
            body["imagingStudy"] = [
                {"reference": self._imaging(study.modality, study.name, study.body, result, encounter)}
            ]
        if self.institution.level in ("county", "city"):
            body["presentedForm"] = [_attachment(f"{study.name}\n{text}\n", f"{study.name}报告", result.at)]
        return self.add("DiagnosticReport", body)

    def _imaging(self, modality: str, name: str, part: str, result: StudyResult, encounter: str) -> str:
        root = UUID(derived_id("image", self.file.org, self.file.local, _moment(result.at))).int
        kind = {"system": "http://dicom.nema.org/resources/ontology/DCM", "code": modality}
        body: Json = {
            "identifier": [{"system": "urn:dicom:uid", "value": f"urn:oid:2.25.{root}"}],
            "status": "available",
            "modality": [kind],
            **self._about(encounter),
            "started": _moment(result.at),
            "numberOfSeries": 1,
            "numberOfInstances": 64,
            "description": name,
            "series": [
                {
                    "uid": f"2.25.{root + 1}",
                    "modality": kind,
                    "numberOfInstances": 64,
                    "bodySite": {"display": part},
                }
            ],
        }
        return self.add("ImagingStudy", body)

    # treatment

    def _procedure(self, visit: Visit, code: str, encounter: str, doctor: Json) -> None:
        body: Json = {
            "status": "completed",
            "code": self._concept("procedure", code, self.county.procedures[code].name),
            **self._about(encounter),
            "performedDateTime": _moment(min(visit.start + timedelta(hours=26), visit.end)),
            "performer": [{"actor": doctor}],
        }
        self.add("Procedure", body)

    def _prescription(self, visit: Visit, each: Prescription, encounter: str, doctor: Json) -> None:
        medicine, condition = self.county.medicines[each.medicine], self.county.conditions[each.condition]
        when = visit.end if visit.kind == "admission" else visit.start
        running = condition.kind == "chronic" and when.date() + timedelta(days=each.days + 60) >= self.until
        body: Json = {
            "status": "active" if running and self.resident.death is None else "completed",
            "intent": "order",
            "medicationCodeableConcept": self._medicine(medicine),
            **self._about(encounter),
            "authoredOn": _moment(when),
            "requester": doctor,
            "reasonCode": [self._concept("diagnosis", condition.code, condition.name)],
            "dosageInstruction": [self._dosage(medicine)],
            "dispenseRequest": {
                "expectedSupplyDuration": {
                    "value": each.days,
                    "unit": "天",
                    "system": self.county.systems["ucum"],
                    "code": "d",
                }
            },
        }
        self.add("MedicationRequest", body)

    def _medicine(self, medicine: Medicine) -> Json:
        systems = self.county.systems
        coding = [{"system": systems["medicine"], "code": medicine.code, "display": medicine.name}]
        if medicine.atc:
            coding.append({"system": systems["atc"], "code": medicine.atc})
        return {"coding": coding, "text": f"{medicine.name} {medicine.spec}"}

    def _dosage(self, medicine: Medicine) -> Json:
        return {
            "text": medicine.directions,
            "timing": {"repeat": {"frequency": medicine.times, "period": 1, "periodUnit": "d"}},
            "route": {"text": medicine.route},
            "doseAndRate": [{"doseQuantity": {"value": medicine.amount, "unit": medicine.unit}}],
        }

    def _immunization(self, visit: Visit, dose: Dose, encounter: str, doctor: Json) -> None:
        vaccine, systems = self.county.vaccines[dose.vaccine], self.county.systems
        coding = [{"system": systems["vaccine"], "code": vaccine.code, "display": vaccine.name}]
        if vaccine.cvx:
            coding.append({"system": systems["cvx"], "code": vaccine.cvx})
        body: Json = {
            "status": "completed",
            "vaccineCode": {"coding": coding, "text": vaccine.name},
            "patient": {"reference": self.patient},
            "encounter": {"reference": encounter},
            "occurrenceDateTime": _moment(visit.start + timedelta(minutes=15)),
            "primarySource": True,
            "lotNumber": dose.lot,
            "performer": [{"actor": doctor}],
            "protocolApplied": [
                {"doseNumberPositiveInt": vaccine.dose, "seriesDosesPositiveInt": vaccine.doses}
            ],
        }
        self.add("Immunization", body)

    # documents

    def _discharge(self, visit: Visit, encounter: str, doctor: Json, evidence: Sequence[str]) -> None:
        """The discharge summary three times over: structured, indexed, and as the text itself."""
        sections = discharge_sections(self.county, self.resident, visit)
        text = discharge_text(self.institution.name, self.resident, visit, sections)
        kind = self._concept("loinc", "18842-5", "出院记录")
        when = _moment(visit.end)
        composition: Json = {
            "status": "final",
            "type": kind,
            **self._about(encounter),
            "date": when,
            "author": [doctor],
            "title": f"出院记录（{visit.department}）",
            "custodian": self.organization,
            "section": [
                {
                    "title": each.title,
                    "code": self._concept("loinc", each.code, each.title),
                    "text": {"status": "generated", "div": each.narrative},
                }
                for each in sections
            ],
        }
        composition["section"][3]["entry"] = [{"reference": each} for each in evidence]
        self.add("Composition", composition)
        body: Json = {
            "status": "current",
            "docStatus": "final",
            "type": kind,
            "category": [self._concept("service", "inpatient", "住院")],
            "subject": {"reference": self.patient},
            "date": when,
            "author": [doctor],
            "custodian": self.organization,
            "description": f"{self.institution.name}出院记录",
            "content": [{"attachment": self._paper(text, visit)}],
            "context": {
                "encounter": [{"reference": encounter}],
                "period": {"start": _moment(visit.start), "end": when},
            },
        }
        self.add("DocumentReference", body)

    def _paper(self, text: str, visit: Visit) -> Json:
        """The text inside the attachment, or beside it as a Binary where the institution works so."""
        if self.institution.feed == "transaction_put":
            return _attachment(text, "出院记录", visit.end)
        body: Json = {"contentType": "text/plain; charset=UTF-8", "data": b64encode(text.encode()).decode()}
        url = self.add("Binary", body)
        return {
            "contentType": "text/plain; charset=UTF-8",
            "language": "zh-CN",
            "url": url,
            "title": "出院记录",
            "creation": _moment(visit.end),
        }


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


def patient_system(org: str) -> str:
    """The naming system of an institution's own patient numbers."""
    return f"urn:kangshu:org:{org}:patient"


def staff_system(org: str) -> str:
    """The naming system of an institution's staff numbers."""
    return f"urn:kangshu:org:{org}:staff"


def address(county: County, town: str, village: str, house: int) -> Json:
    """Where a resident lives, from the province down to the door."""
    street = f"{county.towns[town].name}{village}{house}号"
    return {
        "use": "home",
        "text": f"{county.province}{county.city}{county.name}{street}",
        "line": [street],
        "city": county.city,
        "district": county.name,
        "state": county.province,
        "country": "CN",
    }


def organization_resource(county: County, institution: Institution) -> Json:
    names = {"city": "市级医院", "county": "县级医院", "township": "乡镇卫生院", "village": "村卫生站"}
    level = {
        "system": county.systems["service"],
        "code": institution.level,
        "display": names[institution.level],
    }
    body: Json = {
        "resourceType": "Organization",
        "id": institution.code,
        "meta": META,
        "identifier": [{"system": county.systems["institution"], "value": institution.code}],
        "active": True,
        "type": [
            {
                "coding": [{"system": f"{HL7}/organization-type", "code": "prov"}, level],
                "text": names[institution.level],
            }
        ],
        "name": institution.name,
        "address": [{"country": "CN", "state": county.province, "city": county.city}],
    }
    if institution.town:
        body["address"][0] |= {"district": county.name, "line": [county.towns[institution.town].name]}
    return body


def practitioner_resources(county: County, doctor: Practitioner) -> list[Json]:
    """A doctor, and the doctor's post at the institution."""
    person: Json = {
        "resourceType": "Practitioner",
        "id": doctor.id,
        "meta": META,
        "identifier": [{"system": staff_system(doctor.org), "value": doctor.id}],
        "active": True,
        "name": [
            {"use": "official", "text": doctor.name, "family": doctor.name[0], "given": [doctor.name[1:]]}
        ],
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


def _name(shown: str, person: Resident, nameless: bool) -> Json:
    if nameless:
        return {"use": "temp", "text": shown}
    return {"use": "official", "text": shown, "family": person.family, "given": [person.given]}


def _contact(kin: Resident) -> Json:
    return {
        "relationship": [
            {"coding": [{"system": f"{HL7}/v2-0131", "code": "N", "display": "亲属"}], "text": "亲属"}
        ],
        "name": _name(kin.name, kin, nameless=False),
        "telecom": [{"system": "phone", "value": kin.phone, "use": "mobile"}],
        "gender": kin.sex,
    }


def _status(system: str, code: str, name: str) -> Json:
    return {"coding": [{"system": f"{HL7}/{system}", "code": code, "display": name}], "text": name}


def _category(kind: tuple[str, str]) -> Json:
    return {
        "coding": [{"system": f"{HL7}/observation-category", "code": kind[0], "display": kind[1]}],
        "text": kind[1],
    }


def _interpretation(value: float, low: float | None, high: float | None) -> Json:
    code, name = ("N", "正常")
    if low is not None and value < low:
        code, name = "L", "偏低"
    if high is not None and value > high:
        code, name = "H", "偏高"
    return {
        "coding": [{"system": f"{HL7}/v3-ObservationInterpretation", "code": code, "display": name}],
        "text": name,
    }


def _attachment(text: str, title: str, at: datetime) -> Json:
    return {
        "contentType": "text/plain; charset=UTF-8",
        "language": "zh-CN",
        "data": b64encode(text.encode()).decode(),
        "title": title,
        "creation": _moment(at),
    }


def _moment(at: datetime) -> str:
    return f"{at.isoformat(timespec='seconds')}+08:00"
