"""Synthetic documents after WS/T 500: invented, seeded, and marked as such in title and patient.

There is no public sample of such documents. Structure and data elements follow the standard; what they say
comes from the lists of a pack. With each document comes what it says, so that a reader can be held to it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, cast
from xml.sax.saxutils import escape, quoteattr

from kangshu.domains.synthetic.chance import chance
from kangshu.domains.synthetic.id_number import identity_number
from kangshu.kernel.base.errors import Invalid

KINDS = tuple(f"C{number:04d}" for number in range(1, 54))
MARK = "（合成数据）"

_ROOT = "2.16.156.10011"
_ELEMENTS = f"{_ROOT}.2.2.1"
_ICD10 = f"{_ROOT}.2.3.3.11"
_ICD9 = f"{_ROOT}.2.3.3.12"
_SEX = f"{_ROOT}.2.3.3.4"
_NAMESPACES = 'xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'

Said = tuple[str, ...]
"""Something a document says: (what, …)."""


@dataclass(frozen=True, slots=True)
class EntryPlan:
    """form: how it is written; element, name: its data element; source: the list it is taken from."""

    form: str
    element: str
    name: str
    source: str


@dataclass(frozen=True, slots=True)
class SectionPlan:
    """code: LOINC, empty for none."""

    code: str
    title: str
    entries: tuple[EntryPlan, ...]


@dataclass(frozen=True, slots=True)
class DocumentPlan:
    """visit: kind of visit (1 outpatient, 2 emergency, 3 inpatient)."""

    visit: str
    sections: tuple[SectionPlan, ...]


@dataclass(frozen=True, slots=True)
class Contents:
    """What documents are made of: lists of texts, tables of codes, plans by kind (`""`: any other)."""

    lists: Mapping[str, Sequence[str]]
    tables: Mapping[str, Sequence[Sequence[str]]]
    plans: Mapping[str, DocumentPlan]


@dataclass(frozen=True, slots=True)
class Patient:
    """An invented person."""

    number: int
    name: str
    birth: date
    female: bool
    identity: str
    card: str


@dataclass(frozen=True, slots=True)
class Document:
    """xml: its bytes; said: what a reader should find in it."""

    kind: str
    xml: bytes
    patient: Patient
    said: frozenset[Said]


@dataclass(slots=True)
class _Pen:
    """What one document is written with."""

    contents: Contents
    throw: Random
    moment: datetime
    said: set[Said] = field(default_factory=set[Said])

    def text(self, source: str) -> str:
        return self.throw.choice(list(self.contents.lists[source]))

    def row(self, source: str) -> Sequence[str]:
        return self.throw.choice(list(self.contents.tables[source]))


def parse_contents(text: str) -> Contents:
    """The contents from the TOML of a pack. Raises `Invalid` for a plan with an unknown form or list."""
    table = tomllib.loads(text)
    unknown = table.keys() - {"lists", "tables", "document"}
    if unknown:
        raise Invalid(f"synthetic.toml has unknown keys: {', '.join(sorted(unknown))}.")
    plans = {each["kind"]: _plan(each) for each in cast(list[dict[str, Any]], table["document"])}
    contents = Contents(table["lists"], table["tables"], plans)
    for kind, plan in plans.items():
        for entry in (entry for section in plan.sections for entry in section.entries):
            known = contents.lists.keys() | contents.tables.keys() | {""}
            if entry.form not in _FORMS or entry.source not in known:
                raise Invalid(f"synthetic.toml, {kind or 'any other kind'}: {entry.form} of {entry.source}.")
    return contents


def _plan(table: Mapping[str, Any]) -> DocumentPlan:
    sections = [
        SectionPlan(code, title, tuple(EntryPlan(*entry) for entry in entries))
        for code, title, entries in table["sections"]
    ]
    return DocumentPlan(table["visit"], tuple(sections))


def write_patient(contents: Contents, seed: int, number: int) -> Patient:
    """The invented person of a number; the identity number is valid and of a serial nobody is given."""
    throw = chance(seed, "cda patient", number)
    birth = date(1935, 1, 1) + timedelta(days=throw.randrange(30_000))
    female = throw.random() < 0.5
    name = throw.choice(list(contents.lists["family"])) + throw.choice(list(contents.lists["given"]))
    serial = 998 if female else 999
    return Patient(
        number, name, birth, female, identity_number("440999", birth, serial), f"SYN{seed:04d}{number:08d}"
    )


def write_document(
    contents: Contents,
    kind: str,
    *,
    seed: int,
    number: int,
    institution: str,
    titles: Mapping[str, str],
    moment: datetime,
    person: int | None = None,
    patient: Patient | None = None,
) -> Document:
    """Document `number` of a kind (`C0001` … `C0053`), of the person of that number or of another."""
    if kind not in KINDS:
        raise Invalid(f"{kind} is no kind of document.", remedy=f"Kinds are {KINDS[0]} to {KINDS[-1]}.")
    patient = patient or write_patient(contents, seed, number if person is None else person)
    plan = contents.plans.get(kind) or contents.plans[""]
    pen = _Pen(contents, chance(seed, f"cda {kind}", number), moment)
    sections = "".join(_section(section, pen) for section in plan.sections)
    parts = [
        f'<?xml version="1.0" encoding="UTF-8"?>\n<ClinicalDocument {_NAMESPACES}>',
        _identification(kind, titles.get(kind, kind), number, institution, moment),
        _record_target(patient, plan.visit),
        _participants(pen, institution),
        _visit(plan.visit, pen, institution),
        f"<component><structuredBody>{sections}</structuredBody></component></ClinicalDocument>",
    ]
    pen.said |= {("document", kind), ("name", patient.name), ("identity", patient.identity)}
    return Document(kind, "".join(parts).encode(), patient, frozenset(pen.said))


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y%m%d%H%M%S}"


def _id(root: str, extension: str) -> str:
    return f"<id root={quoteattr(root)} extension={quoteattr(extension)}/>"


def _identification(kind: str, title: str, number: int, institution: str, moment: datetime) -> str:
    template = f"{_ROOT}.2.1.1.{20 + int(kind[1:])}"
    return (
        '<realmCode code="CN"/><typeId root="2.16.840.1.113883.1.3" extension="POCD_MT000040"/>'
        f'<templateId root="{template}"/>{_id(f"{_ROOT}.1.1", f"{institution}-{kind}-{number}")}'
        f'<code code="{kind}" codeSystem="{_ROOT}.2.4" codeSystemName="卫生信息共享文档规范编码体系"/>'
        f'<title>{escape(title)}{MARK}</title><effectiveTime value="{_stamp(moment)}"/>'
        '<confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25"/><languageCode code="zh-CN"/>'
        f'<setId root="{_ROOT}.1.1" extension={quoteattr(f"{institution}-{kind}-{number}")}/>'
        '<versionNumber value="1"/>'
    )


def _record_target(patient: Patient, visit: str) -> str:
    own = _id(f"{_ROOT}.1.12" if visit == "3" else f"{_ROOT}.1.11", f"SYN{patient.number:08d}")
    sex = ("2", "女性") if patient.female else ("1", "男性")
    card = _id(f"{_ROOT}.1.19", patient.card) if patient.card else ""
    identity = _id(f"{_ROOT}.1.3", patient.identity) if patient.identity else ""
    return (
        f'<recordTarget><patientRole classCode="PAT">{own}{card}'
        '<addr use="H"><houseNumber>1号</houseNumber><streetName>合成路</streetName><county>示范县</county>'
        "<city>示范市</city><state>广东省</state></addr>"
        f'<patient classCode="PSN" determinerCode="INSTANCE">{identity}'
        f"<name>{escape(patient.name)}</name>"
        f'<administrativeGenderCode code="{sex[0]}" codeSystem="{_SEX}" displayName="{sex[1]}"/>'
        f'<birthTime value="{patient.birth:%Y%m%d}"/></patient></patientRole></recordTarget>'
    )


def _participants(pen: _Pen, institution: str) -> str:
    doctor = pen.text("doctor")
    number = _id(f"{_ROOT}.1.7", f"D{len(doctor)}{ord(doctor[0])}")
    person = f"{number}<assignedPerson><name>{doctor}</name></assignedPerson>"
    organization = f"{_id(f'{_ROOT}.1.5', institution)}<name>{escape(institution)}</name>"
    return (
        f'<author><time value="{_stamp(pen.moment)}"/><assignedAuthor>{person}</assignedAuthor></author>'
        "<custodian><assignedCustodian><representedCustodianOrganization>"
        f"{organization}</representedCustodianOrganization></assignedCustodian></custodian>"
        f'<legalAuthenticator><time value="{_stamp(pen.moment)}"/><signatureCode/>'
        f"<assignedEntity>{person}</assignedEntity></legalAuthenticator>"
    )


def _visit(visit: str, pen: _Pen, institution: str) -> str:
    low = pen.moment - timedelta(days=pen.throw.randrange(3, 12) if visit == "3" else 0)
    department = pen.text("department")
    place = (
        "<asOrganizationPartOf><wholeOrganization>"
        f"{_id(f'{_ROOT}.1.26', department)}<name>{department}</name>"
        "<asOrganizationPartOf><wholeOrganization>"
        f"{_id(f'{_ROOT}.1.5', institution)}<name>{escape(institution)}</name>"
        "</wholeOrganization></asOrganizationPartOf></wholeOrganization></asOrganizationPartOf>"
    )
    return (
        f'<componentOf><encompassingEncounter><code code="{visit}" codeSystem="{_ROOT}.2.3.1.271"/>'
        f'<effectiveTime><low value="{_stamp(low)}"/><high value="{_stamp(pen.moment)}"/></effectiveTime>'
        f"<location><healthCareFacility><serviceProviderOrganization>{place}</serviceProviderOrganization>"
        "</healthCareFacility></location></encompassingEncounter></componentOf>"
    )


def _section(plan: SectionPlan, pen: _Pen) -> str:
    code = (
        f'<code code="{plan.code}" codeSystem="2.16.840.1.113883.6.1" codeSystemName="LOINC"/>'
        if plan.code
        else f"<code displayName={quoteattr(plan.title)}/>"
    )
    entries = "".join(
        f'<entry typeCode="COMP">{_FORMS[each.form](each, pen)}</entry>' for each in plan.entries
    )
    return f"<component><section>{code}<text/>{entries}</section></component>"


def _observed(element: str, name: str, value: str, more: str = "") -> str:
    return (
        '<observation classCode="OBS" moodCode="EVN">'
        f'<code code="{element}" codeSystem="{_ELEMENTS}" displayName="{name}"/>'
        f'<statusCode code="completed"/>{value}{more}</observation>'
    )


def _string(text: str) -> str:
    return f'<value xsi:type="ST">{escape(text)}</value>'


def _cluster(*parts: str) -> str:
    components = "".join(f"<component>{part}</component>" for part in parts)
    return f'<organizer classCode="CLUSTER" moodCode="EVN"><statusCode/>{components}</organizer>'


def _text(plan: EntryPlan, pen: _Pen) -> str:
    text = pen.text(plan.source)
    pen.said.add(("finding", plan.element, text))
    return _observed(plan.element, plan.name, _string(text))


def _other(plan: EntryPlan, pen: _Pen) -> str:
    text = pen.text(plan.source)
    pen.said.add(("narrative", text))
    return _observed(plan.element, plan.name, _string(text))


def _conclusion(plan: EntryPlan, pen: _Pen) -> str:
    text = pen.text(plan.source)
    pen.said.add(("conclusion", text))
    return _observed(plan.element, plan.name, _string(text))


def _study(plan: EntryPlan, pen: _Pen) -> str:
    text = pen.text(plan.source)
    pen.said.add(("report", text))
    coded = f'<value xsi:type="CD" code="{ord(text[0])}" displayName="{text}"/>'
    value = f'<effectiveTime value="{_stamp(pen.moment)}"/>{coded}'
    return _cluster(_observed(plan.element, plan.name, value))


def _allergy(plan: EntryPlan, pen: _Pen) -> str:
    if pen.throw.random() < 0.5:
        pen.said.add(("no allergy",))
        return _act(_observed(plan.element, plan.name, '<value xsi:type="BL" value="false"/>'))
    substance = pen.text(plan.source)
    pen.said.add(("allergy", substance))
    participant = (
        '<participant typeCode="CSM"><participantRole classCode="MANU"><playingEntity classCode="MMAT">'
        f'<code code="DE02.10.022.00" codeSystem="{_ELEMENTS}" displayName="过敏史"/>'
        f'<desc xsi:type="ST">{substance}</desc></playingEntity></participantRole></participant>'
    )
    return _act(_observed(plan.element, plan.name, '<value xsi:type="BL" value="true"/>', participant))


def _act(inside: str) -> str:
    return (
        '<act classCode="ACT" moodCode="EVN"><code nullFlavor="NA"/>'
        f'<entryRelationship typeCode="SUBJ">{inside}</entryRelationship></act>'
    )


def _diagnosis(plan: EntryPlan, pen: _Pen) -> str:
    code, name = pen.row(plan.source)
    pen.said.add(("diagnosis", code, name))
    coded = f'<value xsi:type="CD" code="{code}" codeSystem="{_ICD10}" displayName="{name}"/>'
    return _cluster(
        _observed("DE05.01.025.00", "诊断名称", _string(name)), _observed("DE05.01.024.00", "诊断代码", coded)
    )


def _measures(plan: EntryPlan, pen: _Pen) -> str:
    parts: list[str] = []
    for element, name, unit, low, high in pen.contents.tables[plan.source]:
        value = Decimal(pen.throw.randrange(int(low) * 10, int(high) * 10)) / 10
        pen.said.add(("measure", element, str(value), unit))
        parts.append(_observed(element, name, f'<value xsi:type="PQ" value="{value}" unit="{unit}"/>'))
    return _cluster(*parts)


def _laboratory(plan: EntryPlan, pen: _Pen) -> str:
    code, name, low, high, unit = pen.row(plan.source)
    value = Decimal(pen.throw.randrange(int(Decimal(low) * 50), int(Decimal(high) * 150))) / 100
    pen.said.add(("result", code, str(value), unit))
    result = _observed(
        "DE04.30.015.00",
        "检验定量结果",
        f'<value xsi:type="PQ" value="{value}" unit="{unit}"/><referenceRange><observationRange>'
        f'<value xsi:type="IVL_PQ"><low value="{low}" unit="{unit}"/>'
        f'<high value="{high}" unit="{unit}"/></value>'
        "</observationRange></referenceRange>",
    )
    specimen = _observed("DE04.50.134.00", "标本类别", _string("血清"))
    item = (
        f'<effectiveTime value="{_stamp(pen.moment)}"/>'
        f'<value xsi:type="CD" code="{code}" codeSystem="2.16.840.1.113883.6.1" displayName="{name}"/>'
    )
    more = "".join(
        f'<entryRelationship typeCode="COMP">{each}</entryRelationship>' for each in (specimen, result)
    )
    return _cluster(_observed("DE04.30.019.00", "检验项目代码", item, more))


def _operation(plan: EntryPlan, pen: _Pen) -> str:
    code, name = pen.row(plan.source)
    start = pen.moment - timedelta(hours=26)
    pen.said.add(("operation", code, f"{start:%Y-%m-%d}"))
    named = _observed("DE06.00.094.00", "手术及操作名称", _string(name))
    return (
        '<procedure classCode="PROC" moodCode="EVN">'
        f'<code code="{code}" codeSystem="{_ICD9}" displayName="{name}"/>'
        f'<statusCode code="completed"/><effectiveTime><low value="{_stamp(start)}"/>'
        f'<high value="{_stamp(start + timedelta(hours=2))}"/></effectiveTime>'
        f'<entryRelationship typeCode="COMP">{named}</entryRelationship></procedure>'
    )


def _medicine(plan: EntryPlan, pen: _Pen) -> str:
    code, name, dose, unit, frequency, often, size = pen.row(plan.source)
    pen.said.add(("medicine", code, name, dose, unit))
    return (
        '<substanceAdministration classCode="SBADM" moodCode="EVN"><text/>'
        f'<routeCode code="1" codeSystem="{_ROOT}.2.3.1.158" displayName="口服"/>'
        f'<doseQuantity value="{dose}" unit="{unit}"/>'
        "<consumable><manufacturedProduct><manufacturedLabeledDrug>"
        f'<code code="{code}" codeSystem="{_ROOT}.2.3.1.5"/><name>{name}</name></manufacturedLabeledDrug>'
        "</manufacturedProduct></consumable>"
        + "".join(
            f'<entryRelationship typeCode="COMP">{each}</entryRelationship>'
            for each in (
                _observed("DE08.50.043.00", "药物规格", _string(size)),
                _observed(
                    "DE06.00.133.00",
                    "药物使用频率",
                    f'<value xsi:type="CD" code="{frequency}" codeSystem="{_ROOT}.2.3.1.267" '
                    f'displayName="{often}"/>',
                ),
            )
        )
        + "</substanceAdministration>"
    )


def _days(plan: EntryPlan, pen: _Pen) -> str:
    days = pen.throw.randrange(2, 20)
    pen.said.add(("days", str(days)))
    return _observed(plan.element, plan.name, f'<value xsi:type="PQ" value="{days}" unit="天"/>')


_FORMS: Mapping[str, Callable[[EntryPlan, _Pen], str]] = {
    "text": _text,
    "other": _other,
    "conclusion": _conclusion,
    "study": _study,
    "allergy": _allergy,
    "diagnosis": _diagnosis,
    "measures": _measures,
    "laboratory": _laboratory,
    "operation": _operation,
    "medicine": _medicine,
    "days": _days,
}
