"""Measurements and reports of a visit as Observation, DiagnosticReport and ImagingStudy."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from kangshu.domains.synthetic.care_tables import Study, Test
from kangshu.domains.synthetic.chance import age_on
from kangshu.domains.synthetic.chart import Chart
from kangshu.domains.synthetic.definition import Reading, StudyResult, Visit
from kangshu.domains.synthetic.vocabulary import Json, moment
from kangshu.kernel.base.ids import derived_id

BLOOD_PRESSURE = "85354-9"

Results = Mapping[tuple[str, datetime], str]
"""References of observations by test and time."""


def add_observations(chart: Chart, visit: Visit, encounter: str) -> Results:
    """One Observation per reading, but one with two components for a blood pressure."""
    found: dict[tuple[str, datetime], str] = {}
    pressure: dict[datetime, list[Reading]] = {}
    for reading in visit.readings:
        test = chart.county.tests[reading.test]
        if test.panel == BLOOD_PRESSURE:
            pressure.setdefault(reading.at, []).append(reading)
            continue
        body = _measurement(chart, test, reading.at, encounter) | _value(chart, test, reading.value)
        found[reading.test, reading.at] = chart.add("Observation", body)
    for at, readings in pressure.items():
        _add_pressure(chart, at, readings, encounter)
    return found


def add_panels(chart: Chart, results: Results, encounter: str) -> None:
    """A laboratory report for each panel with at least two results taken together."""
    groups: dict[tuple[str, datetime], list[Json]] = {}
    for (code, at), reference in results.items():
        panel = chart.county.tests[code].panel
        if panel:
            groups.setdefault((panel, at), []).append({"reference": reference})
    for (code, at), members in groups.items():
        if len(members) < 2:
            continue
        body: Json = {
            "status": "final",
            "category": [chart.words.hl7("v2-0074", "LAB", "检验")],
            "code": chart.words.own("loinc", code, chart.county.panels[code].name),
            **chart.about(encounter),
            "effectiveDateTime": moment(at),
            "issued": moment(at + timedelta(hours=3)),
            "performer": [chart.organization],
            "result": members,
        }
        chart.add("DiagnosticReport", body)


def add_study(chart: Chart, result: StudyResult, encounter: str, doctor: Json) -> str:
    """The report of an image or a trace; tomography also as ImagingStudy. Returns the report's reference."""
    study = chart.county.studies[result.study]
    text = study.abnormal if result.abnormal else study.normal
    kind = ("EC", "心电") if study.modality == "ECG" else ("RAD", "影像")
    body: Json = {
        "status": "final",
        "category": [chart.words.hl7("v2-0074", *kind)],
        "code": chart.words.own("loinc", study.code, study.name),
        **chart.about(encounter),
        "effectiveDateTime": moment(result.at),
        "issued": moment(result.at + timedelta(hours=2)),
        "performer": [chart.organization],
        "resultsInterpreter": [doctor],
        "conclusion": text,
    }
    if study.modality in {"CT", "MR"}:
        body["imagingStudy"] = [{"reference": _add_images(chart, study, result, encounter)}]
    if chart.institution.level in {"county", "city"}:
        body["presentedForm"] = [text_attachment(f"{study.name}\n{text}\n", f"{study.name}报告", result.at)]
    return chart.add("DiagnosticReport", body)


def text_attachment(text: str, title: str, at: datetime) -> Json:
    """A text as an attachment that carries its content."""
    return {
        "contentType": "text/plain; charset=UTF-8",
        "language": "zh-CN",
        "data": b64encode(text.encode()).decode(),
        "title": title,
        "creation": moment(at),
    }


def _measurement(chart: Chart, test: Test, at: datetime, encounter: str) -> Json:
    return {
        "status": "final",
        "category": [chart.words.observation_category(test.kind)],
        "code": chart.words.test(test.code),
        **chart.about(encounter),
        "effectiveDateTime": moment(at),
        "performer": [chart.organization],
    }


def _add_pressure(chart: Chart, at: datetime, readings: Sequence[Reading], encounter: str) -> None:
    tests = chart.county.tests
    body = _measurement(chart, tests[readings[0].test], at, encounter)
    body["code"] = chart.words.own("loinc", BLOOD_PRESSURE, chart.county.panels[BLOOD_PRESSURE].name)
    body["component"] = [
        {"code": chart.words.test(each.test)} | _value(chart, tests[each.test], each.value)
        for each in readings
    ]
    chart.add("Observation", body)


def _value(chart: Chart, test: Test, value: float) -> Json:
    """The value, and for adults the reference range and what the value means beside it."""
    sex = chart.resident.sex
    limits = chart.words.limits(test, sex)
    found: Json = {"valueQuantity": chart.words.quantity(test, value)}
    if limits is not None and (test.kind != "vital" or age_on(chart.resident.birth, chart.until) >= 18):
        found["interpretation"] = [chart.words.interpretation(test, sex, value)]
        found["referenceRange"] = [limits]
    return found


def _add_images(chart: Chart, study: Study, result: StudyResult, encounter: str) -> str:
    root = UUID(derived_id("image", chart.file.org, chart.file.local, moment(result.at), study.code)).int
    modality = {"system": "http://dicom.nema.org/resources/ontology/DCM", "code": study.modality}
    series: Json = {
        "uid": f"2.25.{root + 1}",
        "modality": modality,
        "numberOfInstances": 64,
        "bodySite": {"display": study.body},
    }
    body: Json = {
        "identifier": [{"system": "urn:dicom:uid", "value": f"urn:oid:2.25.{root}"}],
        "status": "available",
        "modality": [modality],
        **chart.about(encounter),
        "started": moment(result.at),
        "numberOfSeries": 1,
        "numberOfInstances": 64,
        "description": study.name,
        "series": [series],
    }
    return chart.add("ImagingStudy", body)
