"""Clients that were not written for Kangshu, against a server process as anybody would start it."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fhirclient import client as fhirclient
from fhirclient.models.observation import Observation
from fhirclient.models.patient import Patient
from fhirpy import AsyncFHIRClient, SyncFHIRClient

from tests.support.serving import SCRIPTS, kangshu, serving

pytestmark = pytest.mark.slow

FILES = 3


@dataclass(frozen=True)
class Server:
    """A running server: its FHIR base, a token for it, and how many resources of each type it was given."""

    base: str
    token: str
    counts: Counter[str]


@pytest.fixture(scope="module")
def server(testdata: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("live")
    files = sorted((testdata / "synthea" / "small").glob("*.json"))[:FILES]
    kangshu(home, "load", *map(str, files), "--source", "SYNTHEA")
    token = kangshu(home, "token", "--client", "stock-client", "--scope", "system/*.cruds")
    with serving(home) as running:
        yield Server(running.base, token, counted(files))


def counted(files: list[Path]) -> Counter[str]:
    addresses: set[tuple[str, str]] = set()
    for file in files:
        for entry in json.loads(file.read_text("utf-8")).get("entry", []):
            addresses.add((entry["resource"]["resourceType"], entry["resource"]["id"]))
    return Counter(type for type, _ in addresses)


def test_fhirpy_reads_searches_and_writes(server: Server) -> None:
    client = SyncFHIRClient(server.base, authorization=f"Bearer {server.token}")
    patients = client.resources("Patient").limit(2).fetch_all()
    assert len(patients) == server.counts["Patient"]
    search = client.resources("Observation").search(patient=f"Patient/{patients[0]['id']}")
    assert search.count() > 0
    related = client.resources("Encounter").include("Encounter", "subject").limit(1).fetch_raw()
    assert {entry["resource"]["resourceType"] for entry in related.entry} == {"Encounter", "Patient"}
    made = client.resource("Patient", name=[{"family": "王"}], gender="male")
    made.save()
    made["gender"] = "female"
    made.save(fields=["gender"])
    again = client.reference("Patient", made["id"]).to_resource()
    assert (again["gender"], again["meta"]["versionId"]) == ("female", "2")
    found, is_new = (
        client.resources("Patient")
        .search(identifier="urn:x|fhirpy")
        .get_or_create(client.resource("Patient", identifier=[{"system": "urn:x", "value": "fhirpy"}]))
    )
    assert is_new
    assert client.resources("Patient").search(_id=found["id"]).count() == 1
    made.delete()
    assert client.resources("Patient").search(_id=made["id"]).count() == 0


def test_fhirpy_works_asynchronously(server: Server) -> None:
    async def count() -> int:
        client = AsyncFHIRClient(server.base, authorization=f"Bearer {server.token}")
        found = 0
        async for _ in client.resources("Condition").limit(10):
            found += 1
        return found

    assert asyncio.run(count()) == server.counts["Condition"]


def test_fhirclient_reads_and_searches(server: Server) -> None:
    smart: Any = fhirclient.FHIRClient(settings={"app_id": "tests", "api_base": server.base})
    smart.server.session.headers["Authorization"] = f"Bearer {server.token}"
    assert smart.server.capabilityStatement.fhirVersion == "4.0.1"
    patients: list[Any] = list(Patient.where({"_count": "1"}).perform_resources_iter(smart.server))
    assert len(patients) >= server.counts["Patient"]
    patient = Patient.read(patients[0].id, smart.server)
    assert patient.id == patients[0].id
    about = Observation.where({"subject": f"Patient/{patient.id}", "_count": "20"})
    assert len(list(about.perform_resources_iter(smart.server))) > 20
    created: Any = Patient({"name": [{"family": "李"}]}).create(smart.server)
    assert created["id"]


def test_smart_fetch_exports_in_bulk(server: Server, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(server.token)
    types = "Patient,Condition,Encounter,Immunization"
    command = [
        str(SCRIPTS / "smart-fetch"), "bulk", "--fhir-url", server.base, "--bearer-token", str(token),
        "--type", types, "--no-default-filters", "--no-compression", str(tmp_path / "out"),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    exported: Counter[str] = Counter()
    for file in (tmp_path / "out").rglob("*.ndjson*"):
        for line in file.read_text("utf-8").splitlines():
            exported[json.loads(line).get("resourceType", "")] += 1
    for type in ("Condition", "Encounter", "Immunization"):
        assert exported[type] == server.counts[type]
