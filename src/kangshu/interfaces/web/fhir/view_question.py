"""What the operations on views and measures are asked with, in the same words."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import cast

from kangshu.app.views import FORMS, Form
from kangshu.interfaces.web.fhir.terminology_question import Question
from kangshu.kernel.base.errors import Invalid

MEDIA: dict[Form, str] = {
    "ndjson": "application/x-ndjson",
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}


def refuse_unknown(question: Question, known: Collection[str]) -> None:
    """Raise `Invalid` with every parameter that is not offered: to leave one out would change the answer."""
    names = {str(each.get("name", "")) for each in question.parameters}
    if unknown := sorted(names - set(known)):
        raise Invalid(
            f"The parameters {', '.join(unknown)} are not offered.",
            remedy=f"Offered are {', '.join(sorted(known))}.",
            code="not-supported",
        )


def form_of(question: Question, otherwise: Form) -> Form:
    """The format of rows asked for, by its name or media type. Raises `Invalid` for another one."""
    asked = question.text("_format") or otherwise
    found = next((form for form in FORMS if asked in (form, MEDIA[form].partition(";")[0])), None)
    if found is None:
        raise Invalid(
            "There is no such format of rows.", remedy=f"There are {', '.join(FORMS)}.", code="not-supported"
        )
    return cast(Form, found)


def instant_of(question: Question) -> datetime | None:
    """The parameter `asOf`: until when what was known counts; None: what is known."""
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


def reference_of(question: Question, name: str) -> str:
    """A parameter that is a Reference, or a text in the address; "" if it is missing."""
    found = question.complex(name)
    return str(found.get("reference", "")) if found is not None else question.text(name)
