"""`kangshu indicator`: what it names, counts, explains and writes, and who may look behind a number."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import fhirkit
import pytest

from tests.support.commands import call

HOSPITAL = "H44098300001"


@pytest.fixture(scope="module")
def county(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation where 40 were born in 2024, half of them boys, of whom 10 died."""
    born = [
        {
            "resourceType": "Patient",
            "id": f"b{number}",
            "gender": "male" if number % 2 else "female",
            "birthDate": "2024-05-01",
            **({"deceasedDateTime": "2024-05-20"} if number in range(1, 21, 2) else {}),
        }
        for number in range(40)
    ]
    file = tmp_path_factory.mktemp("born") / "born.ndjson"
    file.write_text("\n".join(json.dumps(each) for each in born))
    assert call(installed, "load", str(file), "--source", HOSPITAL).returncode == 0
    return installed


def rows(home: Path, *arguments: str) -> list[dict[str, object]]:
    told = call(home, "indicator", *arguments, "--json")
    assert told.returncode == 0, told.stderr
    return [json.loads(line) for line in told.stdout.splitlines()]


def test_the_indicators_are_named(county: Path) -> None:
    found = {row["indicator"]: row for row in rows(county, "list", "xinyi")}
    assert found["infant_mortality"]["kind"] == "computed"
    assert found["infant_mortality"]["strata"] == "sex,town"


def test_counts_by_period_and_group(county: Path) -> None:
    def counted(*more: str) -> list[dict[str, object]]:
        found = rows(county, "compute", "xinyi", "infant_mortality", *more)
        return [row for row in found if row["origin"] == "computed"]

    [whole] = counted()
    assert (whole["period"], whole["numerator"], whole["denominator"]) == ("2024", "10", "40")
    by_sex = counted("--by", "sex")
    assert {row["sex"]: row["value"] for row in by_sex} == {"male": "500", "female": "0"}
    assert counted("--as-of", "2020-01-01") == []
    assert counted("--county", "440999") == []


def test_what_is_entered_stands_beside_what_is_counted(county: Path) -> None:
    found = rows(county, "compute", "xinyi")
    assert {row["origin"] for row in found} == {"computed", "entered"}
    assert {"infant_mortality", "beds_per_1000"} <= {str(row["indicator"]) for row in found}


def test_what_an_indicator_is(county: Path) -> None:
    told = call(county, "indicator", "explain", "xinyi", "hypertension_management").stdout
    for part in ("规范管理率", "$least = 4 from 2017-02-28", "target 2025: at least 60", "GROUP BY"):
        assert part in told


@pytest.mark.slow
def test_units_are_for_who_may_see_facts(county: Path) -> None:
    asked = ("indicator", "explain", "xinyi", "infant_mortality", "--period", "2024")
    refused = call(county, *asked)
    assert refused.returncode == 2
    assert "--token" in refused.stderr
    token = call(county, "token", "--client", "analyst").stdout.strip()
    all_of_them = call(county, *asked, "--token", token).stdout.splitlines()
    boys = call(county, *asked, "--which", "reached", "--in", "sex=male", "--token", token).stdout
    assert len(boys.splitlines()) == 10
    assert len(all_of_them) == 50
    elsewhere = call(county, "token", "--client", "analyst", "--org", "H44099900001").stdout.strip()
    assert call(county, *asked, "--token", elsewhere).stdout == ""
    assert call(county, *asked, "--in", "male", "--token", token).returncode == 2


def test_files(county: Path, tmp_path: Path) -> None:
    table, bundle = tmp_path / "cells.csv", tmp_path / "xinyi.json"
    asked = ("indicator", "export", "xinyi", "infant_mortality", "beds_per_1000", "--out")
    assert call(county, *asked, str(table)).returncode == 0
    found = list(csv.DictReader(table.read_text().splitlines()))
    boys = next(row for row in found if row["by"] == "sex" and row["sex"] == "male")
    assert float(boys["value"]) == 500
    assert {row["origin"] for row in found} == {"computed", "entered"}
    assert call(county, *asked, str(bundle), "--fhir").returncode == 0
    assert [str(issue) for issue in fhirkit.validate(bundle.read_bytes())] == []
    types = [each["resource"]["resourceType"] for each in json.loads(bundle.read_bytes())["entry"]]
    assert types.count("Measure") == 2
    assert types.count("MeasureReport") >= 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("compute", "nowhere"),
        ("compute", "xinyi", "nothing"),
        ("compute", "xinyi", "--by", "nothing"),
        ("explain", "xinyi", "nothing"),
        ("export", "xinyi", "--out", "x.xlsx"),
    ],
)
def test_a_wrong_call_says_what_there_is(county: Path, arguments: tuple[str, ...]) -> None:
    told = call(county, "indicator", *arguments)
    assert told.returncode == 2
    assert "Traceback" not in told.stderr
