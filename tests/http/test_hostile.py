"""Hostile input over HTTP: a clear answer, nobody's data in it or in the log, a server that stays up."""

from __future__ import annotations

import gzip
import http.client
import json
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from tests.support.commands import Serving, kangshu, open_home, serving

MARK = "Zhangsan"
SOURCE = "H44099900001"
MEGABYTE = 1 << 20
PATIENT = {"resourceType": "Patient"}


@dataclass(frozen=True)
class Caller:
    """A client that sends exactly what it is told to."""

    server: Serving
    token: str

    def ask(
        self, method: str, path: str, body: bytes | Iterable[bytes] | None = None, **headers: str
    ) -> tuple[int, bytes]:
        address = urlsplit(self.server.address)
        connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=120)
        sent = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/fhir+json"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            # It may have heard enough, and answer before all is sent.
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.request(method, path, body, sent)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def peak(self) -> int:
        """The most memory the server ever held, in bytes."""
        status = Path(f"/proc/{self.server.process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024

    def is_up(self) -> bool:
        return self.server.process.poll() is None and self.ask("GET", "/health/ready")[0] == 200


@pytest.fixture(scope="module")
def caller() -> Iterator[Caller]:
    with open_home() as home, serving(home, KANGSHU_QUALITY_SECONDS="1") as server:
        token = kangshu(home, "token", "--client", "hostile", "--scope", "system/*.cruds").stdout.strip()
        made = Caller(server, token)
        yield made
        assert made.is_up()
        assert MARK not in server.log.read_text()
        assert "Traceback" not in server.log.read_text()
        assert "quality not judged" not in server.log.read_text()


def refused(answer: tuple[int, bytes]) -> dict[str, Any]:
    """The OperationOutcome of a refusal that says nothing of what was sent."""
    status, body = answer
    assert 400 <= status < 500, (status, body[:500])
    outcome = json.loads(body)
    assert outcome["resourceType"] == "OperationOutcome"
    assert outcome["issue"]
    assert outcome["issue"][0]["diagnostics"]
    assert MARK not in body.decode()
    return outcome


BODIES = {
    "empty": b"",
    "malformed": f'{{"resourceType":"Patient","name":[{{"family":"{MARK}'.encode(),
    "two values": f'{{"resourceType":"Patient"}}{{"{MARK}":1}}'.encode(),
    "utf-16": f'{{"resourceType":"Patient","name":[{{"family":"{MARK}"}}]}}'.encode("utf-16"),
    "gb18030": '{"resourceType":"Patient","name":[{"family":"张三"}]}'.encode("gb18030"),
    "deep array": b'{"resourceType":"Patient","name":' + b"[" * 1_000_000 + b"]" * 1_000_000 + b"}",
    "deep object": b'{"resourceType":"Patient","name":' + b'{"a":' * 1_000_000,
    "array": b"[]",
    "number": b"1",
    "unknown type": f'{{"resourceType":"{MARK}"}}'.encode(),
    "type is a number": b'{"resourceType":1}',
    "twice": f'{{"resourceType":"Patient","gender":"male","gender":"{MARK}"}}'.encode(),
    "nul": f'{{"resourceType":"Patient","name":[{{"family":"{MARK}\\u0000"}}]}}'.encode(),
    "surrogate": f'{{"resourceType":"Patient","name":[{{"family":"{MARK}\\ud800"}}]}}'.encode(),
    "values": f'{{"resourceType":"Patient","birthDate":"{MARK}","active":"{MARK}"}}'.encode(),
    "huge number": b'{"resourceType":"Patient","multipleBirthInteger":' + b"9" * 100_000 + b"}",
    "huge array": b'{"resourceType":"Patient","name":[' + b"1," * 1_000_000 + b"1]}",
    "NaN": b'{"resourceType":"Patient","multipleBirthInteger":NaN}',
}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("path", ["POST /fhir/Patient", "PUT /fhir/Patient/h1", "POST /fhir"])
def test_a_body_that_is_no_resource(caller: Caller, path: str, name: str) -> None:
    method, _, target = path.partition(" ")
    refused(caller.ask(method, target, BODIES[name]))


@pytest.mark.parametrize("name", [name for name in BODIES if name != "twice"])
@pytest.mark.parametrize("media", ["application/fhir+json", "application/fhir+ndjson", "application/gzip"])
def test_a_message_that_is_no_message_is_kept_and_set_aside(caller: Caller, media: str, name: str) -> None:
    status, body = caller.ask("POST", f"/intake/fhir?source={SOURCE}", BODIES[name], Content_Type=media)
    assert status < 500, body
    assert MARK not in body.decode()
    if status == 200:
        assert not json.loads(body)["stored"]


def _bundle(entry: dict[str, Any]) -> bytes:
    return json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": [entry]}).encode()


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"request": {"method": "BREW", "url": MARK}},
        {"request": {"method": "POST", "url": "Patient"}},
        {"request": {"method": "PUT", "url": f"Patient/{MARK} x"}, "resource": PATIENT},
        {"request": {"method": "PUT", "url": "Patient?identifier=\0"}, "resource": PATIENT},
        {"request": {"method": "POST", "url": "Patient"}, "resource": {**PATIENT, "birthDate": MARK}},
        {"request": {"method": "POST", "url": "Patient", "ifNoneExist": f"x={MARK}"}, "resource": PATIENT},
        {"fullUrl": 7, "request": {"method": "DELETE", "url": f"{MARK}/1"}},
    ],
)  # fmt: skip
def test_an_entry_that_makes_no_sense(caller: Caller, entry: dict[str, Any]) -> None:
    refused(caller.ask("POST", "/fhir", _bundle(entry)))


HOSTILE = [
    "' OR 1=1; DROP TABLE fact; --",
    "%",
    "_",
    "%%%___\\",
    "\\",
    "(.*)+$",
    "a" * 7_000,
    "\0",
    "\r\nX-Evil: 1",
    "\u202e\ud83d\ude00",
    "$|,\\,",
    "{{7*7}}",
    "<script>",
    "0x7fffffff",
    "-" * 2_000,
    "9" * 2_000,
    "1e999999",
]


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize(
    "parameter",
    "name name:contains name:exact identifier birthdate _id _lastUpdated general-practitioner _sort _count"
    " organization.name _has:Observation:patient:code _cursor _include nonsense".split(),
)
def test_a_search_value_is_a_value_or_refused(caller: Caller, parameter: str, value: str) -> None:
    encoded = quote(value, safe="", errors="surrogatepass")
    status, body = caller.ask("GET", f"/fhir/Patient?{parameter}={encoded}")
    assert status in (200, *range(400, 500)), body[:300]
    assert json.loads(body)["resourceType"] == ("Bundle" if status == 200 else "OperationOutcome")


@pytest.mark.parametrize(
    "raw", ["%", "%zz", "%ff%fe", "%00", "%ed%a0%80", "a%2Fb", "%2e%2e%2f%2e%2e", "x" * 65]
)
@pytest.mark.parametrize(
    "path", ["/fhir/Patient/{}", "/fhir/{}/1", "/fhir/Patient/1/_history/{}", "/fhir/Patient?_id={}"]
)
def test_an_address_is_an_address_or_refused(caller: Caller, path: str, raw: str) -> None:
    status, body = caller.ask("GET", path.format(raw))
    assert status in (200, *range(400, 500)), body[:300]
    assert b"Traceback" not in body


@pytest.mark.parametrize("verb", ["GET", "PUT", "DELETE", "PATCH"])
def test_an_id_with_sql_in_it(caller: Caller, verb: str) -> None:
    body = b'{"resourceType":"Patient"}'
    refused(caller.ask(verb, f"/fhir/Patient/{quote(MARK + chr(39) + ' OR 1=1')}", body))


def test_a_like_pattern_means_itself(caller: Caller) -> None:
    for id, name in (("like1", "100%sure"), ("like2", "under_score"), ("like3", "plain")):
        patient = {"resourceType": "Patient", "id": id, "name": [{"family": name}]}
        assert caller.ask("PUT", f"/fhir/Patient/{id}", json.dumps(patient).encode())[0] == 201
    for value, expected in (("%", ["like1"]), ("_", ["like2"]), ("100%", ["like1"]), ("p%n", [])):
        status, body = caller.ask("GET", f"/fhir/Patient?name:contains={quote(value)}")
        assert status == 200
        assert [entry["resource"]["id"] for entry in json.loads(body).get("entry", [])] == expected


def test_a_gzip_bomb(caller: Caller) -> None:
    before = caller.peak()
    bomb = gzip.compress(b" " * (500 * MEGABYTE), 6, mtime=0)
    assert refused(caller.ask("POST", "/fhir/Patient", bomb, Content_Encoding="gzip"))["issue"][0]["code"]
    status, body = caller.ask("POST", f"/intake/fhir?source={SOURCE}", bomb, Content_Encoding="gzip")
    assert status < 500, body
    assert caller.peak() - before < 700 * MEGABYTE
    assert caller.is_up()


@pytest.mark.parametrize(
    "body", [gzip.compress(b"{}", mtime=0)[:-3], b"\x1f\x8b", b"no gzip", zlib.compress(b"{}")]
)
def test_broken_gzip(caller: Caller, body: bytes) -> None:
    refused(caller.ask("POST", "/fhir/Patient", body, Content_Encoding="gzip"))


def _large(size: int) -> tuple[int, Iterator[bytes]]:
    start, end = b'{"resourceType":"Patient","name":[{"family":"', b'"}]}'

    def parts() -> Iterator[bytes]:
        yield start
        for _ in range(size // MEGABYTE):
            yield b"x" * MEGABYTE
        yield end

    return size + len(start) + len(end), parts()


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize("path", ["/fhir/Patient", f"/intake/fhir?source={SOURCE}"])
def test_a_resource_of_200_megabytes(caller: Caller, path: str, declared: bool) -> None:
    before = caller.peak()
    length, parts = _large(200 * MEGABYTE)
    headers = {"Content_Length": str(length)} if declared else {"Transfer_Encoding": "chunked"}
    body = parts if declared else (f"{len(part):x}\r\n".encode() + part + b"\r\n" for part in _ended(parts))
    status, answer = caller.ask("POST", path, body, **headers)
    assert status < 500
    if path.startswith("/fhir"):
        refused((status, answer))
    else:
        assert json.loads(answer)["quarantined"] == {"?": 1}
    assert caller.peak() - before < 500 * MEGABYTE
    assert caller.is_up()


def _ended(parts: Iterator[bytes]) -> Iterator[bytes]:
    yield from parts
    yield b""


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer " + "x" * 5_000},
        {"Authorization": f"Basic {MARK}"},
        {"Content_Type": "text/" + "x" * 5_000},
        {"Content_Type": "application/fhir+json; charset=gb18030"},
        {"Content_Encoding": "br"},
        {"If_Match": 'W/"9999999999999999999999"'},
        {"If_None_Exist": "identifier=" + "x" * 5_000},
        {"Prefer": "return=" + MARK},
        {"Accept": "application/" + MARK},
    ],
)
def test_headers_that_make_no_sense(caller: Caller, headers: dict[str, str]) -> None:
    body = json.dumps({"resourceType": "Patient", "name": [{"family": "x"}]}).encode()
    status, answer = caller.ask("POST", "/fhir/Patient", body, **headers)
    assert status < 500, answer
    assert MARK not in answer.decode()


def test_a_property_that_comes_twice_is_set_aside(caller: Caller) -> None:
    _, body = caller.ask("POST", f"/intake/fhir?source={SOURCE}", BODIES["twice"])
    assert not json.loads(body)["stored"]
