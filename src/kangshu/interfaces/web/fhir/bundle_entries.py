"""The entries of a batch or transaction Bundle, read and checked.

https://hl7.org/fhir/R4/http.html#transaction
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, replace
from typing import Any, Literal, cast
from urllib.parse import unquote

from kangshu.interfaces.web.fhir.call import Call, Params
from kangshu.interfaces.web.fhir.conditional import criteria_of
from kangshu.interfaces.web.fhir.json_text import write
from kangshu.interfaces.web.fhir.negotiation import PATCH_TYPE
from kangshu.kernel.base.errors import Invalid

Json = dict[str, Any]
Method = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]

MAX_ENTRIES = 50_000

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
_TEXTS = ("ifNoneMatch", "ifModifiedSince", "ifMatch", "ifNoneExist")
_SAFE = re.compile(r"[A-Za-z0-9\-._$*]+")


@dataclass(frozen=True, slots=True)
class BundleEntry:
    """One entry. `segments` and `params` are those of its request's URL, relative to the base."""

    position: int
    full_url: str
    method: Method
    segments: tuple[str, ...]
    params: Params
    resource: Json | None
    conditions: dict[str, str]

    @property
    def where(self) -> str:
        """The place of the entry, for messages."""
        return f"Bundle.entry[{self.position}]"

    @property
    def type(self) -> str:
        return self.segments[0] if self.segments else ""


def read_entries(bundle: Json, base: str) -> list[BundleEntry | Invalid]:
    """The entries in order; in the place of one that cannot be read stands what is wrong with it."""
    entries = bundle.get("entry", [])
    if not isinstance(entries, list):
        raise Invalid("Bundle.entry is not a list.", code="structure")
    items = cast("list[Any]", entries)
    if len(items) > MAX_ENTRIES:
        raise Invalid(f"The Bundle has more than {MAX_ENTRIES} entries.", code="too-costly")
    return [_read_or_problem(item, position, base) for position, item in enumerate(items)]


def quiet(call: Call) -> Call:
    """The call, asking for short answers unless the client says what it wants back."""
    if "return=" in call.header("prefer"):
        return call
    return replace(call, headers={**call.headers, "prefer": "return=minimal"})


def call_of(entry: BundleEntry, call: Call) -> Call:
    """The call that an entry of a batch stands for."""
    headers = {
        "prefer": call.header("prefer"),
        "if-match": entry.conditions["ifMatch"],
        "if-none-match": entry.conditions["ifNoneMatch"],
        "if-modified-since": entry.conditions["ifModifiedSince"],
        "if-none-exist": entry.conditions["ifNoneExist"],
    }
    body, media = body_of(entry)
    headers["content-type"] = media
    return replace(
        call,
        method=entry.method,
        segments=entry.segments,
        params=entry.params,
        headers={name: value for name, value in headers.items() if value},
        body=body,
        names={},
    )


def body_of(entry: BundleEntry) -> tuple[bytes, str]:
    """The body an entry brings, and its media type. A JSON patch comes in a Binary."""
    if entry.resource is None:
        return b"", ""
    if entry.method == "PATCH" and entry.resource.get("resourceType") == "Binary":
        return _binary(entry.resource, entry.where), PATCH_TYPE
    return write(entry.resource), "application/fhir+json"


def _read_or_problem(item: Any, position: int, base: str) -> BundleEntry | Invalid:
    try:
        return _read(item, position, base)
    except Invalid as error:
        return error


def _read(item: Any, position: int, base: str) -> BundleEntry:
    where = f"Bundle.entry[{position}]"
    if not isinstance(item, dict):
        raise Invalid.at(where, "The entry is not an object.", "structure")
    entry = cast(Json, item)
    request = entry.get("request")
    if not isinstance(request, dict):
        raise Invalid.at(f"{where}.request", "The entry has no request.", "required")
    asked = cast(Json, request)
    method = asked.get("method")
    if not isinstance(method, str) or method not in METHODS:
        raise Invalid.at(
            f"{where}.request.method", "The method is not one of " + ", ".join(sorted(METHODS)) + ".", "value"
        )
    segments, params = _address(asked.get("url"), base, f"{where}.request.url")
    resource = entry.get("resource")
    if resource is not None and not isinstance(resource, dict):
        raise Invalid.at(f"{where}.resource", "The resource is not an object.", "structure")
    if resource is None and method in ("POST", "PUT", "PATCH") and not segments[-1:] == ("_search",):
        raise Invalid.at(f"{where}.resource", f"A {method} entry needs a resource.", "required")
    full_url = entry.get("fullUrl", "")
    return BundleEntry(
        position,
        full_url if isinstance(full_url, str) else "",
        cast(Method, method),
        segments,
        params,
        cast("Json | None", resource),
        {name: _text(asked, name, where) for name in _TEXTS},
    )


def _address(url: Any, base: str, where: str) -> tuple[tuple[str, ...], Params]:
    if not isinstance(url, str) or len(url) > 20_000:
        raise Invalid.at(where, "The request has no URL.", "required")
    path, _, query = url.removeprefix(base).lstrip("/").partition("?")
    segments = tuple(unquote(part) for part in path.split("/") if part)
    if not all(_SAFE.fullmatch(part) for part in segments):
        raise Invalid.at(where, "The URL is not relative to this server.", "value")
    return segments, criteria_of(query)


def _text(request: Json, name: str, where: str) -> str:
    value = request.get(name, "")
    if not isinstance(value, str) or any(ord(character) < 32 for character in value):
        raise Invalid.at(f"{where}.request.{name}", f"{name} is not a string.", "structure")
    return value


def _binary(resource: Json, where: str) -> bytes:
    try:
        return base64.b64decode(str(resource.get("data", "")), validate=True)
    except (binascii.Error, ValueError):
        raise Invalid.at(f"{where}.resource.data", "The data of the Binary is not base64.", "value") from None
