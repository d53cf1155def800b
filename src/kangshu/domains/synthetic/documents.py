"""The discharge summary (出院记录) as the text a hospital prints and as sections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from kangshu.domains.synthetic.chance import age_on
from kangshu.domains.synthetic.county import County
from kangshu.domains.synthetic.definition import Reading, Resident, Visit


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a document: LOINC code, title, plain text."""

    code: str
    title: str
    text: str

    @property
    def narrative(self) -> str:
        """The text as the XHTML that FHIR wants."""
        return f'<div xmlns="http://www.w3.org/1999/xhtml" xml:lang="zh-CN" lang="zh-CN"><p>{escape(self.text)}</p></div>'


def discharge_sections(county: County, resident: Resident, visit: Visit) -> list[Section]:
    """What the ward writes when a patient goes home."""
    names = [county.conditions[code].name for code in visit.conditions]
    days = (visit.end.date() - visit.start.date()).days
    sex, age = "男" if resident.sex == "male" else "女", int(age_on(resident.birth, visit.start.date()))
    came = f"患者{sex}性，{age}岁，因“{names[0]}”于{visit.start:%Y年%m月%d日}入院。"
    return [
        Section("46241-6", "入院诊断", "；".join(names)),
        Section("10154-3", "入院情况", came + _findings(county, resident, visit.readings)),
        Section("8648-8", "诊疗经过", _course(county, visit, days)),
        Section("11535-2", "出院诊断", "；".join(names)),
        Section("10183-2", "出院带药", _medicines(county, visit) or "无。"),
        Section(
            "18776-5",
            "出院医嘱",
            "注意休息，清淡饮食，按时服药；两周后门诊复查，不适随诊；由签约家庭医生随访。",
        ),
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


def _findings(county: County, resident: Resident, readings: Sequence[Reading]) -> str:
    """The admission values that are out of range, named with their units."""
    first = [each for each in readings if each.at == readings[0].at] if readings else []
    found: list[str] = []
    for each in first:
        test = county.tests[each.test]
        low, high = test.range(resident.sex)
        if (high is not None and each.value > high) or (low is not None and each.value < low):
            found.append(f"{test.name}{each.value:.{test.decimals}f}{test.display_unit}")
    return f"入院检查：{'，'.join(found)}。" if found else "入院检查未见明显异常。"


def _course(county: County, visit: Visit, days: int) -> str:
    parts = [
        f"{county.studies[each.study].name}示{county.studies[each.study].abnormal}" for each in visit.studies
    ]
    parts += [f"行{county.procedures[each].name}，过程顺利。" for each in visit.procedures]
    return f"入院后完善相关检查。{''.join(parts)}予对症支持治疗，住院{days}天，病情好转出院。"


def _medicines(county: County, visit: Visit) -> str:
    lines: list[str] = []
    for each in visit.prescriptions:
        medicine = county.medicines[each.medicine]
        lines.append(f"{medicine.name}（{medicine.spec}）{medicine.directions}")
    return "；".join(lines)
