"""`$viewdefinition-run` (`$run`): a view that is sent along, or one of a pack, over the facts of the grant.

https://build.fhir.org/ig/HL7/sql-on-fhir/OperationDefinition-ViewDefinitionRun.html
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from kangshu.app.views import Form
from kangshu.interfaces.web.fhir.access import grant_for
from kangshu.interfaces.web.fhir.call import Answer, Call
from kangshu.interfaces.web.fhir.service import Service
from kangshu.interfaces.web.fhir.terminology_question import Question, question_of
from kangshu.interfaces.web.fhir.view_question import (
    MEDIA,
    form_of,
    instant_of,
    reference_of,
    refuse_unknown,
)
from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.views.definition import ViewDefinition
from kangshu.kernel.views.parsing import parse_view

_KNOWN = frozenset({"_format", "_limit", "asOf"})
_OF_TYPE = _KNOWN | {"viewResource", "viewReference"}


def run_view(service: Service, call: Call) -> Answer:
    """Parameters: `viewResource` or `viewReference`, `_format`, `_limit`, `asOf` (what was known then)."""
    question = question_of(call)
    refuse_unknown(question, _OF_TYPE)
    written, reference = question.resources("viewResource"), reference_of(question, "viewReference")
    if len(written) + bool(reference) != 1:
        raise Invalid("A run needs one viewResource or one viewReference.", code="required")
    if reference:
        return _answer(service, call, question, service.platform.view_catalogue.name_of(reference))
    return _answer(service, call, question, parse_view(written[0]))


def run_named_view(service: Service, call: Call) -> Answer:
    """The view of a pack that the address names, with the same parameters but those that say which."""
    question = question_of(call)
    refuse_unknown(question, _KNOWN)
    return _answer(service, call, question, service.platform.view_catalogue.name_of(call.names["view"]))


def _answer(service: Service, call: Call, question: Question, view: ViewDefinition | str) -> Answer:
    """A view of a pack may read facts of any type: the scope of the grant says which rows are in it."""
    type_ = None if isinstance(view, str) else view.resource
    grant = grant_for(service, call, "export", type_)
    form, limit, as_of = form_of(question, _accepted(call)), question.number("_limit"), instant_of(question)
    views = service.platform.views
    folder = tempfile.TemporaryDirectory(prefix="kangshu-view-")
    try:
        path = Path(folder.name) / "rows"
        if isinstance(view, str):
            views.write_named(view, grant, path, form=form, as_of=as_of, limit=limit)
        else:
            views.write(view, grant, path, form=form, as_of=as_of, limit=limit)
    except BaseException:
        folder.cleanup()
        raise
    return Answer(200, media=MEDIA[form], chunks=_pieces(path, folder))


def _accepted(call: Call) -> Form:
    """The first format the client says that it reads; json if it names none of them."""
    for part in call.header("accept").split(","):
        wanted = part.partition(";")[0].strip().lower()
        for form, media in MEDIA.items():
            if wanted == media.partition(";")[0]:
                return form
    return "json"


def _pieces(path: Path, folder: tempfile.TemporaryDirectory[str]) -> Iterator[bytes]:
    with folder, path.open("rb") as file:
        while piece := file.read(1 << 20):
            yield piece
