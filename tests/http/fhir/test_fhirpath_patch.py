"""FHIRPath Patch against the official cases."""

from __future__ import annotations

import copy
import os
from pathlib import Path
from typing import Any

import pytest

from kangshu.interfaces.web.fhir.elements import Elements, load_elements
from kangshu.interfaces.web.fhir.fhirpath_patch import apply_fhirpath_patch
from kangshu.interfaces.web.fhir.json_text import parse, write
from kangshu.kernel.base.errors import Invalid
from tests.http.fhir.xml_cases import Case, read_cases

ROOT = Path(__file__).parents[3]
DATA = Path(os.environ.get("KANGSHU_TESTDATA", ROOT.parent / "shared" / "data"))
CASES = DATA / "server_conformance/fhirpatch_graphql/patch/fhir-patch-tests.xml"


def elements() -> Elements:
    return load_elements(ROOT / "packs/standards/fhir_r4/elements.tsv")


def cases() -> list[Case]:
    return read_cases(CASES, elements()) if CASES.exists() else []


@pytest.mark.skipif(not CASES.exists(), reason="no server_conformance in KANGSHU_TESTDATA")
@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_official_case(case: Case) -> None:
    before = copy.deepcopy(case.before)
    if case.after is None:
        with pytest.raises(Invalid):
            apply_fhirpath_patch(before, case.patch, elements())
    else:
        assert apply_fhirpath_patch(before, case.patch, elements()) == case.after


def operation(**parts: Any) -> dict[str, Any]:
    return {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "operation", "part": [{"name": name, **value} for name, value in parts.items()]}
        ],
    }


def test_numbers_that_are_not_touched_keep_their_spelling() -> None:
    text = (
        b'{"resourceType":"Observation","id":"a","status":"final","valueQuantity":{"value":1.50},'
        b'"component":[{"valueQuantity":{"value":1e3}},{"valueQuantity":{"value":-0.0}}]}'
    )
    patch = operation(
        type={"valueCode": "replace"},
        path={"valueString": "Observation.status"},
        value={"valueCode": "amended"},
    )
    assert write(apply_fhirpath_patch(parse(text), patch, elements())) == text.replace(b"final", b"amended")


def test_a_choice_gets_the_member_of_its_type() -> None:
    patient = {"resourceType": "Patient", "deceasedBoolean": True, "gender": "male"}
    patch = operation(
        type={"valueCode": "replace"},
        path={"valueString": "Patient.deceased"},
        value={"valueDateTime": "2020-01-01"},
    )
    changed = apply_fhirpath_patch(patient, patch, elements())
    assert list(changed.items()) == [
        ("resourceType", "Patient"),
        ("deceasedDateTime", "2020-01-01"),
        ("gender", "male"),
    ]


def test_an_extension_is_found_by_its_address() -> None:
    patient = {"resourceType": "Patient", "extension": [{"url": "urn:a", "valueString": "x"}]}
    patch = operation(
        type={"valueCode": "replace"},
        path={"valueString": "Patient.extension('urn:a').value"},
        value={"valueString": "y"},
    )
    assert apply_fhirpath_patch(patient, patch, elements())["extension"][0]["valueString"] == "y"


@pytest.mark.parametrize(
    "path",
    [
        "Patient.name.given",
        "1 + 1",
        "Patient.((",
        "Patient.name.where(",
        "x" * 600,
        "Patient.nope.more",
        "Patient.repeat($this)",
    ],
)
def test_a_path_that_names_no_single_element_is_refused(path: str) -> None:
    patient = {"resourceType": "Patient", "name": [{"given": ["a", "b"]}]}
    patch = operation(type={"valueCode": "replace"}, path={"valueString": path}, value={"valueString": "y"})
    with pytest.raises(Invalid):
        apply_fhirpath_patch(patient, patch, elements())
