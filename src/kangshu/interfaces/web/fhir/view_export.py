"""`$viewdefinition-export`: views in the background, each to a file.

https://build.fhir.org/ig/HL7/sql-on-fhir/OperationDefinition-ViewDefinitionExport.html
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson

from kangshu.interfaces.web.fhir.access import grant_for
from kangshu.interfaces.web.fhir.call import Answer, Call
from kangshu.interfaces.web.fhir.export_state import KEPT, ExportState, ViewOutput
from kangshu.interfaces.web.fhir.negotiation import http_date, wants_async
from kangshu.interfaces.web.fhir.outcome import Failure
from kangshu.interfaces.web.fhir.service import Service
from kangshu.interfaces.web.fhir.terminology_question import Question, question_of
from kangshu.interfaces.web.fhir.view_question import form_of, instant_of, reference_of, refuse_unknown
from kangshu.kernel.base.errors import Invalid, KangshuError, NotFound, Problem, TooCostly
from kangshu.kernel.base.ids import new_id
from kangshu.kernel.base.time import instant
from kangshu.kernel.codes.coding import objects_of
from kangshu.kernel.views.parsing import parse_view

Json = dict[str, Any]

MOST_VIEWS = 100
MOST_CHARACTERS = 100

_KNOWN = frozenset({"_format", "clientTrackingId", "asOf"})
_PARTS = frozenset({"name", "viewReference", "viewResource"})


def export_views(service: Service, call: Call) -> Answer:
    """The views of the parameter `view`: each a part `viewReference` or `viewResource`, and maybe `name`."""
    question = question_of(call)
    refuse_unknown(question, _KNOWN | {"view"})
    return _kick_off(service, call, question, _wanted(service, question))


def export_named_view(service: Service, call: Call) -> Answer:
    """The view of a pack that the address names."""
    question = question_of(call)
    refuse_unknown(question, _KNOWN)
    name = service.platform.view_catalogue.name_of(call.names["view"])
    return _kick_off(service, call, question, (ViewOutput(name, name),))


def views_underway(call: Call, state: ExportState) -> Answer:
    """202, and how far it is."""
    code = "accepted" if state.status == "accepted" else "in-progress"
    headers = {"X-Progress": f"{len(state.finished)} of {len(state.types)} views", "Retry-After": "1"}
    return Answer(202, orjson.dumps(_told(call, state, code)), headers)


def views_done(call: Call, state: ExportState) -> Answer:
    """200, and where the file of each view is."""
    told = _told(call, state, "completed")
    ended = state.ended or state.transaction_time
    told["parameter"] += [
        {"name": "exportEndTime", "valueInstant": instant(ended)},
        {
            "name": "exportDuration",
            "valueInteger": int((ended - state.transaction_time).total_seconds()),
        },
        *(
            {
                "name": "output",
                "part": [
                    {"name": "name", "valueString": each.type},
                    {"name": "location", "valueUri": f"{_where(call, state)}/{each.file}"},
                    {"name": "count", "valueInteger": each.count},
                ],
            }
            for each in state.output
        ),
    ]
    return Answer(200, orjson.dumps(told), {"Expires": http_date(state.transaction_time + KEPT)})


def views_failed(state: ExportState) -> Failure:
    """Which view could not be run; why is told by running it."""
    names = [name for name in state.types if name not in state.finished]
    number = state.types.index(names[0]) + 1 if names else 0
    return Failure(
        422,
        "processing",
        f"The export failed at view {number} of {len(state.types)} ({state.error}).",
        remedy="Run that view by $viewdefinition-run: the answer says what is wrong.",
    )


def _kick_off(service: Service, call: Call, question: Question, views: tuple[ViewOutput, ...]) -> Answer:
    if not wants_async(call):
        raise Invalid(
            "An export runs in the background.", remedy="Send Prefer: respond-async.", code="required"
        )
    for each in views:
        grant_for(service, call, "export", str(each.definition["resource"]) if each.definition else None)
    state = ExportState(
        id=new_id(),
        request=f"{call.base}/{'/'.join(call.segments)}",
        level="views",
        principal=call.principal,
        purpose=call.purpose,
        types=tuple(each.name for each in views),
        transaction_time=service.platform.clock(),
        views=views,
        form=form_of(question, "ndjson"),
        tracking=question.text("clientTrackingId")[:MOST_CHARACTERS],
        as_of=instant_of(question),
    )
    service.exports.submit(state)
    body = orjson.dumps(_told(call, state, "accepted"))
    return Answer(202, body, {"Content-Location": _where(call, state)})


def _wanted(service: Service, question: Question) -> tuple[ViewOutput, ...]:
    """The views asked for. Raises `Invalid` with the problems of all of them, before anything is done."""
    places = [at for at, each in enumerate(question.parameters) if each.get("name") == "view"]
    if not places:
        raise Invalid("An export of views needs a view.", remedy="Send the parameter view.", code="required")
    if len(places) > MOST_VIEWS:
        raise TooCostly(f"An export has at most {MOST_VIEWS} views.", remedy="Send several.")
    problems: list[Problem] = []
    found: list[ViewOutput] = []
    for at in places:
        try:
            found.append(_view(service, Question(tuple(objects_of(question.parameters[at], "part")), "")))
        except (Invalid, NotFound) as error:
            problems += _placed(error, f"parameter[{at}]")
    names = [each.name for each in found]
    if not problems and len(set(names)) < len(names):
        problems.append(Problem("error", "duplicate", "view", "Two views would have one name: give a name."))
    if problems:
        raise Invalid("The export has views that cannot be run.", problems=tuple(problems))
    return tuple(found)


def _view(service: Service, parts: Question) -> ViewOutput:
    refuse_unknown(parts, _PARTS)
    written, reference = parts.resources("viewResource"), reference_of(parts, "viewReference")
    if len(written) + bool(reference) != 1:
        raise Invalid("A view needs one viewResource or one viewReference.", code="required")
    given = parts.text("name")[:MOST_CHARACTERS]
    if reference:
        name = service.platform.view_catalogue.name_of(reference)
        return ViewOutput(given or name, name)
    definition = parse_view(written[0])
    service.platform.views.compile(definition)
    return ViewOutput(given or definition.name or "view", "", dict(written[0]))


def _placed(error: KangshuError, place: str) -> list[Problem]:
    return [replace(each, path=f"{place} {each.path}".strip()) for each in error.as_problems()]


def _told(call: Call, state: ExportState, code: str) -> Json:
    where = _where(call, state)
    tracking = [{"name": "clientTrackingId", "valueString": state.tracking}] if state.tracking else []
    parameters: list[Json] = [
        {"name": "exportId", "valueString": state.id},
        *tracking,
        {"name": "status", "valueCode": code},
        {"name": "location", "valueUri": where},
        {"name": "cancelUrl", "valueUri": where},
        {"name": "_format", "valueCode": state.form},
        {"name": "exportStartTime", "valueInstant": instant(state.transaction_time)},
    ]
    return {"resourceType": "Parameters", "parameter": parameters}


def _where(call: Call, state: ExportState) -> str:
    return f"{call.base}/_export/{state.id}"
