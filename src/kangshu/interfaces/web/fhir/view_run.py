"""`ViewDefinition/$run`: a view that is sent along, over the facts of the grant.

https://build.fhir.org/ig/FHIR/sql-on-fhir-v2/operations.html
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from kangshu.app.views import FORMS, Form
from kangshu.interfaces.web.fhir.access import grant_for
from kangshu.interfaces.web.fhir.call import Answer, Call
from kangshu.interfaces.web.fhir.service import Service
from kangshu.interfaces.web.fhir.terminology_question import Question, question_of
from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.views.parsing import parse_view

MEDIA = {
    "ndjson": "application/x-ndjson",
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}
_KNOWN = frozenset({"viewResource", "_format", "_limit", "asOf"})


def run_view(service: Service, call: Call) -> Answer:
    """Parameters: `viewResource`, `_format`, `_limit`, `asOf` (an instant: over what was known then)."""
    question = question_of(call)
    names = {str(each.get("name", "")) for each in question.parameters}
    if unknown := sorted(names - _KNOWN):
        raise Invalid(
            f"The parameters {', '.join(unknown)} are not offered.",
            remedy=f"Offered are {', '.join(sorted(_KNOWN))}.",
            code="not-supported",
        )
    written = question.resources("viewResource")
    if len(written) != 1:
        raise Invalid("A run needs one viewResource.", code="required")
    view = parse_view(written[0])
    grant = grant_for(service, call, "export", view.resource)
    form, limit, as_of = _form(question), question.number("_limit"), _instant(question)
    folder = tempfile.TemporaryDirectory(prefix="kangshu-view-")
    try:
        path = Path(folder.name) / "rows"
        service.platform.views.write(view, grant, path, form=form, as_of=as_of, limit=limit)
    except BaseException:
        folder.cleanup()
        raise
    return Answer(200, media=MEDIA[form], chunks=_pieces(path, folder))


def _pieces(path: Path, folder: tempfile.TemporaryDirectory[str]) -> Iterator[bytes]:
    with folder, path.open("rb") as file:
        while piece := file.read(1 << 20):
            yield piece


def _form(question: Question) -> Form:
    asked = question.text("_format") or "json"
    found = next((form for form in FORMS if asked in (form, MEDIA[form].partition(";")[0])), None)
    if found is None:
        raise Invalid(
            "There is no such format of rows.", remedy=f"There are {', '.join(FORMS)}.", code="not-supported"
        )
    return cast(Form, found)


def _instant(question: Question) -> datetime | None:
    text = question.text("asOf")
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise Invalid(
            "asOf is no instant with a time zone.", remedy="Write 2026-01-31T08:00:00Z, say.", code="value"
        )
    return found.astimezone(UTC)
