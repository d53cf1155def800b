"""Whatever is sent, the server answers: never a 5xx, every refusal an OperationOutcome."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

pytestmark = pytest.mark.slow

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]

TYPES = ["Patient", "Observation", "Bundle", "Parameters", "Group", "Location", "ValueSet", "Nope", "*"]
WORDS = [
    *TYPES,
    "_search",
    "_history",
    "$validate",
    "$everything",
    "$export",
    "metadata",
    "_export",
    "1",
    "a.b-c",
    "..",
]
NAMES = [
    "_id",
    "_lastUpdated",
    "_tag",
    "_profile",
    "_text",
    "_content",
    "_list",
    "_has:Observation:subject:code",
    "name",
    "name:exact",
    "name:contains",
    "identifier",
    "identifier:of-type",
    "birthdate",
    "code",
    "code:text",
    "code:not",
    "value-quantity",
    "code-value-quantity",
    "component-code-value-quantity",
    "subject",
    "subject:Patient.name",
    "subject:identifier",
    "patient.organization.name",
    "near",
    "url:below",
    "url:above",
    "general-practitioner:missing",
    "_include",
    "_include:iterate",
    "_revinclude",
    "_sort",
    "_count",
    "_total",
    "_summary",
    "_elements",
    "_page",
    "_type",
    "_since",
    "_at",
    "start",
    "_contained",
    "_pretty",
    "_format",
    "_typeFilter",
    "mode",
]
VALUES = [
    "",
    "x",
    "1",
    "0",
    "-1",
    "1e400",
    "1e-400",
    "NaN",
    "true",
    "2020",
    "2020-13-45",
    "ge2020",
    "eb2020-01-01T00:00",
    "ap1900",
    "0000",
    "9999-12-31T23:59:60Z",
    "ne5.4|http://unitsofmeasure.org|mg",
    "5||",
    "a|b|c|d",
    "|",
    "||",
    "http://loinc.org|",
    "Patient/1",
    "Patient/1/_history/2",
    "http://x/Patient/1",
    "urn:uuid:1",
    "a$b",
    "a$1$2",
    "$",
    "\\",
    "\\,",
    "a,b,c",
    ",",
    ",".join("x" * 500),
    "-birthdate,_id,nope",
    "*",
    "Patient:organization",
    "%",
    "_%",
    "'",
    '"; DROP TABLE fact; --',
    "王小明",
    "🙂",
    "\u0301",
    "\ud7ff",
    "42|0|5|km",
    "91|181|5|furlong",
    "json",
    "xml",
    "count",
]

texts = st.one_of(st.sampled_from(VALUES), st.text(max_size=30))
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=20))
trees = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "resourceType",
                    "id",
                    "name",
                    "entry",
                    "request",
                    "method",
                    "url",
                    "resource",
                    "parameter",
                    "part",
                    "meta",
                    "reference",
                    "subject",
                    "value",
                    "op",
                    "path",
                    "type",
                    "fullUrl",
                ]
            )
            | st.text(max_size=8),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)
resources = st.builds(
    lambda kind, rest: {**rest, "resourceType": kind},
    st.sampled_from(TYPES),
    st.dictionaries(
        st.sampled_from(
            ["id", "name", "birthDate", "identifier", "status", "code", "type", "entry", "parameter", "meta"]
        ),
        trees,
        max_size=5,
    ),
)
requests = st.fixed_dictionaries(
    {
        "method": st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "GET"])
        | st.text("AZ", max_size=3),
        "url": st.builds(
            lambda path, query: "/".join(path) + "?" + query,
            st.lists(st.sampled_from(WORDS), max_size=4),
            texts,
        )
        | texts,
    },
    optional={"ifMatch": texts, "ifNoneExist": texts, "ifNoneMatch": texts},
)
bundles = st.builds(
    lambda kind, entries: {"resourceType": "Bundle", "type": kind, "entry": entries},
    st.sampled_from(["batch", "transaction"]),
    st.lists(
        st.fixed_dictionaries(
            {"request": requests | trees}, optional={"resource": resources | trees, "fullUrl": texts}
        ),
        max_size=4,
    ),
)
operations = st.lists(
    st.fixed_dictionaries(
        {"op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test"]), "path": texts},
        optional={"value": trees, "from": texts},
    ),
    max_size=4,
)
bodies = st.one_of(
    st.binary(max_size=60),
    trees.map(lambda value: json.dumps(value).encode()),
    resources.map(lambda value: json.dumps(value).encode()),
    bundles.map(lambda value: json.dumps(value).encode()),
    operations.map(lambda value: json.dumps(value).encode()),
    st.lists(st.tuples(st.sampled_from(NAMES), texts), max_size=4).map(
        lambda pairs: urlencode(pairs, errors="replace").encode()
    ),
)
media = st.sampled_from(
    [
        "application/fhir+json",
        "application/json",
        "application/json-patch+json",
        "application/merge-patch+json",
        "application/x-www-form-urlencoded",
        "text/xml",
        "",
        "application/json; charset=latin1",
    ]
)
headers = st.fixed_dictionaries(
    {"content-type": media},
    optional={
        "prefer": st.sampled_from(["return=minimal", "handling=strict", "respond-async", "x"]),
        "if-match": st.sampled_from(['W/"1"', "x", "*", '"99999999999999"']),
        "if-none-match": st.sampled_from(["*", 'W/"1"', "x"]),
        "if-none-exist": st.sampled_from(["identifier=x", "_id=1", "nope=1", "", "=", "%ff"]),
        "if-modified-since": st.sampled_from(
            ["x", "Mon, 01 Jan 2024 00:00:00 GMT", "Mon, 99 Jan 9999 99:00:00 GMT"]
        ),
        "accept": st.sampled_from(
            ["*/*", "text/html", "application/fhir+json", ";;;,", "application/json;q=0"]
        ),
        "content-encoding": st.sampled_from(["gzip", "deflate", "br", "identity"]),
        "x-kangshu-purpose": st.sampled_from(["treatment", "research", "x"]),
    },
)


@settings(max_examples=800, deadline=None, suppress_health_check=SLOW, derandomize=True)
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]),
    path=st.lists(st.sampled_from(WORDS) | st.text(min_size=1, max_size=10), max_size=4),
    params=st.lists(st.tuples(st.sampled_from(NAMES) | st.text(max_size=10), texts), max_size=4),
    sent=headers,
    body=bodies,
)
def test_no_request_makes_the_server_fail(
    fhir: TestClient,
    method: str,
    path: list[str],
    params: list[tuple[str, str]],
    sent: dict[str, str],
    body: bytes,
) -> None:
    address = "/fhir/" + "/".join(quote(part, safe="$*", errors="replace") for part in path)
    query = urlencode(params, errors="replace")
    content = None if method in ("GET", "HEAD", "DELETE") else body
    check(fhir.request(method, f"{address}?{query}", headers=sent, content=content))


@settings(max_examples=300, deadline=None, suppress_health_check=SLOW, derandomize=True)
@given(
    params=st.lists(st.tuples(st.sampled_from(NAMES), texts), min_size=1, max_size=3),
    kind=st.sampled_from(TYPES),
)
def test_no_search_makes_the_server_fail(fhir: TestClient, params: list[tuple[str, str]], kind: str) -> None:
    check(fhir.get(f"/fhir/{kind}?{urlencode(params, errors='replace')}"))


@settings(max_examples=300, deadline=None, suppress_health_check=SLOW, derandomize=True)
@given(bundle=bundles)
def test_no_bundle_makes_the_server_fail(fhir: TestClient, bundle: dict[str, Any]) -> None:
    answer = fhir.post("/fhir", content=json.dumps(bundle), headers={"content-type": "application/fhir+json"})
    check(answer)
    if answer.status_code == 200:
        assert len(answer.json().get("entry", [])) == len(bundle["entry"])
        for entry in answer.json().get("entry", []):
            assert not entry["response"]["status"].startswith("5")


def check(answer: Any) -> None:
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400 and answer.content and answer.url.path.startswith("/fhir"):
        assert b"OperationOutcome" in answer.content, (answer.request.method, str(answer.url), answer.text)
