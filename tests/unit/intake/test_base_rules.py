"""Each rule of the base fires on what breaks it, and not on what comes near."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kangshu.domains.intake.base_rules import RequiredCodes, broken_rules, load_required_codes
from kangshu.kernel.packs.find import default_root

CONTAINED = {"resourceType": "Organization", "id": "o"}
EXTENSION = {"url": "http://example.org/x"}

CASES: list[tuple[dict[str, Any], list[str]]] = [
    ({"gender": "zz"}, ["gender"]),
    ({"gender": "female"}, []),
    ({"name": [{"use": "official"}, {"use": "Official"}]}, ["name[1].use"]),
    ({"contact": [{"telecom": [{"system": "letter"}]}]}, ["contact[0].telecom[0].system"]),
    ({"name": [{"family": "2020-02-30"}]}, []),
    ({"birthDate": "2020-02-30"}, ["birthDate"]),
    ({"birthDate": "2020-02-29"}, []),
    ({"birthDate": "2019-02-29"}, ["birthDate"]),
    ({"birthDate": "0000"}, ["birthDate"]),
    ({"deceasedDateTime": "2020-04-31T10:00:00Z"}, ["deceasedDateTime"]),
    ({"name": [{}]}, ["name[0]"]),
    ({"extension": [EXTENSION]}, ["extension[0]"]),
    ({"extension": [EXTENSION | {"valueString": "x", "extension": []}]}, ["extension[0]"]),
    ({"extension": [EXTENSION | {"valueString": "x"}]}, []),
    ({"extension": [EXTENSION | {"_valueString": {"id": "x"}}]}, []),
    ({"managingOrganization": {"reference": "#o"}}, ["managingOrganization.reference"]),
    ({"managingOrganization": {"reference": "#o"}, "contained": [CONTAINED]}, []),
    ({"contained": [CONTAINED, CONTAINED]}, ["contained[1]"]),
    ({"contained": [{"resourceType": "Organization"}]}, ["contained[0]"]),
    ({"contained": [CONTAINED | {"contained": [CONTAINED]}]}, ["contained[0]"]),
    ({"contained": [CONTAINED | {"meta": {"versionId": "1"}}]}, ["contained[0]"]),
    ({"contained": [CONTAINED | {"meta": {"profile": ["http://example.org/p"]}}]}, []),
]


@pytest.fixture(scope="module")
def required() -> RequiredCodes:
    return load_required_codes(default_root() / "standards" / "fhir_r4")


@pytest.mark.parametrize(("members", "expected"), CASES, ids=[json.dumps(members) for members, _ in CASES])
def test_what_breaks_a_rule_is_named(
    required: RequiredCodes, members: dict[str, Any], expected: list[str]
) -> None:
    patient = {"resourceType": "Patient", **members}
    found = broken_rules(json.dumps(patient).encode(), patient, required)
    assert [problem.path for problem in found] == [f"Patient.{path}" for path in expected]


def test_no_official_example_breaks_a_rule(required: RequiredCodes, testdata: Path) -> None:
    file = testdata / "fhir_r4_examples" / "instances.ndjson"
    if not file.is_file():
        pytest.skip("fhir_r4_examples are not in the test data")
    lines = [line for line in file.read_bytes().splitlines() if line.strip()]
    assert [p for line in lines for p in broken_rules(line, json.loads(line), required)] == []
