"""Views over a million synthetic Observations, in resources a second, beside peers in the same run.

    python -m bench.views [RESOURCES]

The views are those of the standard's suite about Observations (KANGSHU_TESTDATA) and some of daily use.
Peers run where KANGSHU_VIEWS_PEERS names the Python of an environment with `fhir4ds-v2` and `pysof`, over a
part of the resources: they are asked for a rate.
"""

from __future__ import annotations

import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pyarrow as pa

from kangshu.kernel.base.errors import KangshuError
from kangshu.kernel.lake.engine import Engine, engine
from kangshu.kernel.views.compile import compile_view
from kangshu.kernel.views.elements import parse_elements
from kangshu.kernel.views.parsing import parse_view

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("KANGSHU_TESTDATA", ROOT.parent / "shared" / "data"))
PEERS = os.environ.get("KANGSHU_VIEWS_PEERS", "")
RESOURCES = 1_000_000
FOR_PEERS = 50_000
TEMPLATES = 2_000
VITAL = "http://terminology.hl7.org/CodeSystem/observation-category"
UCUM = "http://unitsofmeasure.org"

FLAT = [
    {"name": "id", "path": "getResourceKey()", "type": "string"},
    {"name": "patient", "path": "subject.getReferenceKey(Patient)", "type": "string"},
    {"name": "status", "path": "status", "type": "code"},
    {"name": "code", "path": "code.coding.where(system='http://loinc.org').code.first()", "type": "code"},
    {"name": "at", "path": "effective.ofType(dateTime)", "type": "dateTime"},
    {"name": "value", "path": "value.ofType(Quantity).value", "type": "decimal"},
    {"name": "unit", "path": "value.ofType(Quantity).unit", "type": "string"},
]
DAILY: dict[str, dict[str, Any]] = {
    "flat, 7 columns": {"resource": "Observation", "select": [{"column": FLAT}]},
    "codings, a row each": {
        "resource": "Observation",
        "select": [
            {"column": FLAT[:1]},
            {
                "forEach": "code.coding",
                "column": [
                    {"name": "system", "path": "system", "type": "uri"},
                    {"name": "code", "path": "code", "type": "code"},
                ],
            },
        ],
    },
    "blood pressure": {
        "resource": "Observation",
        "where": [{"path": "code.coding.exists(system='http://loinc.org' and code='85354-9')"}],
        "select": [
            {"column": FLAT[:2]},
            {
                "column": [
                    {
                        "name": name,
                        "path": f"component.where(code.coding.exists(code='{code}')).first()"
                        ".value.ofType(Quantity).value",
                        "type": "decimal",
                    }
                    for name, code in (("systolic", "8480-6"), ("diastolic", "8462-4"))
                ]
            },
        ],
    },
}


def main(count: int) -> None:
    """Print the table."""
    views = DAILY | suite_views()
    elements = parse_elements((ROOT / "packs/standards/fhir_r4/elements.tsv").read_text("utf-8"))
    with engine() as lake:
        lake.run("SET threads = 2")
        lake.run("SET memory_limit = '1GB'")
        lake.run("SET preserve_insertion_order = false")
        path = synthetic(lake, count)
        ours = {
            title: rate(lake, compile_view(parse_view(view), elements, source=f"'{path}'").sql, count)
            for title, view in views.items()
        }
        peers = asked(lake, path, views)
    print("| view | Kangshu |" + "".join(f" {name} |" for name in peers))
    print("|---|---|" + "---|" * len(peers))
    for title, figure in ours.items():
        print(f"| {title} | {figure:,.0f} |" + "".join(f" {found[title]} |" for found in peers.values()))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\n{count:,} synthetic Observations, resources per second; at most {peak:,.0f} MB of memory.")


def rate(lake: Engine, sql: str, count: int) -> float:
    """Resources a second of writing the rows of a view."""
    target = lake.folder / "made.parquet"
    begun = time.perf_counter()
    try:
        lake.run(f"COPY ({sql}) TO '{target}' (FORMAT parquet)")
    except KangshuError as error:
        sys.exit(str(error))
    return count / (time.perf_counter() - begun)


def suite_views() -> dict[str, dict[str, Any]]:
    """The views about Observations in the suite of the standard."""
    found: dict[str, dict[str, Any]] = {}
    for file in sorted((DATA / "sql_on_fhir" / "tests").glob("*.json")):
        for test in json.loads(file.read_text("utf-8"))["tests"]:
            if test["view"].get("resource") == "Observation" and not test.get("expectError"):
                found[f"{file.stem}: {test['title']}"] = test["view"]
    return found


def synthetic(lake: Engine, count: int) -> Path:
    """A Parquet file of Observations made from seeded templates: ids and patients differ, values repeat."""
    chance = random.Random(2026)
    bodies = [json.dumps(observation(chance, number), separators=(",", ":")) for number in range(TEMPLATES)]
    lake.offer("templates", pa.table({"number": list(range(TEMPLATES)), "body": bodies}))
    path = lake.folder / "observations.parquet"
    lake.run(
        f"COPY (SELECT 'o' || n AS id, replace(body, '@id', 'o' || n) AS body FROM range({count}) AS r(n) "
        f"JOIN templates ON number = n % {TEMPLATES}) TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE 30000)"
    )
    return path


def observation(chance: random.Random, number: int) -> dict[str, Any]:
    """One synthetic Observation, some with components, as pressure has."""
    made: dict[str, Any] = {
        "resourceType": "Observation",
        "id": "@id",
        "status": "final",
        "category": [{"coding": [{"system": VITAL, "code": "vital-signs", "display": "Vital Signs"}]}],
        "code": coded(*chance.choice((("8302-2", "Body height"), ("29463-7", "Body weight"))), number),
        "subject": {"reference": f"Patient/p{chance.randrange(50_000)}", "display": "合成居民"},
        "encounter": {"reference": f"Encounter/e{number}"},
        "effectiveDateTime": f"20{chance.randrange(10, 26)}-0{chance.randrange(1, 10)}-11T09:30:00+08:00",
        "issued": "2025-01-11T09:31:05.000+08:00",
        "performer": [{"reference": "Organization/h1"}],
    }
    if number % 5:
        return made | {"valueQuantity": quantity(chance.randrange(400, 1900) / 10, "cm")}
    made["code"] = coded("85354-9", "Blood pressure", number)
    made["component"] = [
        {
            "code": coded("8480-6", "Systolic", 0),
            "valueQuantity": quantity(chance.randrange(90, 180), "mm[Hg]"),
        },
        {
            "code": coded("8462-4", "Diastolic", 0),
            "valueQuantity": quantity(chance.randrange(50, 110), "mm[Hg]"),
        },
    ]
    return made


def coded(code: str, display: str, number: int) -> dict[str, Any]:
    """A code of LOINC, and a local one beside it."""
    codings = [{"system": "http://loinc.org", "code": code, "display": display}]
    if number:
        codings.append({"system": "urn:local", "code": f"L{number}", "display": display})
    return {"coding": codings, "text": display}


def quantity(value: float, unit: str) -> dict[str, Any]:
    """An amount."""
    return {"value": value, "unit": unit, "system": UCUM, "code": unit}


def asked(lake: Engine, path: Path, views: dict[str, dict[str, Any]]) -> dict[str, dict[str, str]]:
    """Resources a second of the peers, or what they said."""
    if not PEERS:
        return {}
    with tempfile.TemporaryDirectory(prefix="kangshu-bench-") as folder:
        resources, wanted = Path(folder) / "resources.ndjson", Path(folder) / "views.json"
        bodies = lake.rows(f"SELECT body FROM '{path}' LIMIT {FOR_PEERS}")
        resources.write_text("".join(f"{body}\n" for (body,) in bodies), "utf-8")
        wanted.write_text(json.dumps(views), "utf-8")
        script = Path(__file__).parent / "peers" / "views.py"
        run = subprocess.run(
            [PEERS, str(script), str(resources), str(wanted)], capture_output=True, text=True, check=True
        )
    told: dict[str, dict[str, Any]] = json.loads(run.stdout.splitlines()[-1])
    return {
        name: {
            title: said if isinstance(said, str) else f"{len(bodies) / said:,.0f}"
            for title, said in each.items()
        }
        for name, each in told.items()
    }


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else RESOURCES)
