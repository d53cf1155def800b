"""The capability statement, and that what it promises is taken."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import fhirkit
import pytest
import yaml
from starlette.testclient import TestClient

from kangshu.app.platform import Platform

DATA = Path(os.environ.get("KANGSHU_TESTDATA", Path(__file__).parents[4] / "shared" / "data"))
US_CORE = DATA / "server_conformance/inferno_us_core_v610/metadata.yml"

OF_US_CORE = {
    "role",
    "asserted-date",
    "discharge-disposition",
    "description",
    "encounter-discharge-disposition",
}
"""Parameters that US Core defines itself; R4 does not have them."""


def test_the_statement_is_a_valid_resource_that_lists_every_type(fhir: TestClient, served: Platform) -> None:
    answer = fhir.get("/fhir/metadata")
    statement = answer.json()
    assert [str(issue) for issue in fhirkit.validate(answer.content)] == []
    rest = statement["rest"][0]
    assert {each["type"] for each in rest["resource"]} == set(served.catalogue.types)
    patient = next(each for each in rest["resource"] if each["type"] == "Patient")
    assert {each["code"] for each in patient["interaction"]} >= {"read", "vread", "patch", "history-type"}
    assert "birthdate" in {each["name"] for each in patient["searchParam"]}
    assert "everything" in {each["name"] for each in patient["operation"]}
    assert statement["fhirVersion"] == "4.0.1"
    measure = next(each for each in rest["resource"] if each["type"] == "Measure")
    assert "evaluate-measure" in {each["name"] for each in measure["operation"]}
    views = {"viewdefinition-run", "viewdefinition-export"}
    assert views <= {each["name"] for each in rest["operation"]}


def test_every_search_parameter_of_the_statement_is_taken(fhir: TestClient) -> None:
    values = {"date": "2020", "number": "1", "quantity": "1", "composite": None, "special": None}
    strict = {"prefer": "handling=strict"}
    for resource in fhir.get("/fhir/metadata").json()["rest"][0]["resource"][::7]:
        for parameter in resource["searchParam"]:
            value = values.get(parameter["type"], "x")
            if value is not None:
                answer = fhir.get(
                    f"/fhir/{resource['type']}", params={parameter["name"]: value}, headers=strict
                )
                assert answer.status_code == 200, (resource["type"], parameter, answer.text)


def groups() -> list[dict[str, Any]]:
    if not US_CORE.exists():
        return []
    return yaml.load(US_CORE.read_text("utf-8"), Loader=_Loader)[":groups"]


class _Loader(yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader):  # pyright: ignore[reportGeneralTypeIssues]
    """The file was written by Ruby; its symbols are read as texts."""


@pytest.mark.skipif(not US_CORE.exists(), reason="no server_conformance in KANGSHU_TESTDATA")
@pytest.mark.parametrize("group", groups(), ids=lambda group: group[":name"])
def test_what_us_core_searches_by_is_taken(fhir: TestClient, group: dict[str, Any]) -> None:
    values = {"date": "2020", "dateTime": "2020", "Period": "2020", "instant": "2020"}
    definitions = group[":search_definitions"]
    for search in group[":searches"]:
        pairs: list[tuple[str, Any]] = [
            (name, values.get(definitions.get(f":{name}", {}).get(":type", ""), "x"))
            for name in search[":names"]
            if name not in OF_US_CORE
        ]
        answer = fhir.get(f"/fhir/{group[':resource']}", params=pairs, headers={"prefer": "handling=strict"})
        assert answer.status_code == 200, (pairs, answer.text)
    for include in group.get(":revincludes", []):
        answer = fhir.get(f"/fhir/{group[':resource']}", params={"_revinclude": include})
        assert answer.status_code == 200, answer.text
