"""Health, metrics and request logs: what a keeper of the service watches. No personal data in any of it."""

from __future__ import annotations

import time

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kangshu.app.platform import Platform

_log = structlog.get_logger(__name__)

_SECONDS = Histogram(
    "kangshu_http_seconds",
    "Seconds from request to answer, by part of the service",
    ("part", "method"),
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
_ANSWERS = Counter("kangshu_http_answers", "Answers by part of the service and status", ("part", "status"))
_FACTS = Gauge("kangshu_facts_estimated", "Stored fact versions, as the planner estimates them")
_WAITING = Gauge("kangshu_quarantine_waiting", "Entries waiting in quarantine")
_UNFINISHED = Gauge("kangshu_messages_unfinished", "Messages journalled but not worked through")

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""What a client may make up is no label: each one is kept for ever."""

_PARTS = frozenset({"fhir", "intake", "oauth", "login", "residents", "me", "static", "health", "metrics"})


def operation_routes(platform: Platform) -> list[Route]:
    """`/health/live`, `/health/ready` and `/metrics`."""

    def ready(_: Request) -> Response:
        if platform.is_ready():
            return PlainTextResponse("ready\n")
        return PlainTextResponse("the database does not answer\n", 503)

    def metrics(_: Request) -> Response:
        counts = platform.operating_figures()
        _FACTS.set(counts.facts)
        _WAITING.set(counts.quarantined)
        _UNFINISHED.set(counts.unfinished)
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return [
        Route("/health/live", _live),
        Route("/health/ready", ready),
        Route("/metrics", metrics),
    ]


def _live(_: Request) -> Response:
    return PlainTextResponse("live\n")


class Measured:
    """Counts and times every request and writes one line of log.

    Both name the part of the service and not the path: a path can hold the id of a record.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            first = scope["path"].split("/", 2)[1]
            part = first if first in _PARTS else "portal"
            method = scope["method"] if scope["method"] in _METHODS else "other"
            seconds = time.perf_counter() - started
            _SECONDS.labels(part, method).observe(seconds)
            _ANSWERS.labels(part, str(status)).inc()
            _log.info("answered", part=part, method=method, status=status, ms=round(seconds * 1000, 1))
