"""What an institution writes down apart from visits: the person, kin, insurance, contract, warnings."""

from __future__ import annotations

from datetime import date, timedelta

from kangshu.domains.synthetic.care_tables import FlagRule
from kangshu.domains.synthetic.chart import Chart
from kangshu.domains.synthetic.definition import Allergy, Course, Pregnancy, Resident
from kangshu.domains.synthetic.directory import patient_system
from kangshu.domains.synthetic.vocabulary import HL7, Json

_KINSHIP = {"mother": ("MTH", "母亲"), "father": ("FTH", "父亲")}


def add_patient(chart: Chart, kin: Resident | None) -> None:
    """The Patient; `kin` is whom to call. Village clinics do not hear of deaths in time."""
    resident = chart.resident
    body: Json = {
        "identifier": _identifiers(chart),
        "active": True,
        "name": [_file_name(chart)],
        "telecom": [_phone(resident)],
        "gender": resident.sex,
        "birthDate": resident.birth.isoformat(),
        "address": [_address(chart)],
        "managingOrganization": chart.organization,
    }
    if resident.death is not None and chart.institution.level in {"township", "county"}:
        body["deceasedDateTime"] = resident.death.isoformat()
    if kin is not None:
        body["contact"] = [_contact(chart, kin)]
    if resident.spouse is not None:
        body["maritalStatus"] = chart.words.hl7("v3-MaritalStatus", "M", "已婚")
    chart.put(chart.patient["reference"], "Patient", body)


def add_parent(chart: Chart, kinship: str, person: Resident) -> None:
    """A child's mother or father."""
    body: Json = {
        "active": True,
        "patient": chart.patient,
        "relationship": [chart.words.hl7("v3-RoleCode", *_KINSHIP[kinship])],
        "name": [_full_name(person)],
        "telecom": [_phone(person)],
        "gender": person.sex,
    }
    chart.add("RelatedPerson", body)


def add_coverage(chart: Chart, since: date) -> None:
    """Basic medical insurance of residents."""
    body: Json = {
        "status": "active",
        "type": chart.words.own("service", "resident-insurance", "城乡居民基本医疗保险"),
        "beneficiary": chart.patient,
        "period": {"start": f"{since.year}-01-01"},
        "payor": [{"display": f"{chart.county.name}医疗保障局"}],
    }
    chart.add("Coverage", body)


def add_contract(chart: Chart, signed: date) -> None:
    """The family-doctor contract: a team, and the care it promises until death."""
    death, turn = chart.resident.death, chart.resident.household
    period: Json = {"start": signed.isoformat()} | ({} if death is None else {"end": death.isoformat()})
    team: Json = {
        "status": "active" if death is None else "inactive",
        "category": [chart.words.own("service", "family-doctor-team", "家庭医生团队")],
        "name": f"{chart.institution.name}家庭医生团队",
        "subject": chart.patient,
        "period": period,
        "participant": [
            {"role": [{"text": "家庭医生"}], "member": chart.doctor("全科", turn)},
            {"role": [{"text": "公共卫生人员"}], "member": chart.doctor("公共卫生科", turn)},
        ],
        "managingOrganization": [chart.organization],
    }
    episode: Json = {
        "status": "active" if death is None else "finished",
        "type": [chart.words.own("service", "family-doctor-contract", "家庭医生签约服务")],
        "patient": chart.patient,
        "managingOrganization": chart.organization,
        "period": period,
        "team": [{"reference": chart.add("CareTeam", team)}],
    }
    chart.add("EpisodeOfCare", episode)


def add_pregnancy(chart: Chart, pregnancy: Pregnancy) -> None:
    """Maternal care as an episode, and the expected date of birth."""
    start, end = pregnancy.start.isoformat(), pregnancy.end
    episode: Json = {
        "status": "active" if end is None else "finished",
        "type": [chart.words.own("service", "maternal-care", "孕产妇健康管理")],
        "patient": chart.patient,
        "managingOrganization": chart.organization,
        "period": {"start": start} | ({} if end is None else {"end": end.isoformat()}),
    }
    chart.add("EpisodeOfCare", episode)
    expected: Json = {
        "status": "final",
        "category": [chart.words.observation_category("exam")],
        "code": chart.words.own("loinc", "11778-8", "预产期"),
        "subject": chart.patient,
        "effectiveDateTime": (pregnancy.start + timedelta(days=63)).isoformat(),
        "performer": [chart.organization],
        "valueDateTime": pregnancy.due.isoformat(),
    }
    chart.add("Observation", expected)


def add_smoking(chart: Chart, asked: date) -> None:
    """Whether an adult smokes, as asked at a health check."""
    answer = ("smoker", "现在吸烟") if chart.resident.smoker else ("never", "从不吸烟")
    body: Json = {
        "status": "final",
        "category": [chart.words.hl7("observation-category", "social-history", "生活方式")],
        "code": chart.words.own("loinc", "72166-2", "吸烟状况"),
        "subject": chart.patient,
        "effectiveDateTime": asked.isoformat(),
        "performer": [chart.organization],
        "valueCodeableConcept": chart.words.own("service", *answer),
    }
    chart.add("Observation", body)


def add_allergy(chart: Chart, allergy: Allergy) -> None:
    """A known allergy with what it does."""
    words = chart.words
    known = next(each for each in chart.county.allergens if each.code == allergy.allergen)
    body: Json = {
        "clinicalStatus": words.hl7("allergyintolerance-clinical", "active", "活动"),
        "verificationStatus": words.hl7("allergyintolerance-verification", "confirmed", "确诊"),
        "type": "allergy",
        "category": [known.category],
        "criticality": known.criticality,
        "code": words.own("atc" if known.category == "medication" else "service", known.code, known.name),
        "patient": chart.patient,
        "recordedDate": allergy.since.isoformat(),
        "reaction": [{"manifestation": [{"text": known.reaction}]}],
    }
    chart.add("AllergyIntolerance", body)


def add_flag(chart: Chart, rule: FlagRule, course: Course) -> None:
    """A warning that a condition brings with it, as long as the condition lasts."""
    end = course.end if course.end is not None and course.end < chart.until else None
    period: Json = {"start": course.onset.isoformat()} | ({} if end is None else {"end": end.isoformat()})
    body: Json = {
        "status": "active" if end is None else "inactive",
        "category": [{"coding": [{"system": f"{HL7}/flag-category", "code": rule.category}]}],
        "code": chart.words.own("flag", rule.code, rule.name),
        "subject": chart.patient,
        "period": period,
        "author": chart.organization,
    }
    chart.add("Flag", body)


def _identifiers(chart: Chart) -> list[Json]:
    """The local number, and the keys that are in the file."""
    file, systems = chart.file, chart.county.systems
    keys = [
        ("usual", ("MR", "病历号"), patient_system(file.org), file.local),
        ("official", ("NI", "居民身份证号码"), systems["identity_card"], file.id_number),
        ("official", ("HC", "电子健康卡号"), systems["health_card"], file.health_card),
    ]
    return [
        {"use": use, "type": chart.words.hl7("v2-0203", *kind), "system": system, "value": value}
        for use, kind, system, value in keys
        if value is not None
    ]


def _file_name(chart: Chart) -> Json:
    """The name in the file; a child not yet named has only words for one."""
    if chart.file.quirk == "newborn":
        return {"use": "temp", "text": chart.file.name}
    return _full_name(chart.resident)


def _full_name(person: Resident) -> Json:
    return {"use": "official", "text": person.name, "family": person.family, "given": [person.given]}


def _phone(person: Resident) -> Json:
    return {"system": "phone", "value": person.phone, "use": "mobile"}


def _contact(chart: Chart, kin: Resident) -> Json:
    return {
        "relationship": [chart.words.hl7("v2-0131", "N", "亲属")],
        "name": _full_name(kin),
        "telecom": [_phone(kin)],
        "gender": kin.sex,
    }


def _address(chart: Chart) -> Json:
    """Where the resident lives, from the province down to the door."""
    county, resident = chart.county, chart.resident
    village = next(each for each in county.villages if each.code == resident.village)
    street = f"{county.towns[village.town].name}{village.name}{resident.house}号"
    return {
        "use": "home",
        "text": f"{county.province}{county.city}{county.name}{street}",
        "line": [street],
        "city": county.city,
        "district": county.name,
        "state": county.province,
        "country": "CN",
    }
