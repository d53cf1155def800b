"""The sections of a document and the forms of their entries; what each says goes into the pen's list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from xml.sax.saxutils import escape, quoteattr

from kangshu.domains.synthetic.cda.definition import ELEMENTS, ROOT, EntryPlan, Pen, SectionPlan
from kangshu.domains.synthetic.cda.header import stamp

_ICD10 = f"{ROOT}.2.3.3.11"
_ICD9 = f"{ROOT}.2.3.3.12"


def section(plan: SectionPlan, pen: Pen) -> str:
    code = (
        f'<code code="{plan.code}" codeSystem="2.16.840.1.113883.6.1" codeSystemName="LOINC"/>'
        if plan.code
        else f"<code displayName={quoteattr(plan.title)}/>"
    )
    entries = "".join(
        f'<entry typeCode="COMP">{FORMS[each.form](each, pen)}</entry>' for each in plan.entries
    )
    return f"<component><section>{code}<text/>{entries}</section></component>"


def _observed(element: str, name: str, value: str, more: str = "") -> str:
    return (
        '<observation classCode="OBS" moodCode="EVN">'
        f'<code code="{element}" codeSystem="{ELEMENTS}" displayName="{name}"/>'
        f'<statusCode code="completed"/>{value}{more}</observation>'
    )


def _string(text: str) -> str:
    return f'<value xsi:type="ST">{escape(text)}</value>'


def _cluster(*parts: str) -> str:
    components = "".join(f"<component>{part}</component>" for part in parts)
    return f'<organizer classCode="CLUSTER" moodCode="EVN"><statusCode/>{components}</organizer>'


def _text(plan: EntryPlan, pen: Pen) -> str:
    text = pen.text(plan.source)
    pen.said.add(("finding", plan.element, text))
    return _observed(plan.element, plan.name, _string(text))


def _other(plan: EntryPlan, pen: Pen) -> str:
    text = pen.text(plan.source)
    pen.said.add(("narrative", text))
    return _observed(plan.element, plan.name, _string(text))


def _conclusion(plan: EntryPlan, pen: Pen) -> str:
    text = pen.text(plan.source)
    pen.said.add(("conclusion", text))
    return _observed(plan.element, plan.name, _string(text))


def _study(plan: EntryPlan, pen: Pen) -> str:
    text = pen.text(plan.source)
    pen.said.add(("report", text))
    coded = f'<value xsi:type="CD" code="{ord(text[0])}" displayName="{text}"/>'
    value = f'<effectiveTime value="{stamp(pen.moment)}"/>{coded}'
    return _cluster(_observed(plan.element, plan.name, value))


def _allergy(plan: EntryPlan, pen: Pen) -> str:
    if pen.throw.random() < 0.5:
        pen.said.add(("no allergy",))
        return _act(_observed(plan.element, plan.name, '<value xsi:type="BL" value="false"/>'))
    substance = pen.text(plan.source)
    pen.said.add(("allergy", substance))
    participant = (
        '<participant typeCode="CSM"><participantRole classCode="MANU"><playingEntity classCode="MMAT">'
        f'<code code="DE02.10.022.00" codeSystem="{ELEMENTS}" displayName="过敏史"/>'
        f'<desc xsi:type="ST">{substance}</desc></playingEntity></participantRole></participant>'
    )
    return _act(_observed(plan.element, plan.name, '<value xsi:type="BL" value="true"/>', participant))


def _act(inside: str) -> str:
    return (
        '<act classCode="ACT" moodCode="EVN"><code nullFlavor="NA"/>'
        f'<entryRelationship typeCode="SUBJ">{inside}</entryRelationship></act>'
    )


def _diagnosis(plan: EntryPlan, pen: Pen) -> str:
    code, name = pen.row(plan.source)
    pen.said.add(("diagnosis", code, name))
    coded = f'<value xsi:type="CD" code="{code}" codeSystem="{_ICD10}" displayName="{name}"/>'
    return _cluster(
        _observed("DE05.01.025.00", "诊断名称", _string(name)), _observed("DE05.01.024.00", "诊断代码", coded)
    )


def _measures(plan: EntryPlan, pen: Pen) -> str:
    parts: list[str] = []
    for element, name, unit, low, high in pen.contents.tables[plan.source]:
        value = Decimal(pen.throw.randrange(int(low) * 10, int(high) * 10)) / 10
        parts.append(_measured(element, name, str(value), unit, pen))
    return _cluster(*parts)


def _measure(plan: EntryPlan, pen: Pen) -> str:
    element, name, value, unit = pen.row(plan.source)
    return _cluster(_measured(element, name, value, unit, pen))


def _measured(element: str, name: str, value: str, unit: str, pen: Pen) -> str:
    pen.said.add(("measure", element, value, unit))
    return _observed(element, name, f'<value xsi:type="PQ" value="{value}" unit="{unit}"/>')


def _laboratory(plan: EntryPlan, pen: Pen) -> str:
    code, name, low, high, unit = pen.row(plan.source)
    value = Decimal(pen.throw.randrange(int(Decimal(low) * 50), int(Decimal(high) * 150))) / 100
    return _tested(code, name, str(value), (low, high), unit, stamp(pen.moment), pen)


def _result(plan: EntryPlan, pen: Pen) -> str:
    code, name, value, low, high, unit, at = pen.row(plan.source)
    return _tested(code, name, value, (low, high), unit, at, pen)


def _tested(code: str, name: str, value: str, ends: tuple[str, str], unit: str, at: str, pen: Pen) -> str:
    """A test and its result, with those ends of the reference range that there are."""
    pen.said.add(("result", code, value, unit))
    named = zip(("low", "high"), ends, strict=True)
    span = "".join(f'<{end} value="{number}" unit="{unit}"/>' for end, number in named if number)
    usual = (
        f'<referenceRange><observationRange><value xsi:type="IVL_PQ">{span}</value>'
        "</observationRange></referenceRange>"
        if span
        else ""
    )
    quantity = f'<value xsi:type="PQ" value="{value}" unit="{unit}"/>{usual}'
    result = _observed("DE04.30.015.00", "检验定量结果", quantity)
    specimen = _observed("DE04.50.134.00", "标本类别", _string("血清"))
    item = (
        f'<effectiveTime value="{at}"/>'
        f'<value xsi:type="CD" code="{code}" codeSystem="2.16.840.1.113883.6.1" displayName="{name}"/>'
    )
    more = "".join(
        f'<entryRelationship typeCode="COMP">{each}</entryRelationship>' for each in (specimen, result)
    )
    return _cluster(_observed("DE04.30.019.00", "检验项目代码", item, more))


def _operation(plan: EntryPlan, pen: Pen) -> str:
    code, name = pen.row(plan.source)
    start = pen.moment - timedelta(hours=26)
    pen.said.add(("operation", code, f"{start:%Y-%m-%d}"))
    named = _observed("DE06.00.094.00", "手术及操作名称", _string(name))
    return (
        '<procedure classCode="PROC" moodCode="EVN">'
        f'<code code="{code}" codeSystem="{_ICD9}" displayName="{name}"/>'
        f'<statusCode code="completed"/><effectiveTime><low value="{stamp(start)}"/>'
        f'<high value="{stamp(start + timedelta(hours=2))}"/></effectiveTime>'
        f'<entryRelationship typeCode="COMP">{named}</entryRelationship></procedure>'
    )


def _medicine(plan: EntryPlan, pen: Pen) -> str:
    code, name, dose, unit, frequency, often, size = pen.row(plan.source)
    pen.said.add(("medicine", code, name, dose, unit))
    return (
        '<substanceAdministration classCode="SBADM" moodCode="EVN"><text/>'
        f'<routeCode code="1" codeSystem="{ROOT}.2.3.1.158" displayName="口服"/>'
        f'<doseQuantity value="{dose}" unit="{unit}"/>'
        "<consumable><manufacturedProduct><manufacturedLabeledDrug>"
        f'<code code="{code}" codeSystem="{ROOT}.2.3.1.5"/><name>{name}</name></manufacturedLabeledDrug>'
        "</manufacturedProduct></consumable>"
        + "".join(
            f'<entryRelationship typeCode="COMP">{each}</entryRelationship>'
            for each in (
                _observed("DE08.50.043.00", "药物规格", _string(size)),
                _observed(
                    "DE06.00.133.00",
                    "药物使用频率",
                    f'<value xsi:type="CD" code="{frequency}" codeSystem="{ROOT}.2.3.1.267" '
                    f'displayName="{often}"/>',
                ),
            )
        )
        + "</substanceAdministration>"
    )


def _days(plan: EntryPlan, pen: Pen) -> str:
    days = pen.throw.randrange(2, 20)
    pen.said.add(("days", str(days)))
    return _observed(plan.element, plan.name, f'<value xsi:type="PQ" value="{days}" unit="天"/>')


FORMS: Mapping[str, Callable[[EntryPlan, Pen], str]] = {
    "text": _text,
    "other": _other,
    "conclusion": _conclusion,
    "study": _study,
    "allergy": _allergy,
    "diagnosis": _diagnosis,
    "measures": _measures,
    "measure": _measure,
    "laboratory": _laboratory,
    "result": _result,
    "operation": _operation,
    "medicine": _medicine,
    "days": _days,
}
