"""Finding the one fact that a conditional interaction or reference means.

https://hl7.org/fhir/R4/http.html#ccreate, #cond-update, #cdelete
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qsl

from kangshu.interfaces.web.fhir.access import reader_for
from kangshu.interfaces.web.fhir.call import Call, Params
from kangshu.interfaces.web.fhir.outcome import Failure
from kangshu.interfaces.web.fhir.service import Service
from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.facts.definition import Fact
from kangshu.kernel.facts.search.context import SearchContext
from kangshu.kernel.facts.search.request import parse_query

_NOT_CRITERIA = frozenset({"_format", "_pretty", "_summary", "_elements"})


def criteria_of(text: str) -> Params:
    """The pairs of a query string, decoded. Raises Invalid when it is not UTF-8."""
    try:
        pairs = parse_qsl(text.lstrip("?"), keep_blank_values=True, errors="strict", max_num_fields=100)
    except (UnicodeDecodeError, ValueError):
        raise Invalid("The criteria cannot be decoded.", remedy="Encode them as a URL query.") from None
    return tuple(pairs)


def matches(service: Service, call: Call, type: str, criteria: Params, *, limit: int = 2) -> Sequence[Fact]:
    """Up to `limit` facts that the criteria match, as far as the caller may see.

    Raises Invalid when there are none or one is not understood: a condition must never be
    loosened by ignoring a part of it.
    """
    pairs = [(name, value) for name, value in criteria if name not in _NOT_CRITERIA and value]
    if not pairs:
        raise Invalid("A conditional interaction needs search criteria.", code="required")
    query = parse_query(
        service.platform.catalogue,
        type,
        pairs,
        count=limit,
        total="none",
        context=SearchContext(now=service.platform.clock().timestamp(), base=call.base),
    )
    return reader_for(service, call, "search", type).search(query).facts


def match(service: Service, call: Call, type: str, criteria: Params) -> Fact | None:
    """The one fact that matches, None for none. Raises a 412 Failure for several."""
    found = matches(service, call, type, criteria)
    if len(found) > 1:
        raise several()
    return found[0] if found else None


def several() -> Failure:
    return Failure(
        412,
        "multiple-matches",
        "The criteria match more than one resource.",
        remedy="Use criteria that only one resource can match, an identifier for example.",
    )
