"""What the client can read, what it sent, and what it prefers.

https://hl7.org/fhir/R4/http.html#mime-type and #ops
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Literal

from kangshu.interfaces.web.fhir.call import Call
from kangshu.interfaces.web.fhir.outcome import Failure

JSON_TYPES = frozenset({"application/fhir+json", "application/json", "text/json", "application/json+fhir"})
PATCH_TYPE = "application/json-patch+json"
FORM_TYPE = "application/x-www-form-urlencoded"
NDJSON_TYPES = frozenset({"application/fhir+ndjson", "application/ndjson", "application/x-ndjson", "ndjson"})
CDA_TYPES = frozenset({"application/hl7-cda+xml", "application/cda+xml", "application/xml", "text/xml"})
_FORMATS = JSON_TYPES | {"json"}
_WILDCARDS = frozenset({"*/*", "application/*", "text/*"})

Return = Literal["minimal", "representation", "OperationOutcome"]


def check_acceptable(call: Call) -> None:
    """Raises a 406 Failure when the client reads no JSON."""
    wanted = call.param("_format")
    if wanted:
        # A bare `+` in a URL is a space: clients write _format=application/fhir+json unescaped.
        if _media(wanted.replace(" ", "+")) not in _FORMATS:
            raise _not_acceptable("_format")
        return
    accept = call.header("accept")
    if accept and not any(_readable(part) for part in accept.split(",")):
        raise _not_acceptable("Accept")


def check_json_body(call: Call) -> None:
    """Raises a 415 Failure when the body is declared to be something else than JSON in UTF-8."""
    _check_media(call, JSON_TYPES, "application/fhir+json")


def check_form_body(call: Call) -> None:
    """Raises a 415 Failure when the body is declared to be something else than a form."""
    _check_media(call, frozenset({FORM_TYPE}), FORM_TYPE)


def media_of(call: Call) -> str:
    """The media type of the body in lower case, without parameters."""
    return _media(call.header("content-type"))


def check_charset(call: Call) -> None:
    """Raises a 415 Failure when the body is declared in another encoding than UTF-8."""
    for part in call.header("content-type").split(";")[1:]:
        name, _, value = part.partition("=")
        if name.strip().lower() == "charset" and value.strip(' "').lower() not in ("utf-8", "utf8"):
            raise Failure(
                415, "not-supported", "The charset of the body is not supported.", remedy="Send UTF-8."
            )


def preferred_return(call: Call) -> Return:
    """What a write answers with: the resource unless `Prefer: return=…` says otherwise."""
    wanted = preferences(call).get("return", "")
    if wanted == "minimal":
        return "minimal"
    if wanted.lower() == "operationoutcome":
        return "OperationOutcome"
    return "representation"


def is_strict(call: Call) -> bool:
    """Whether unknown search parameters are errors (`Prefer: handling=strict`)."""
    return preferences(call).get("handling", "") == "strict"


def wants_async(call: Call) -> bool:
    return "respond-async" in preferences(call)


def preferences(call: Call) -> dict[str, str]:
    """The preferences of RFC 7240, name to value ("" for none)."""
    found: dict[str, str] = {}
    for part in call.header("prefer").replace(";", ",").split(","):
        name, _, value = part.strip().partition("=")
        found.setdefault(name.strip().lower(), value.strip(' "'))
    return found


def if_match(call: Call) -> int | None:
    """The version `If-Match` names, None when it was not sent or is `*`."""
    value = call.header("if-match").strip()
    return None if value in ("", "*") else version_of(value)


def version_of(etag: str) -> int:
    """The version in `W/"3"`, `"3"` or `3`. Raises a 412 Failure: no other version can be current."""
    text = etag.strip().removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 10):
        raise Failure(
            412,
            "conflict",
            "The version in If-Match is none of this server's.",
            remedy='Send W/"<versionId>".',
        )
    return int(text)


def is_unchanged(call: Call, version: int, recorded_at: datetime) -> bool:
    """Whether the client has this version already (If-None-Match, else If-Modified-Since)."""
    known = call.header("if-none-match")
    if known:
        tags = {tag.strip().removeprefix("W/").strip('"') for tag in known.split(",")}
        return "*" in tags or str(version) in tags
    since = http_time(call.header("if-modified-since"))
    return since is not None and recorded_at.replace(microsecond=0) <= since


def http_time(text: str) -> datetime | None:
    """The moment of an HTTP date; None when it is none (RFC 9110: then it is ignored)."""
    return _moment(parsedate_to_datetime, text)


def http_date(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def etag(version: int) -> str:
    return f'W/"{version}"'


def _moment(read: Callable[[str], datetime], text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = read(text)
    except (ValueError, IndexError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _readable(part: str) -> bool:
    media, *parameters = [piece.strip().lower() for piece in part.split(";")]
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "fhirversion" and value.strip('"') not in ("4.0", "4.0.1"):
            return False
        if name == "q" and value in ("0", "0.0", "0.00", "0.000"):
            return False
    return media in _WILDCARDS or media in _FORMATS or media in NDJSON_TYPES


def _media(value: str) -> str:
    return value.partition(";")[0].strip().lower()


def _not_acceptable(where: str) -> Failure:
    return Failure(
        406,
        "not-supported",
        f"This server answers in JSON only, and {where} asks for something else.",
        remedy="Ask for application/fhir+json.",
    )


def _check_media(call: Call, known: frozenset[str], wanted: str) -> None:
    media = media_of(call)
    if media and media not in known:
        raise Failure(
            415,
            "not-supported",
            "The Content-Type of the body is not supported here.",
            remedy=f"Send {wanted}.",
        )
    check_charset(call)
