"""A server judges what comes in by itself, whoever it comes from."""

from __future__ import annotations

import json
import time
from urllib.request import Request, urlopen

from tests.support.commands import kangshu, open_home, serving

SECONDS = 30


def test_a_server_goes_on_judging_after_a_client_of_no_institution_has_written() -> None:
    with open_home() as home, serving(home, KANGSHU_QUALITY_SECONDS="1") as server:
        for number, org in enumerate(((), ("--org", "H44099900001"))):
            scope = ("token", "--client", f"c{number}", "--scope", "system/*.cruds", *org)
            token = kangshu(home, *scope).stdout.strip()
            body = {"resourceType": "Patient", "id": f"p{number}", "gender": "male"}
            request = Request(
                f"{server.address}/fhir/Patient/p{number}", json.dumps(body).encode(), method="PUT"
            )
            request.add_header("Authorization", f"Bearer {token}")
            request.add_header("Content-Type", "application/fhir+json")
            with urlopen(request) as answer:
                assert answer.status == 201
            time.sleep(2)
        until = time.monotonic() + SECONDS
        while '"facts":1,' not in server.log.read_text() and time.monotonic() < until:
            time.sleep(0.2)
        log = server.log.read_text()
        assert '"event":"quality judged"' in log
        assert '"facts":1,' in log
        assert "quality not judged" not in log
        assert "Traceback" not in log
