"""The pack fhir_r4 says what the standard says."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from kangshu.kernel.facts.catalogue_tables import read_catalogue
from kangshu.kernel.facts.extract import Extractor
from kangshu.kernel.facts.parameters import Catalogue
from kangshu.kernel.packs.find import default_root
from tests.support.sample_facts import test_data
from tools.derive_fhir_r4 import derive

PACK = default_root() / "standards" / "fhir_r4"


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return read_catalogue(PACK)


def definitions(name: str) -> Any:
    path: Path = test_data("fhir_r4_definitions", f"{name}.json.gz")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return json.load(file)


def test_deriving_again_gives_the_committed_files():
    for name, text in derive(test_data("fhir_r4_definitions")).items():
        assert (PACK / name).read_text("utf-8") == text, f"run tools/derive_fhir_r4.py for {name}"


def test_every_concrete_type_is_there(catalogue: Catalogue):
    structures = [entry["resource"] for entry in definitions("Bundle-resources")["entry"]]
    concrete = {
        structure["type"]
        for structure in structures
        if structure["resourceType"] == "StructureDefinition"
        and structure["kind"] == "resource"
        and not structure["abstract"]
    }
    assert set(catalogue.types) == concrete


def test_every_search_parameter_is_there_with_its_kind(catalogue: Catalogue):
    specials = {"_text", "_content", "_query"}
    for entry in definitions("Bundle-searchParams")["entry"]:
        published = entry["resource"]
        for base in published["base"]:
            type_ = "Patient" if base in ("Resource", "DomainResource") else base
            found = catalogue.parameter(type_, published["code"])
            assert found.kind == ("special" if found.name in specials else published["type"])
            assert found.paths or found.name == "_query"


def test_every_member_of_the_patient_compartment_is_there(catalogue: Catalogue):
    for member in definitions("CompartmentDefinition-patient")["resource"]:
        subjects = set(catalogue.type(member["code"]).subjects) - {"_id"}
        assert subjects == set(member.get("param", ()))


def test_every_type_can_be_extracted(catalogue: Catalogue):
    extractor = Extractor(catalogue)
    for type_ in catalogue.types:
        assert extractor.extract(type_, {"resourceType": type_, "id": "1"}).ranges == {}


def test_a_city_s_frequent_types_have_a_partition_and_rare_ones_share(catalogue: Catalogue):
    partitioned = {type_.name for type_ in catalogue.types.values() if type_.partitioned}
    assert {"Observation", "Encounter", "Patient", "Condition", "MedicationRequest"} <= partitioned
    assert not {"CodeSystem", "StructureDefinition", "TestScript", "Organization"} & partitioned
