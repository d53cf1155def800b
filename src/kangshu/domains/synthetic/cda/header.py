"""The header of a document: what it is, whom it is about, who wrote it, in which visit."""

from __future__ import annotations

from datetime import datetime, timedelta
from xml.sax.saxutils import escape, quoteattr

from kangshu.domains.synthetic.cda.definition import MARK, ROOT, Patient, Pen

_SEX = f"{ROOT}.2.3.3.4"
_VISITS = {"1": "门诊", "2": "急诊", "3": "住院"}


def stamp(moment: datetime) -> str:
    return f"{moment:%Y%m%d%H%M%S}"


def oid(root: str, extension: str) -> str:
    return f"<id root={quoteattr(root)} extension={quoteattr(extension)}/>"


def identification(kind: str, title: str, number: int, institution: str, moment: datetime) -> str:
    template = f"{ROOT}.2.1.1.{20 + int(kind[1:])}"
    return (
        '<realmCode code="CN"/><typeId root="2.16.840.1.113883.1.3" extension="POCD_MT000040"/>'
        f'<templateId root="{template}"/>{oid(f"{ROOT}.1.1", f"{institution}-{kind}-{number}")}'
        f'<code code="{kind}" codeSystem="{ROOT}.2.4" codeSystemName="卫生信息共享文档规范编码体系"/>'
        f'<title>{escape(title)}{MARK}</title><effectiveTime value="{stamp(moment)}"/>'
        '<confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25"/><languageCode code="zh-CN"/>'
        f'<setId root="{ROOT}.1.1" extension={quoteattr(f"{institution}-{kind}-{number}")}/>'
        '<versionNumber value="1"/>'
    )


def record_target(patient: Patient, visit: str) -> str:
    own = oid(f"{ROOT}.1.12" if visit == "3" else f"{ROOT}.1.11", f"SYN{patient.number:08d}")
    sex = ("2", "女性") if patient.female else ("1", "男性")
    card = oid(f"{ROOT}.1.19", patient.card) if patient.card else ""
    identity = oid(f"{ROOT}.1.3", patient.identity) if patient.identity else ""
    return (
        f'<recordTarget><patientRole classCode="PAT">{own}{card}'
        '<addr use="H"><houseNumber>1号</houseNumber><streetName>合成路</streetName><county>示范县</county>'
        "<city>示范市</city><state>广东省</state></addr>"
        f'<patient classCode="PSN" determinerCode="INSTANCE">{identity}'
        f"<name>{escape(patient.name)}</name>"
        f'<administrativeGenderCode code="{sex[0]}" codeSystem="{_SEX}" displayName="{sex[1]}"/>'
        f'<birthTime value="{patient.birth:%Y%m%d}"/></patient></patientRole></recordTarget>'
    )


def participants(pen: Pen, institution: str, named: str) -> str:
    doctor = pen.text("doctor")
    number = oid(f"{ROOT}.1.7", f"D{len(doctor)}{ord(doctor[0])}")
    person = f"{number}<assignedPerson><name>{doctor}</name></assignedPerson>"
    organization = f"{oid(f'{ROOT}.1.5', institution)}<name>{escape(named)}</name>"
    return (
        f'<author><time value="{stamp(pen.moment)}"/><assignedAuthor>{person}</assignedAuthor></author>'
        "<custodian><assignedCustodian><representedCustodianOrganization>"
        f"{organization}</representedCustodianOrganization></assignedCustodian></custodian>"
        f'<legalAuthenticator><time value="{stamp(pen.moment)}"/><signatureCode/>'
        f"<assignedEntity>{person}</assignedEntity></legalAuthenticator>"
    )


def visit_part(visit: str, pen: Pen, institution: str, named: str, begun: datetime | None) -> str:
    low = begun or pen.moment - timedelta(days=pen.throw.randrange(3, 12) if visit == "3" else 0)
    department = pen.text("department")
    place = (
        "<asOrganizationPartOf><wholeOrganization>"
        f"{oid(f'{ROOT}.1.26', department)}<name>{department}</name>"
        "<asOrganizationPartOf><wholeOrganization>"
        f"{oid(f'{ROOT}.1.5', institution)}<name>{escape(named)}</name>"
        "</wholeOrganization></asOrganizationPartOf></wholeOrganization></asOrganizationPartOf>"
    )
    return (
        f'<componentOf><encompassingEncounter><code code="{visit}" codeSystem="{ROOT}.2.3.1.271"'
        f' displayName="{_VISITS[visit]}"/>'
        f'<effectiveTime><low value="{stamp(low)}"/><high value="{stamp(pen.moment)}"/></effectiveTime>'
        f"<location><healthCareFacility><serviceProviderOrganization>{place}</serviceProviderOrganization>"
        "</healthCareFacility></location></encompassingEncounter></componentOf>"
    )
