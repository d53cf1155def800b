"""A small CDA document to vary, as text; and the reader with the packs that come with this copy."""

from __future__ import annotations

from functools import cache

from kangshu.domains.intake.cda.reading import CdaReader, read_reader
from kangshu.kernel.packs.find import default_root, find_packs

TEMPLATES = "2.16.840.1.113883.10.20.22"
NAMESPACES = 'xmlns="urn:hl7-org:v3" xmlns:sdtc="urn:hl7-org:sdtc" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
PATIENT = (
    "<recordTarget><patientRole><id root='1.2.3.4' extension='P1'/><patient><name><family>陈</family>"
    "<given>样</given></name><administrativeGenderCode code='F' codeSystem='2.16.840.1.113883.5.1'/>"
    "<birthTime value='19850315'/></patient></patientRole></recordTarget>"
)
PRESSURE = (
    f"<observation classCode='OBS' moodCode='EVN'><templateId root='{TEMPLATES}.4.27'/>"
    "<id root='1.2.3.9' extension='bp1'/><code code='8480-6' codeSystem='2.16.840.1.113883.6.1'/>"
    "<statusCode code='completed'/><effectiveTime value='20240102'/>"
    "<value xsi:type='PQ' value='132' unit='mm[Hg]'/></observation>"
)


@cache
def reader() -> CdaReader:
    return read_reader({name: pack.folder for name, pack in find_packs(default_root()).items()})


def section(code: str, *statements: str, text: str = "t", title: str = "T") -> str:
    entries = "".join(f"<entry>{each}</entry>" for each in statements)
    return (
        f"<component><section><code code='{code}' codeSystem='2.16.840.1.113883.6.1'/><title>{title}</title>"
        f"<text>{text}</text>{entries}</section></component>"
    )


def document(
    *sections: str, header: str = "", patient: str = PATIENT, number: str = "d1", namespaces: str = NAMESPACES
) -> str:
    return (
        f"<ClinicalDocument {namespaces}><id root='1.2.3' extension='{number}'/>"
        "<code code='34133-9' codeSystem='2.16.840.1.113883.6.1'/><title>摘要</title>"
        f"<effectiveTime value='202401021530+0800'/>{patient}{header}"
        f"<component><structuredBody>{''.join(sections)}</structuredBody></component></ClinicalDocument>"
    )
