"""Hostile HTTP, as no client library sends it: no 5xx, an OperationOutcome for programs, bounded memory."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from kangshu.interfaces.web.late import Late
from tests.support.commands import Serving, kangshu, open_home, serving

MEGABYTE = 1 << 20
SOURCE = "H44099900001"
PATIENT = b'{"resourceType":"Patient"}'


@dataclass(frozen=True)
class Wire:
    """A server, and a way to send it any bytes."""

    server: Serving
    token: str

    def send(self, line: str, headers: str = "", body: bytes = b"") -> tuple[int, str]:
        """Status and body of the answer; status 0 where there is none."""
        address = urlsplit(self.server.address)
        head = f"{line} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.token}\r\nConnection: close\r\n"
        with socket.create_connection((str(address.hostname), address.port), timeout=60) as connection:
            with suppress(OSError):
                connection.sendall((head + headers + "\r\n").encode("latin-1") + body)
            answer = b""
            with suppress(ConnectionResetError):
                while piece := connection.recv(65536):
                    answer += piece
        found = re.match(rb"HTTP/1\.1 (\d+)", answer)
        return int(found[1]) if found else 0, answer.partition(b"\r\n\r\n")[2].decode("utf-8", "replace")

    def post(self, path: str, body: bytes) -> int:
        address = urlsplit(self.server.address)
        connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=600)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/fhir+json"}
        with closing(connection):
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status

    def memory(self, name: str) -> int:
        status = Path(f"/proc/{self.server.process.pid}/status").read_text()
        return int(status.partition(f"{name}:")[2].split()[0]) * 1024


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    with open_home() as home, serving(home) as server:
        token = kangshu(home, "token", "--client", "wire", "--scope", "system/*.cruds").stdout.strip()
        made = Wire(server, token)
        yield made
        assert made.send("GET /health/ready")[0] == 200
        assert "Traceback" not in server.log.read_text()


CHUNKED = "Content-Type: application/fhir+json\r\nTransfer-Encoding: chunked\r\n"
SIZED = "Content-Type: application/fhir+json\r\nContent-Length: {}\r\n"


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (SIZED.format("4\r\nContent-Length: 26"), PATIENT),
        (SIZED.format("26, 26"), PATIENT),
        (SIZED.format("+26"), PATIENT),
        (SIZED.format("-1"), PATIENT),
        (SIZED.format("9" * 30), PATIENT),
        (CHUNKED.replace("chunked", "xchunked"), b"1a\r\n" + PATIENT + b"\r\n0\r\n\r\n"),
        (CHUNKED.replace("chunked", "chunked, identity"), b"1a\r\n" + PATIENT + b"\r\n0\r\n\r\n"),
        (CHUNKED.replace("Encoding:", "Encoding :"), b"1a\r\n" + PATIENT + b"\r\n0\r\n\r\n"),
        (CHUNKED, b"zz\r\n" + PATIENT + b"\r\n0\r\n\r\n"),
        (CHUNKED, b"-1\r\n" + PATIENT + b"\r\n0\r\n\r\n"),
        (CHUNKED, b"f" * 18 + b"\r\n" + PATIENT),
        (CHUNKED, b"1a;" + b"x" * 200_000 + b"\r\n" + PATIENT + b"\r\n0\r\n\r\n"),
        (CHUNKED, b"1a\n" + PATIENT + b"\n0\n\n"),
        ("X: a\0b\r\n", b""),
        ("X: a\r\n b\r\n", b""),
    ],
)
@pytest.mark.parametrize(
    "path", ["/fhir/Patient", f"/intake/fhir?source={SOURCE}", "/oauth/token", "/language"]
)
def test_what_can_be_read_in_two_ways_is_refused(wire: Wire, path: str, headers: str, body: bytes) -> None:
    status, _ = wire.send(f"POST {path}", headers, body)
    assert 400 <= status < 500


def test_a_body_in_pieces_that_are_none_is_told_as_an_outcome(wire: Wire) -> None:
    _, answer = wire.send("POST /fhir/Patient", CHUNKED, b"zz\r\n")
    assert json.loads(answer)["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("GET /static/portal/" + "a" * 5_000 + ".css", 404),
        ("GET /static/portal/a%00.css", 404),
        ("GET /static/portal/..%2f..%2froutes.py", 404),
        ("GET /static/%2e%2e/%2e%2e/%2e%2e/etc/passwd", 404),
        ("GET /fhir/_export/%2e%2e/users.toml", 404),
        ("GET /fhir/Patient?" + "&".join(["name=a"] * 1_001), 413),
        ("GET /fhir/Patient?_sort=" + ",".join(["name"] * 9_000), 400),
        ("GET /fhir/Patient?" + "&".join(["_include=Patient:organization"] * 900), 200),
        ("GET /fhir/Patient?" + "&".join(["_revinclude=Observation:*"] * 900), 200),
        ("GET /fhir/Patient?name=%c0%af", 400),
        ("GET /intake/hl7", 404),
        ("OPTIONS /intake/fhir", 204),
        ("BREW /fhir/Patient", 405),
        ("TRACE /intake/fhir", 405),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_an_address_nobody_would_write(wire: Wire, line: str, expected: int) -> None:
    status, answer = wire.send(line)
    assert status == expected
    if status >= 400 and ("/fhir" in line or "/intake" in line):
        assert json.loads(answer)["resourceType"] == "OperationOutcome"


def test_a_large_message_that_may_not_come_is_refused_before_it_comes(wire: Wire) -> None:
    headers = SIZED.format(2 << 30) + "X-Kangshu-Purpose: research\r\n"
    status, answer = wire.send(f"POST /intake/fhir?source={SOURCE}", headers)
    assert (status, json.loads(answer)["issue"][0]["code"]) == (403, "forbidden")


def test_what_a_client_makes_up_is_no_label_of_a_metric(wire: Wire) -> None:
    wire.send("MADEUP /fhir/Patient")
    _, metrics = wire.send("GET /metrics")
    assert "MADEUP" not in metrics
    assert 'method="other"' in metrics


def _patient(number: int, size: int) -> bytes:
    names = b",".join(b'{"family":"a%08d"}' % n for n in range(size // 24))
    return b'{"resourceType":"Patient","id":"large%d","name":[%s]}' % (number, names)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("path", ["/fhir/Patient", f"/intake/fhir?source={SOURCE}"])
def test_many_large_resources_at_once_take_little_more_memory_than_one(wire: Wire, path: str) -> None:
    size = 9 * MEGABYTE // 2
    before = wire.memory("VmRSS")
    assert wire.post(path, _patient(0, size)) in (200, 201)
    one = wire.memory("VmHWM") - before
    with ThreadPoolExecutor(4) as threads:
        statuses = list(threads.map(lambda n: wire.post(path, _patient(n, size)), range(1, 5)))
    assert set(statuses) <= {200, 201}
    assert wire.memory("VmHWM") - before < 2 * one + 200 * MEGABYTE


def test_a_body_that_comes_too_slowly_counts_as_cut_off() -> None:
    told: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async for _ in Request(scope, receive).stream():
            pass

    async def never() -> Message:
        await asyncio.sleep(60)
        raise AssertionError

    async def trickle() -> Message:
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def whole() -> Message:
        return {"type": "http.request", "body": b"x", "more_body": False}

    async def ask(receive: Any) -> None:
        async def send(_: Message) -> None: ...

        late = Late(app, pause=0.2, grace=0.5, slowest=1000)
        scope: Scope = {"type": "http", "method": "POST", "path": "/", "headers": []}
        try:
            await late(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - which one is what is asked
            told.append(type(error).__name__)
        else:
            told.append("whole")

    for receive in (never, trickle, whole):
        asyncio.run(ask(receive))
    assert told == ["ClientDisconnect", "ClientDisconnect", "whole"]
