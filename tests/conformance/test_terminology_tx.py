"""The official terminology suite, over HTTP, against a list of what does not pass and why."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from kangshu.app.platform import Platform
from kangshu.interfaces.web.fhir.routes import fhir_routes
from tests.conftest import platform_on
from tests.http.fhir.conftest import principal_of
from tests.support.databases import Databases
from tests.support.tx_suite import Case, cases, difference

KNOWN = Path(__file__).parents[2] / "docs" / "clarifications" / "terminology_tx.md"


@pytest.fixture(scope="module")
def client(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    url = databases.new()
    with platform_on(url, tmp_path_factory.mktemp("tx")).closing() as made:
        yield _client(made)
    databases.drop(url)


def _client(platform: Platform) -> TestClient:
    app = Starlette(routes=fhir_routes(platform, principal_of))
    return TestClient(app, headers={"authorization": "Bearer whole"}, raise_server_exceptions=False)


def _known() -> set[str]:
    """The first column of the table of what does not pass."""
    rows = [line.split("|") for line in KNOWN.read_text("utf-8").splitlines() if line.startswith("| `")]
    return {row[1].strip().strip("`") for row in rows}


def _problem(client: TestClient, case: Case) -> str:
    if case.parameters is None:
        response = client.get(f"/fhir/{case.address}", headers=dict(case.headers))
    else:
        response = client.post(f"/fhir/{case.address}", json=case.parameters, headers=dict(case.headers))
    return difference(case, response.status_code, response.json())


def test_every_test_passes_or_is_listed_with_its_reason(client: TestClient, testdata: Path) -> None:
    folder = testdata / "terminology_tx"
    if not folder.is_dir():
        pytest.skip(f"the terminology suite is not at {folder}")
    problems = {case.name: _problem(client, case) for case in cases(folder)}
    assert len(problems) == 406
    failing = {name: problem for name, problem in problems.items() if problem}
    known = _known()
    assert not {name: problem for name, problem in failing.items() if name not in known}
    assert not known - failing.keys(), "these pass now: take them off the list"
