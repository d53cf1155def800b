"""A FHIR interface on a database of its own, and clients of several roles."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.testclient import TestClient

from kangshu.app.platform import Platform
from kangshu.interfaces.web.fhir.routes import fhir_routes
from kangshu.kernel.base.errors import Refused
from kangshu.kernel.policies.definition import Principal
from tests.conftest import platform_on
from tests.support.databases import Databases

HOSPITAL = "H44098300001"
OTHER = "H44098300002"

PRINCIPALS = {
    "whole": Principal(id="whole", name="", role="client", scopes=("system/*.cruds",)),
    "second": Principal(id="second", name="", role="client", scopes=("system/*.cruds",)),
    "reader": Principal(id="reader", name="", role="client", scopes=("system/*.rs",)),
    "observations": Principal(id="observations", name="", role="client", scopes=("system/Observation.rs",)),
    "hospital": Principal(id="hospital", name="", role="client", org=HOSPITAL, scopes=("system/*.cruds",)),
    "narrow": Principal(id="narrow", name="", role="client", org=HOSPITAL, scopes=("system/Patient.cruds",)),
    "other": Principal(id="other", name="", role="client", org=OTHER, scopes=("system/*.cruds",)),
    "doctor": Principal(id="doctor", name="", role="doctor", org=HOSPITAL, county="440983"),
    "operator": Principal(id="operator", name="", role="operator"),
}


def principal_of(request: Request) -> Principal | None:
    """The bearer token is the name of one of `PRINCIPALS`."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if not scheme:
        return None
    if token not in PRINCIPALS:
        raise Refused("The token is not valid.")
    return PRINCIPALS[token]


@pytest.fixture(scope="session")
def served(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """One platform for all tests here: each makes what it looks for."""
    url = databases.new()
    with platform_on(url, tmp_path_factory.mktemp("fhir")).closing() as made:
        yield made
    databases.drop(url)


@pytest.fixture(scope="session")
def app(served: Platform) -> Starlette:
    return Starlette(routes=fhir_routes(served, principal_of))


def client_of(app: Starlette, name: str | None) -> TestClient:
    headers = {"authorization": f"Bearer {name}"} if name else {}
    return TestClient(app, headers=headers, raise_server_exceptions=False)


@pytest.fixture(scope="session")
def fhir(app: Starlette) -> TestClient:
    """A client that may do everything."""
    return client_of(app, "whole")
