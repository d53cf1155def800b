"""The FHIR interface as Starlette routes: the only file here that knows the web framework."""

from __future__ import annotations

import codecs
from asyncio import get_running_loop
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import IO
from urllib.parse import parse_qsl

from anyio import CapacityLimiter, to_thread
from starlette.concurrency import run_in_threadpool
from starlette.convertors import PathConvertor, register_url_convertor
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from kangshu.app.platform import Platform
from kangshu.interfaces.web.fhir.call import Answer, Call, Params
from kangshu.interfaces.web.fhir.elements import load_elements
from kangshu.interfaces.web.fhir.export_jobs import ExportJobs
from kangshu.interfaces.web.fhir.failure_log import log_failure
from kangshu.interfaces.web.fhir.intake import Admitted, admitted, intake, spool
from kangshu.interfaces.web.fhir.outcome import Failure, answer_of
from kangshu.interfaces.web.fhir.request_body import read_body
from kangshu.interfaces.web.fhir.router import allowed_methods, respond
from kangshu.interfaces.web.fhir.service import Service
from kangshu.kernel.base.errors import Invalid, KangshuError, Refused, TooCostly
from kangshu.kernel.policies.definition import Principal

PrincipalOf = Callable[[Request], Principal | None]
"""Who asks, None for a request without credentials. Raises Refused for wrong ones."""

PURPOSE_HEADER = "x-kangshu-purpose"
"""What the data is wanted for; without it, the usual purpose of the caller's role."""

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_SHARED = {
    "Cache-Control": "private, no-cache",
    "X-Content-Type-Options": "nosniff",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Content-Location, ETag, Last-Modified, Location, Retry-After,"
    " X-Progress",
}
"""Any page may call with a token of its own; browsers send no cookies where the origin is `*`."""

_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
    "Access-Control-Allow-Headers": (
        "Accept, Authorization, Content-Type, If-Match, If-Modified-Since, If-None-Exist, If-None-Match,"
        " Prefer, X-Kangshu-Purpose"
    ),
    "Access-Control-Max-Age": "3600",
}
_OPEN = frozenset({("metadata",)})
"""Paths that need no credentials."""

MAX_PARAMETERS = 1000

READERS = 40
"""Requests without a body that are answered at once; the others wait their turn."""

LARGE_BODY = 4 << 20
_LARGE = CapacityLimiter(1)
"""Parsed, a large body takes many times its size: they are worked on one after the other."""

_READING = ThreadPoolExecutor(READERS, thread_name_prefix="fhir")

_NOBODY = Principal(id="", name="", role="client")


class _FhirPath(PathConvertor):
    """Any path, line breaks too: what is wrong with it is told by us, not by the framework."""

    regex = r"[\s\S]*"


def fhir_routes(
    platform: Platform, principal_of: PrincipalOf, *, oauth: dict[str, str] | None = None
) -> list[BaseRoute]:
    """Routes for `/fhir` and `/intake/fhir`. Takes up exports that a killed process left behind."""
    service = make_service(platform, oauth or {})
    register_url_convertor("fhir_path", _FhirPath())
    endpoint = _Endpoint(service, principal_of)
    routes = [
        Route("/fhir/{path:fhir_path}", endpoint),
        Route("/fhir", endpoint),
        Route("/intake/fhir", _intake_endpoint(service, principal_of)),
        Route("/intake/{path:fhir_path}", _no_intake),
    ]
    for route in routes:
        route.methods = None  # whichever comes: what a method is refused with is told by us
    return [*routes]


def make_service(platform: Platform, oauth: dict[str, str]) -> Service:
    elements = load_elements(platform.settings.packs / "standards" / "fhir_r4" / "elements.tsv")
    exports = ExportJobs(platform, elements, platform.settings.home / "export", platform.clock())
    exports.resume()
    return Service(platform, elements, platform.extractor, exports, oauth)


class _Endpoint:
    """Called by the framework with nothing in between: every failure is an answer already."""

    def __init__(self, service: Service, principal_of: PrincipalOf) -> None:
        self._handle = partial(_handle, service, principal_of)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send)
        answer = await _answered(request, self._handle)
        await _response(request, answer)(scope, receive, send)


def _intake_endpoint(service: Service, principal_of: PrincipalOf) -> Callable[[Request], object]:
    async def endpoint(request: Request) -> Response:
        answer = await _answered(request, partial(_take_in, service, principal_of))
        return _response(request, answer)

    return endpoint


async def _no_intake(request: Request) -> Response:
    """Programs come here, not people with a browser."""
    error = Failure(404, "not-found", "Nothing is taken in here.", remedy="Send messages to /intake/fhir.")
    return _response(request, answer_of(error))


async def _answered(request: Request, handle: Callable[[Request], object]) -> Answer:
    try:
        return await handle(request)  # type: ignore[misc, no-any-return]
    except KangshuError as error:
        return answer_of(error)
    except ClientDisconnect:
        # Cut off, in pieces that are none, or too slow (`late`): whoever still listens is told.
        return answer_of(
            Failure(400, "structure", "The body did not come whole, or too slowly.", remedy="Send it again.")
        )
    except Exception as error:  # noqa: BLE001 - the client gets an OperationOutcome whatever happens
        log_failure("fhir_request_failed", error, method=request.method)
        return answer_of(Failure(500, "exception", "The server failed to answer. The failure was logged."))


async def _handle(service: Service, principal_of: PrincipalOf, request: Request) -> Answer:
    segments = _segments(request)
    if request.method == "OPTIONS":
        allowed = ", ".join(allowed_methods(segments) or _METHODS)
        return Answer(204, headers={"Allow": allowed, **_PREFLIGHT})
    if request.method == "GET" and not _sends_body(request):
        # One way to another thread and back, and the plainest: for small answers that is most of the time.
        return await get_running_loop().run_in_executor(
            _READING, _answered_at_once, service, principal_of, request, segments
        )
    principal = _NOBODY if segments in _OPEN else await run_in_threadpool(_identified, principal_of, request)
    with await read_body(
        request.stream(),
        request.headers.get("content-encoding", ""),
        request.headers.get("content-length", ""),
    ) as body:
        call = _call(service, request, principal, segments, b"")
        limiter = _LARGE if body.tell() > LARGE_BODY else None
        return await to_thread.run_sync(_answered_with, service, call, body, limiter=limiter)


def _answered_with(service: Service, call: Call, body: IO[bytes]) -> Answer:
    with body:
        body.seek(0)
        content = body.read().removeprefix(codecs.BOM_UTF8)
    return respond(service, replace(call, body=content))


def _sends_body(request: Request) -> bool:
    headers = request.headers
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers


def _answered_at_once(
    service: Service, principal_of: PrincipalOf, request: Request, segments: tuple[str, ...]
) -> Answer:
    principal = _NOBODY if segments in _OPEN else _identified(principal_of, request)
    return respond(service, _call(service, request, principal, segments, b""))


async def _take_in(service: Service, principal_of: PrincipalOf, request: Request) -> Answer:
    if request.method == "OPTIONS":
        return Answer(204, headers={"Allow": "OPTIONS, POST", **_PREFLIGHT})
    if request.method != "POST":
        raise Failure(
            405, "not-supported", "Messages are taken by POST.", remedy="Use POST.", headers={"Allow": "POST"}
        )
    principal = await run_in_threadpool(_identified, principal_of, request)
    call = _call(service, request, principal, ("intake",), b"")
    message = await run_in_threadpool(admitted, service, call)
    stream = await spool(request.stream())
    return await run_in_threadpool(_taken_in, service, message, stream)


def _taken_in(service: Service, message: Admitted, stream: IO[bytes]) -> Answer:
    with stream:
        return intake(service, message, stream)


def _identified(principal_of: PrincipalOf, request: Request) -> Principal:
    try:
        principal = principal_of(request)
    except Refused as error:
        raise Failure(401, "login", error.message, remedy=error.remedy, headers=_CHALLENGE_INVALID) from None
    if principal is None:
        raise Failure(
            401,
            "login",
            "Credentials are missing.",
            remedy="Send Authorization: Bearer <token>.",
            headers=_CHALLENGE,
        )
    return principal


_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="kangshu"'}
_CHALLENGE_INVALID = {"WWW-Authenticate": 'Bearer realm="kangshu", error="invalid_token"'}


def _call(
    service: Service, request: Request, principal: Principal, segments: tuple[str, ...], body: bytes
) -> Call:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Call(
        principal=principal,
        purpose=_purpose(service, principal, headers.get(PURPOSE_HEADER, "")),
        method=request.method,
        segments=segments,
        params=_params(request),
        headers=headers,
        body=body,
        base=_base(service, request),
    )


def _purpose(service: Service, principal: Principal, stated: str) -> str:
    if stated or principal is _NOBODY:
        return stated
    return service.platform.policies.usual_purpose(principal)


def _segments(request: Request) -> tuple[str, ...]:
    path = str(request.path_params.get("path", ""))
    if "\x00" in path:
        raise Invalid("The address holds a character it must not.", code="value")
    return tuple(part for part in path.split("/") if part)


def _params(request: Request) -> Params:
    """The URL's parameters. Starlette would replace wrong bytes; here they are refused."""
    query = bytes(request.scope.get("query_string", b""))
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict")
    except (UnicodeDecodeError, ValueError):
        raise Invalid(
            "The parameters of the address cannot be decoded.", remedy="Encode them as UTF-8.", code="value"
        ) from None
    if len(pairs) > MAX_PARAMETERS:
        raise TooCostly(
            f"The address has more than {MAX_PARAMETERS} parameters.", remedy="Ask for less at once."
        )
    if any("\x00" in name or "\x00" in value for name, value in pairs):
        raise Invalid("A parameter holds the character U+0000.", code="value")
    return tuple(pairs)


def _base(service: Service, request: Request) -> str:
    """The address of the service: as configured, else as the client reached it."""
    configured = service.platform.settings.base_url
    return f"{configured or str(request.base_url).rstrip('/')}/fhir"


def _response(request: Request, answer: Answer) -> Response:
    headers = {**_SHARED, **answer.headers}
    if answer.chunks is not None and request.method != "HEAD":
        return StreamingResponse(answer.chunks, answer.status, headers, media_type=answer.media)
    if answer.body:
        headers["Content-Type"] = answer.media
    body = b"" if request.method == "HEAD" else answer.body
    response = Response(body, answer.status, headers)
    if request.method == "HEAD" and answer.body:
        response.headers["Content-Length"] = str(len(answer.body))
    return response
