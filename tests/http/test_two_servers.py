"""Two servers on one installation: what only one may do, one does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest

from tests.support.commands import kangshu, open_home, serving

pytestmark = pytest.mark.slow

ROUNDS = 8
EACH = 4
"""Requests at once to each of the servers."""

SOURCE = "H44099900001"


@dataclass(frozen=True)
class Two:
    """The addresses of both servers, and a token for either."""

    addresses: tuple[str, str]
    token: str

    def post(self, number: int, path: str, body: dict[str, Any], **headers: str) -> Any:
        """To one server or the other, by turns; what is answered."""
        sent = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/fhir+json", **headers}
        where = self.addresses[number % 2] + path
        with urlopen(Request(where, json.dumps(body).encode(), sent), timeout=60) as answer:
            return json.loads(answer.read())

    def at_once(self, ask: Any) -> None:
        with ThreadPoolExecutor(2 * EACH) as threads:
            list(threads.map(ask, range(2 * EACH)))

    def count(self, identifier: str) -> int:
        where = f"{self.addresses[0]}/fhir/Organization?identifier={quote(identifier)}&_summary=count"
        with urlopen(Request(where, headers={"Authorization": f"Bearer {self.token}"}), timeout=60) as answer:
            return json.loads(answer.read())["total"]


@pytest.fixture(scope="module")
def two() -> Iterator[Two]:
    with open_home() as home, serving(home) as one, serving(home) as other:
        token = kangshu(home, "token", "--client", "two", "--scope", "system/*.cruds").stdout.strip()
        yield Two((one.address, other.address), token)


def organization(identifier: str, **more: str) -> dict[str, Any]:
    return {"resourceType": "Organization", "identifier": [{"value": identifier}], **more}


def transaction(identifier: str, **more: str) -> dict[str, Any]:
    request = {"method": "POST", "url": "Organization", "ifNoneExist": f"identifier={identifier}"}
    entry = {"resource": organization(identifier, **more), "request": request}
    return {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}


@pytest.mark.parametrize("way", ["create", "transaction", "intake", "every way"])
def test_what_is_to_be_created_unless_it_is_there_is_created_once(two: Two, way: str) -> None:
    for turn in range(ROUNDS):
        mark = f"{way.replace(' ', '-')}-{turn}"

        def ask(number: int, mark: str = mark) -> None:
            chosen = ("create", "transaction", "intake")[number % 3] if way == "every way" else way
            if chosen == "create":
                # However it is encoded, it is the same condition.
                criteria = (
                    f"identifier={mark}" if number % 4 < 2 else f"identifier={mark.replace('-', '%2D')}"
                )
                two.post(number, "/fhir/Organization", organization(mark), **{"If-None-Exist": criteria})
            elif chosen == "transaction":
                two.post(number, "/fhir", transaction(mark))
            else:
                own = f"{mark}-{number}"
                two.post(number, f"/intake/fhir?source={SOURCE}", transaction(mark, id=own, name=own))

        two.at_once(ask)
        assert two.count(mark) == 1, mark
