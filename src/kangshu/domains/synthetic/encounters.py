"""Visits as FHIR: the Encounter, its diagnoses, what was prescribed, done and given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from kangshu.domains.synthetic.care_tables import Medicine
from kangshu.domains.synthetic.chart import Chart
from kangshu.domains.synthetic.definition import Course, Dose, Prescription, Visit
from kangshu.domains.synthetic.discharge import add_discharge
from kangshu.domains.synthetic.results import add_observations, add_panels, add_study
from kangshu.domains.synthetic.vocabulary import HL7, Json, moment

_KINDS: Mapping[str, tuple[str, str, str, str]] = {
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

NO_ILLNESS = frozenset({"Z00.001", "Z00.100", "Z34.900", "Z39.000x001", "Z38.000x001"})
"""Reasons for a visit that stay reasons and become no Condition."""


def add_visit(chart: Chart, visit: Visit, courses: Mapping[str, Course], turn: int) -> None:
    """The Encounter and everything found and done in it; `turn` says which doctor's turn it is."""
    doctor = chart.doctor(visit.department, turn)
    encounter = chart.reserve("Encounter")
    codes = [code for code in visit.conditions if code not in NO_ILLNESS]
    diagnoses = [_diagnosis(chart, visit, code, courses.get(code), encounter) for code in codes]
    _add_encounter(chart, visit, encounter, doctor, diagnoses)
    results = add_observations(chart, visit, encounter)
    add_panels(chart, results, encounter)
    reports = [add_study(chart, each, encounter, doctor) for each in visit.studies]
    for code in visit.procedures:
        _add_procedure(chart, visit, code, encounter, doctor)
    for each in visit.prescriptions:
        _add_prescription(chart, visit, each, encounter, doctor)
    for dose in visit.doses:
        _add_immunization(chart, visit, dose, encounter, doctor)
    if visit.kind == "admission":
        add_discharge(chart, visit, encounter, doctor, [*diagnoses, *reports])


def _add_encounter(
    chart: Chart, visit: Visit, reference: str, doctor: Json, diagnoses: Sequence[str]
) -> None:
    group, group_name, kind, kind_name = _KINDS[visit.kind]
    number = f"{chart.file.local}{chart.count('Encounter'):04d}"
    body: Json = {
        "identifier": [{"system": f"urn:kangshu:org:{chart.file.org}:encounter", "value": number}],
        "status": "finished",
        "class": {"system": f"{HL7}/v3-ActCode", "code": group, "display": group_name},
        "type": [chart.words.own("service", kind, kind_name)],
        "subject": chart.patient,
        "participant": [{"individual": doctor}],
        "period": {"start": moment(visit.start), "end": moment(visit.end)},
        "serviceProvider": chart.organization,
    }
    if visit.department:
        body["serviceType"] = {"text": visit.department}
    if visit.conditions:
        body["reasonCode"] = [chart.words.condition(visit.conditions[0])]
    if diagnoses:
        body["diagnosis"] = [
            {"condition": {"reference": each}, "rank": rank} for rank, each in enumerate(diagnoses, 1)
        ]
    if group == "IMP":
        home = chart.words.hl7("discharge-disposition", "home", "医嘱离院")
        body["hospitalization"] = {"dischargeDisposition": home}
    chart.put(reference, "Encounter", body)


def _diagnosis(chart: Chart, visit: Visit, code: str, course: Course | None, encounter: str) -> str:
    """The reference of a Condition: a chronic one is written once per file, others once per visit."""
    known = chart.conditions.get(code)
    if known is None:
        known = _add_condition(chart, visit, code, course, encounter)
        if course is not None:
            chart.conditions[code] = known
    return known


def _add_condition(chart: Chart, visit: Visit, code: str, course: Course | None, encounter: str) -> str:
    words = chart.words
    end = course.end if course else (visit.end + timedelta(days=7)).date()
    over = end is not None and end <= chart.until
    status = ("resolved", "已愈") if over else ("active", "活动")
    kind = ("problem-list-item", "健康问题") if course else ("encounter-diagnosis", "就诊诊断")
    body: Json = {
        "clinicalStatus": words.hl7("condition-clinical", *status),
        "verificationStatus": words.hl7("condition-ver-status", "confirmed", "确诊"),
        "category": [words.hl7("condition-category", *kind)],
        "code": words.condition(code),
        **chart.about(encounter),
        "onsetDateTime": (course.onset if course else visit.start.date()).isoformat(),
        "recordedDate": moment(visit.start),
    }
    if over and end is not None:
        body["abatementDateTime"] = end.isoformat()
    return chart.add("Condition", body)


def _add_procedure(chart: Chart, visit: Visit, code: str, encounter: str, doctor: Json) -> None:
    body: Json = {
        "status": "completed",
        "code": chart.words.own("procedure", code, chart.county.procedures[code].name),
        **chart.about(encounter),
        "performedDateTime": moment(min(visit.start + timedelta(hours=26), visit.end)),
        "performer": [{"actor": doctor}],
    }
    chart.add("Procedure", body)


def _add_prescription(chart: Chart, visit: Visit, each: Prescription, encounter: str, doctor: Json) -> None:
    """Prescriptions for chronic conditions stay active for two months beyond the days they are for."""
    medicine = chart.county.medicines[each.medicine]
    chronic = chart.county.conditions[each.condition].kind == "chronic"
    when = visit.end if visit.kind == "admission" else visit.start
    running = chronic and when.date() + timedelta(days=each.days + 60) >= chart.until
    supply = {"value": each.days, "unit": "天", "system": chart.county.systems["ucum"], "code": "d"}
    body: Json = {
        "status": "active" if running and chart.resident.death is None else "completed",
        "intent": "order",
        "medicationCodeableConcept": chart.words.medicine(medicine),
        **chart.about(encounter),
        "authoredOn": moment(when),
        "requester": doctor,
        "reasonCode": [chart.words.condition(each.condition)],
        "dosageInstruction": [_dosage(medicine)],
        "dispenseRequest": {"expectedSupplyDuration": supply},
    }
    chart.add("MedicationRequest", body)


def _dosage(medicine: Medicine) -> Json:
    amount = int(medicine.amount) if medicine.amount.is_integer() else medicine.amount
    return {
        "text": medicine.directions,
        "timing": {"repeat": {"frequency": medicine.times, "period": 1, "periodUnit": "d"}},
        "route": {"text": medicine.route},
        "doseAndRate": [{"doseQuantity": {"value": amount, "unit": medicine.unit}}],
    }


def _add_immunization(chart: Chart, visit: Visit, dose: Dose, encounter: str, doctor: Json) -> None:
    vaccine, systems = chart.county.vaccines[dose.vaccine], chart.county.systems
    coding = [{"system": systems["vaccine"], "code": vaccine.code, "display": vaccine.name}]
    if vaccine.cvx:
        coding.append({"system": systems["cvx"], "code": vaccine.cvx})
    body: Json = {
        "status": "completed",
        "vaccineCode": {"coding": coding, "text": vaccine.name},
        "patient": chart.patient,
        "encounter": {"reference": encounter},
        "occurrenceDateTime": moment(visit.start + timedelta(minutes=15)),
        "primarySource": True,
        "lotNumber": dose.lot,
        "performer": [{"actor": doctor}],
        "protocolApplied": [{"doseNumberPositiveInt": vaccine.dose, "seriesDosesPositiveInt": vaccine.doses}],
    }
    chart.add("Immunization", body)
