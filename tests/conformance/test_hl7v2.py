"""Published messages: all are read, what comes out is valid, and key facts are those of the expected bundles.

The bundles are the opinion of one converter. Each kind of fact on which the two differ stands in
docs/clarifications/hl7v2.md with the number of messages and the reason.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kangshu.domains.intake.hl7v2.reader import Hl7Reader
from kangshu.domains.intake.hl7v2.table_files import read_tables
from kangshu.domains.intake.validation import problems_of
from kangshu.kernel.packs.find import default_root, find_packs
from tests.support.hl7 import bodies, problems

ROOT = Path(__file__).parents[2]
LISTED = re.compile(r"^\| `([^`]+)` \| (\d+) \|", re.MULTILINE)

Json = dict[str, Any]


@pytest.fixture(scope="module")
def reader() -> Hl7Reader:
    return Hl7Reader(read_tables(find_packs(default_root())["hl7v2"].folder))


@pytest.fixture(scope="module")
def folder(testdata: Path) -> Path:
    found = testdata / "hl7v2"
    if not found.is_dir():
        pytest.skip("hl7v2 is not in the test data")
    return found


def test_every_message_is_read_and_everything_that_comes_out_is_valid(
    reader: Hl7Reader, folder: Path
) -> None:
    files = [path for part in ("ms_fhir_converter", "hapi", "v2-to-fhir") for path in _files(folder / part)]
    assert len(files) == 146
    complaints: dict[str, list[str]] = {}
    for path in files:
        raw = path.read_bytes()
        wrong = [problem for body in bodies(reader, raw) for problem in problems_of(body)]
        assert not wrong, path.name
        if found := problems(reader, raw):
            complaints[path.name] = [problem.path for problem in found]
    assert complaints == {
        "ADT04-23.hl7": ["PID-25"],  # the birth order is no number
        "002_cv.04_001_chem.hl7": ["MSH-9"],  # ERP^Z99
        # ORL^O34, an answer to an order; no control id
        "003_example_oml_o21.hl7": ["message 9: MSH-9", "message 11: MSH-10", "message 12: MSH-10"],
        "001_Message.hl7_MDM_T02.txt": ["OBX[4]-5"],  # its base64 is cut off
    }


def test_key_facts_are_those_of_the_expected_bundles_but_for_the_list(
    reader: Hl7Reader, folder: Path
) -> None:
    compared, found = differences(reader, folder)
    assert compared == 132
    text = (ROOT / "docs/clarifications/hl7v2.md").read_text("utf-8")
    listed = {fact: int(number) for fact, number in LISTED.findall(text)}
    assert dict(found) == listed


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def differences(reader: Hl7Reader, folder: Path) -> tuple[int, Counter[str]]:
    """Messages compared; facts only one of the two has, with in how many messages."""
    found: Counter[str] = Counter()
    compared = 0
    for path in sorted((folder / "ms_fhir_converter_expected").rglob("*.json")):
        message = folder / "ms_fhir_converter" / "Hl7v2" / path.name.replace("-expected.json", ".hl7")
        expected = [entry["resource"] for entry in json.loads(path.read_text("utf-8-sig"))["entry"]]
        ours = _facts([json.loads(body) for body in bodies(reader, message.read_bytes())])
        theirs = _facts(expected)
        found.update(f"- {fact}" for fact in theirs - ours)
        found.update(f"+ {fact}" for fact in ours - theirs)
        compared += 1
    return compared, found


def _facts(resources: list[Json]) -> set[str]:
    makers = {
        "Patient": _of_patient,
        "Observation": _of_observation,
        "Encounter": _of_encounter,
        "Immunization": _of_immunization,
    }
    return {
        fact
        for each in resources
        if each["resourceType"] in makers
        for fact in makers[each["resourceType"]](each)
    }


def _of_patient(patient: Json) -> Iterator[str]:
    yield from (f"patient number {each.get('value')}" for each in patient.get("identifier", ()))
    yield from (f"patient born {patient['birthDate']}" for _ in "1" if "birthDate" in patient)
    yield from (f"patient sex {patient['gender']}" for _ in "1" if "gender" in patient)
    for name in patient.get("name", ()):
        yield " ".join(("patient name", name.get("family", ""), *name.get("given", ()))).strip()


def _of_observation(observation: Json) -> Iterator[str]:
    values = [observation, *observation.get("component", ())]
    told = [value for each in values if (value := _value(each))]
    yield " ".join(("observation", _code(observation["code"]), *(told or ["without a value"])))


def _of_encounter(encounter: Json) -> Iterator[str]:
    yield from (f"visit number {each['value']}" for each in encounter.get("identifier", ()))
    yield f"visit class {encounter['class'].get('code')}"
    yield f"visit status {encounter['status']}"
    for end in ("start", "end"):
        if when := encounter.get("period", {}).get(end):
            yield f"visit {end} {_instant(when)}"


def _of_immunization(given: Json) -> Iterator[str]:
    parts = (
        _code(given["vaccineCode"]),
        given["occurrenceDateTime"],
        given["status"],
        given.get("lotNumber", ""),
    )
    yield " ".join(("vaccine", *parts)).strip()


def _code(concept: Json) -> str:
    codes = [each.get("code", "") for each in concept.get("coding", ())]
    return codes[0] if codes else concept.get("text", "")


def _value(element: Json) -> str:
    for name, value in element.items():
        if name == "valueQuantity":
            shown = (
                value.get("comparator", ""),
                f"{value['value']:g}",
                value.get("unit") or value.get("code") or "",
            )
            return " ".join(part for part in shown if part)
        if name == "valueCodeableConcept":
            return _code(value)
        if name in ("valueDateTime", "valueString", "valueTime"):
            return " ".join(_instant(value).split()).replace("|", "/").replace("`", "'")[:60]
        if name.startswith("value"):
            return name
    return ""


def _instant(written: str) -> str:
    """A time as the same in UTC; anything else as it is."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT.*", written):
        return written
    return datetime.fromisoformat(written).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
