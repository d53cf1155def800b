"""Bulk export by HTTP: kick-off, status, files, cancelling.

https://hl7.org/fhir/uv/bulkdata/STU2/export.html
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import orjson

from kangshu.interfaces.web.fhir.access import grant_for, reader_for
from kangshu.interfaces.web.fhir.call import Answer, Call, Params
from kangshu.interfaces.web.fhir.conditional import criteria_of
from kangshu.interfaces.web.fhir.export_state import KEPT, ExportState, Level, Output
from kangshu.interfaces.web.fhir.history import moment_param
from kangshu.interfaces.web.fhir.json_text import parse_object
from kangshu.interfaces.web.fhir.negotiation import (
    NDJSON_TYPES,
    check_json_body,
    http_date,
    preferences,
    wants_async,
)
from kangshu.interfaces.web.fhir.outcome import Failure
from kangshu.interfaces.web.fhir.paging import address
from kangshu.interfaces.web.fhir.service import Service
from kangshu.interfaces.web.fhir.view_export import views_done, views_failed, views_underway
from kangshu.interfaces.web.fhir.view_question import MEDIA
from kangshu.kernel.base.errors import Invalid, Refused
from kangshu.kernel.base.ids import new_id
from kangshu.kernel.base.time import instant
from kangshu.kernel.facts.search.request import parse_query

Json = dict[str, Any]

_KNOWN = frozenset(
    {"_type", "_since", "_typeFilter", "_outputFormat", "_elements", "_format", "_pretty", "patient"}
)
_FILTER = re.compile(r",(?=[A-Z][A-Za-z]+\?)")
_CHUNK = 256 << 10


def export_system(service: Service, call: Call) -> Answer:
    return _kick_off(service, call, "system", None)


def export_patients(service: Service, call: Call) -> Answer:
    return _kick_off(service, call, "patient", None)


def export_group(service: Service, call: Call) -> Answer:
    group = reader_for(service, call, "read", "Group").read("Group", call.id)
    return _kick_off(service, call, "group", _members(orjson.loads(group.body)))


def status(service: Service, call: Call) -> Answer:
    """202 while it runs, 200 with the manifest when it is done."""
    state = service.exports.state(call.names["job"], call.principal.id)
    if state.status == "failed" and state.level == "views":
        raise views_failed(state)
    if state.status == "failed":
        raise Failure(500, "exception", "The export failed.", remedy="Delete it and start a new one.")
    if state.status != "done":
        if state.level == "views":
            return views_underway(call, state)
        progress = f"{len(state.finished)} of {len(state.types)} types"
        return Answer(202, b"", {"X-Progress": progress, "Retry-After": "1"})
    if state.level == "views":
        return views_done(call, state)
    manifest = {
        "transactionTime": instant(state.transaction_time),
        "request": state.request,
        "requiresAccessToken": True,
        "output": [_listed(call, state, each) for each in state.output],
        "deleted": [_listed(call, state, each) for each in state.deleted],
        "error": [],
    }
    headers = {"Expires": http_date(state.transaction_time + KEPT)}
    return Answer(200, orjson.dumps(manifest), headers, media="application/json")


def cancel(service: Service, call: Call) -> Answer:
    service.exports.cancel(call.names["job"], call.principal.id)
    return Answer(202)


def download(service: Service, call: Call) -> Answer:
    """One file, compressed if the client takes that."""
    path = service.exports.file(call.names["job"], call.principal.id, call.names["file"])
    state = service.exports.state(call.names["job"], call.principal.id)
    media = MEDIA[state.form] if state.level == "views" else "application/fhir+ndjson"
    packed = "gzip" in call.header("accept-encoding")
    headers = (
        {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"} if packed else {"Vary": "Accept-Encoding"}
    )
    chunks = _packed(_read(path)) if packed else _read(path)
    return Answer(200, b"", headers, media=media, chunks=chunks)


def _kick_off(service: Service, call: Call, level: Level, subjects: list[str] | None) -> Answer:
    if not wants_async(call):
        raise Invalid(
            "An export runs in the background.", remedy="Send Prefer: respond-async.", code="required"
        )
    call = replace(call, params=_params(call))
    _check_params(call)
    explicit = call.values("_type")
    types = _types(service, call, level, explicit)
    patients = call.values("patient")
    if patients and level == "system":
        raise Invalid.at("patient", "A system export takes no patients.", "value")
    state = ExportState(
        id=new_id(),
        request=address(
            f"{call.base}/{'/'.join(call.segments)}", tuple(p for p in call.params if p[0] != "patient")
        ),
        level=level,
        principal=call.principal,
        purpose=call.purpose,
        types=types,
        transaction_time=service.platform.clock(),
        since=moment_param(call, "_since"),
        filters=_filters(service, call, types),
        subjects=_chosen_subjects(subjects, patients),
        elements=tuple(name.rpartition(".")[2] for name in call.values("_elements")),
    )
    service.exports.submit(state)
    return Answer(202, b"", {"Content-Location": f"{call.base}/_export/{state.id}"})


def _params(call: Call) -> Params:
    """The parameters of the URL, or those of a Parameters resource."""
    if call.method != "POST" or not call.body.strip():
        return call.params
    check_json_body(call)
    body = parse_object(call.body)
    if body.get("resourceType") != "Parameters" or not isinstance(body.get("parameter", []), list):
        raise Invalid("The body is not a Parameters resource.", code="structure")
    items = cast("list[Any]", body.get("parameter", []))
    pairs = [_pair(cast(Json, item)) for item in items if isinstance(item, dict)]
    return (*call.params, *pairs)


def _pair(item: Json) -> tuple[str, str]:
    value = next((item[key] for key in item if key.startswith("value")), "")
    if isinstance(value, dict):
        value = cast(Json, value).get("reference", "")
    return str(item.get("name", "")), str(value)


def _check_params(call: Call) -> None:
    wanted = call.param("_outputFormat").replace(" ", "+")
    if wanted and wanted not in NDJSON_TYPES:
        raise Invalid.at(
            "_outputFormat", "Exports are written as application/fhir+ndjson only.", "not-supported"
        )
    unknown = sorted({name for name, _ in call.params if name not in _KNOWN})
    if unknown and preferences(call).get("handling") != "lenient":
        raise Invalid.at("parameter", "The export has a parameter that is not supported.", "not-supported")


def _types(service: Service, call: Call, level: Level, explicit: list[str]) -> tuple[str, ...]:
    """The types to export: those asked for, else all that may be. Raises Refused if none may."""
    catalogue = service.platform.catalogue
    if any(name not in catalogue.types for name in explicit):
        raise Invalid.at("_type", "_type names a type that there is not.", "value")
    offered = [name for name, type in catalogue.types.items() if level == "system" or type.subjects]
    if explicit:
        for name in explicit:
            grant_for(service, call, "export", name)
        return tuple(dict.fromkeys(name for name in explicit if name in offered or level == "system"))
    allowed = [name for name in offered if _may_export(service, call, name)]
    if not allowed:
        grant_for(service, call, "export", None)
    return tuple(allowed)


def _may_export(service: Service, call: Call, type: str) -> bool:
    try:
        grant_for(service, call, "export", type)
    except Refused:
        return False
    return True


def _filters(service: Service, call: Call, types: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Search queries per type. Raises Invalid when one is not understood."""
    found: dict[str, tuple[str, ...]] = {}
    values = [value for name, value in call.params if name == "_typeFilter" and value]
    for text in (part for value in values for part in _FILTER.split(value)):
        type, mark, query = text.partition("?")
        if not mark or type not in types:
            raise Invalid.at(
                "_typeFilter", "_typeFilter is written Type?parameter=value, with an exported type.", "value"
            )
        parse_query(service.platform.catalogue, type, criteria_of(query))
        found[type] = (*found.get(type, ()), query)
    return found


def _chosen_subjects(members: list[str] | None, patients: list[str]) -> tuple[str, ...] | None:
    if not patients:
        return None if members is None else tuple(members)
    named = [each if each.startswith("Patient/") else f"Patient/{each}" for each in patients]
    return tuple(each for each in named if members is None or each in members)


def _members(group: Json) -> list[str]:
    """The patients that are active members of a Group."""
    found: dict[str, None] = {}
    for member in group.get("member", []):
        reference = member.get("entity", {}).get("reference", "")
        if not member.get("inactive") and reference.startswith("Patient/"):
            found["/".join(reference.split("/")[:2])] = None
    return list(found)


def _listed(call: Call, state: ExportState, output: Output) -> Json:
    where = f"{call.base}/_export/{state.id}/{output.file}"
    return {"type": output.type, "url": where, "count": output.count}


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk


def _packed(chunks: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(6, wbits=31)
    for chunk in chunks:
        yield packer.compress(chunk)
    yield packer.flush()
