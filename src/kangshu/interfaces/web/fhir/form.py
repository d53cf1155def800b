"""Search by POST: the parameters of the form join those of the URL.

https://hl7.org/fhir/R4/http.html#search-post
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qsl

from kangshu.interfaces.web.fhir.call import Answer, Call, Handler
from kangshu.interfaces.web.fhir.negotiation import check_form_body
from kangshu.interfaces.web.fhir.service import Service
from kangshu.kernel.base.errors import Invalid

MAX_FIELDS = 1000


def with_form(handler: Handler) -> Handler:
    """The handler, given the form's parameters too."""

    def answer(service: Service, call: Call) -> Answer:
        check_form_body(call)
        return handler(service, replace(call, params=(*call.params, *_pairs(call.body)), body=b""))

    return answer


def _pairs(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            body.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS
        )
    except (UnicodeDecodeError, ValueError):
        raise Invalid(
            f"The form cannot be decoded, or has more than {MAX_FIELDS} fields.",
            remedy="Send an application/x-www-form-urlencoded body in UTF-8.",
        ) from None
