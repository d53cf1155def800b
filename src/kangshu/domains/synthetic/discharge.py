"""The discharge summary (出院记录): its words, and its three forms as FHIR resources."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from kangshu.domains.synthetic.chance import age_on
from kangshu.domains.synthetic.chart import Chart
from kangshu.domains.synthetic.county import County
from kangshu.domains.synthetic.definition import Reading, Resident, Visit
from kangshu.domains.synthetic.results import text_attachment
from kangshu.domains.synthetic.vocabulary import Json, moment

_ADVICE = "注意休息，清淡饮食，按时服药；两周后门诊复查，不适随诊；由签约家庭医生随访。"


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the summary: LOINC code, title, plain text."""

    code: str
    title: str
    text: str

    @property
    def narrative(self) -> str:
        """The text as the XHTML that FHIR wants."""
        return f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{escape(self.text)}</p></div>'


def add_discharge(chart: Chart, visit: Visit, encounter: str, doctor: Json, evidence: Sequence[str]) -> None:
    """The summary by sections (Composition), and its text (DocumentReference, Binary).

    `evidence` are the references of the diagnoses and reports it rests on.
    """
    sections = discharge_sections(chart.county, chart.resident, visit)
    text = discharge_text(chart.institution.name, chart.resident, visit, sections)
    kind = chart.words.own("loinc", "18842-5", "出院记录")
    _add_composition(chart, visit, encounter, doctor, sections, evidence)
    body: Json = {
        "status": "current",
        "docStatus": "final",
        "type": kind,
        "category": [chart.words.own("service", "inpatient", "住院")],
        "subject": chart.patient,
        "date": moment(visit.end),
        "author": [doctor],
        "custodian": chart.organization,
        "description": f"{chart.institution.name}出院记录",
        "content": [{"attachment": _attachment(chart, text, visit)}],
        "context": {
            "encounter": [{"reference": encounter}],
            "period": {"start": moment(visit.start), "end": moment(visit.end)},
        },
    }
    chart.add("DocumentReference", body)


def discharge_sections(county: County, resident: Resident, visit: Visit) -> list[Section]:
    """What the ward writes when a patient goes home."""
    names = "；".join(county.conditions[code].name for code in visit.conditions)
    return [
        Section("46241-6", "入院诊断", names),
        Section("10154-3", "入院情况", _coming(county, resident, visit)),
        Section("8648-8", "诊疗经过", _stay(county, visit)),
        Section("11535-2", "出院诊断", names),
        Section("10183-2", "出院带药", _medicines(county, visit) or "无。"),
        Section("18776-5", "出院医嘱", _ADVICE),
    ]


def discharge_text(institution: str, resident: Resident, visit: Visit, sections: Sequence[Section]) -> str:
    """The whole summary as plain text, headed by the institution."""
    head = [
        f"{institution}　出院记录",
        f"姓名：{resident.name}　科室：{visit.department}",
        f"入院日期：{visit.start:%Y-%m-%d}　出院日期：{visit.end:%Y-%m-%d}",
        "（合成数据，仅供演示）",
    ]
    return "\n".join([*head, *(f"【{each.title}】{each.text}" for each in sections)]) + "\n"


def _add_composition(
    chart: Chart,
    visit: Visit,
    encounter: str,
    doctor: Json,
    sections: Sequence[Section],
    evidence: Sequence[str],
) -> None:
    parts: list[Json] = []
    for each in sections:
        part: Json = {
            "title": each.title,
            "code": chart.words.own("loinc", each.code, each.title),
            "text": {"status": "generated", "div": each.narrative},
        }
        if each.title == "出院诊断":
            part["entry"] = [{"reference": reference} for reference in evidence]
        parts.append(part)
    body: Json = {
        "status": "final",
        "type": chart.words.own("loinc", "18842-5", "出院记录"),
        **chart.about(encounter),
        "date": moment(visit.end),
        "author": [doctor],
        "title": f"出院记录（{visit.department}）",
        "custodian": chart.organization,
        "section": parts,
    }
    chart.add("Composition", body)


def _attachment(chart: Chart, text: str, visit: Visit) -> Json:
    """The text inside the attachment, or beside it as a Binary where the institution works so."""
    if chart.institution.feed == "transaction_put":
        return text_attachment(text, "出院记录", visit.end)
    content = "text/plain; charset=UTF-8"
    url = chart.add("Binary", {"contentType": content, "data": b64encode(text.encode()).decode()})
    return {
        "contentType": content,
        "language": "zh-CN",
        "url": url,
        "title": "出院记录",
        "creation": moment(visit.end),
    }


def _coming(county: County, resident: Resident, visit: Visit) -> str:
    sex, age = "男" if resident.sex == "male" else "女", int(age_on(resident.birth, visit.start.date()))
    why = county.conditions[visit.conditions[0]].name
    came = f"患者{sex}性，{age}岁，因“{why}”于{visit.start:%Y年%m月%d日}入院。"
    return came + _findings(county, resident, visit.readings)


def _findings(county: County, resident: Resident, readings: Sequence[Reading]) -> str:
    """The first values that are out of range, named with their units."""
    first = [each for each in readings if each.at == readings[0].at]
    found: list[str] = []
    for each in first:
        test = county.tests[each.test]
        low, high = test.range(resident.sex)
        if (high is not None and each.value > high) or (low is not None and each.value < low):
            found.append(f"{test.name}{each.value:.{test.decimals}f}{test.display_unit}")
    return f"入院检查：{'，'.join(found)}。" if found else "入院检查未见明显异常。"


def _stay(county: County, visit: Visit) -> str:
    days = (visit.end.date() - visit.start.date()).days
    shown = [
        f"{county.studies[each.study].name}示{county.studies[each.study].abnormal}" for each in visit.studies
    ]
    done = [f"行{county.procedures[each].name}，过程顺利。" for each in visit.procedures]
    return f"入院后完善相关检查。{''.join([*shown, *done])}予对症支持治疗，住院{days}天，病情好转出院。"


def _medicines(county: County, visit: Visit) -> str:
    medicines = [county.medicines[each.medicine] for each in visit.prescriptions]
    return "；".join(f"{each.name}（{each.spec}）{each.directions}" for each in medicines)
