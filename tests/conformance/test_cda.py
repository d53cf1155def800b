"""C-CDA documents and examples: nothing crashes, everything made is FHIR R4, and the key facts are those of
the expected bundles, but for the disagreements listed with reasons in docs/clarifications/cda.md."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from kangshu.domains.intake.cda.document import Reading
from kangshu.domains.intake.cda.resource import written
from kangshu.domains.intake.validation import problems_of
from kangshu.kernel.base.errors import Invalid
from tests.support.cda_facts import facts_of
from tests.support.cda_fragments import root_of, whole
from tests.support.cda_texts import reader

ROOT = Path(__file__).parents[2]
LISTED = re.compile(r"^\| `([^`]+)` \| `([^`]+)` \|", re.MULTILINE)
SOURCE = "H44099900001"


@pytest.fixture(scope="module")
def folder(testdata: Path) -> Path:
    found = testdata / "cda"
    if not found.is_dir():
        pytest.skip("cda is not in the test data")
    return found


@pytest.fixture(scope="module")
def examples(folder: Path) -> list[Path]:
    return sorted((folder / "hl7_ccda_examples").rglob("*.xml"))


def read(raw: bytes) -> Reading:
    return reader().read(raw, source=SOURCE)


def faults(reading: Reading) -> list[str]:
    """Problems of what was made, and references that lead to nothing."""
    found = [problem.path for body in reading.resources for problem in problems_of(written(body))]
    made = {f"{body['resourceType']}/{body['id']}" for body in reading.resources}
    mentioned = re.findall(
        r'"reference":"([^"]+)"', b" ".join(written(b) for b in reading.resources).decode()
    )
    return found + [reference for reference in mentioned if reference not in made]


def test_every_example_is_read_or_refused_with_the_place_named(examples: list[Path]) -> None:
    assert len(examples) == 446
    whole_ones = 0
    for path in examples:
        raw = path.read_bytes()
        try:
            reading = read(raw)
        except Invalid as error:
            refused = error.problems[0]
        else:
            assert faults(reading) == [], path.name
            whole_ones += 1
            continue
        assert refused.path, path.name
        assert root_of(raw.decode("utf-8-sig")) != "ClinicalDocument" or b"<patientRole" not in raw
    assert whole_ones == 19


def test_every_example_put_into_a_document_gives_legal_resources(examples: list[Path]) -> None:
    made = 0
    for path in examples:
        try:
            reading = read(whole(path.read_bytes()))
        except Invalid as refused:
            problem = refused.problems[0]
            assert "well-formed XML" in problem.message or "about nobody" in problem.message, path.name
            continue
        assert faults(reading) == [], path.name
        made += len(reading.resources)
    assert made > 2400


def test_the_key_facts_are_those_of_the_expected_bundles(folder: Path) -> None:
    expected = sorted((folder / "ms_fhir_converter_expected").rglob("*.json"))
    assert len(expected) == 22
    missing: list[tuple[str, str]] = []
    compared = 0
    for path in expected:
        name = path.name.removesuffix("-expected.json")
        reading = read((folder / "ms_fhir_converter" / "Ccda" / f"{name}.ccda").read_bytes())
        assert faults(reading) == [], name
        bundle = json.loads(path.read_text("utf-8-sig"))
        theirs = facts_of([entry["resource"] for entry in bundle["entry"]])
        ours = facts_of([json.loads(written(body)) for body in reading.resources])
        compared += len(theirs)
        missing += [(name, " · ".join(fact)) for fact in sorted(theirs - ours)]
    assert compared > 800
    listed = LISTED.findall((ROOT / "docs/clarifications/cda.md").read_text("utf-8"))
    assert listed == missing
