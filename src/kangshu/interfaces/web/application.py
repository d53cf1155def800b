"""The web application: login, portal, FHIR interface and operations on one platform."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from threading import Event, Thread

import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute

from kangshu.app.platform import Platform
from kangshu.interfaces.web.fhir.routes import fhir_routes
from kangshu.interfaces.web.late import Late
from kangshu.interfaces.web.login.routes import login_routes
from kangshu.interfaces.web.login.service import Login, build_login
from kangshu.interfaces.web.operations import Measured, operation_routes
from kangshu.interfaces.web.portal.routes import error_pages, portal_routes
from kangshu.kernel.base.errors import KangshuError

_log = structlog.get_logger(__name__)

_HOUR = 3600.0
_SOON = 5
"""Seconds until quality is judged first: what was loaded before is to be seen soon."""


def create(platform: Platform) -> Starlette:
    """The application of a platform; it closes the platform when the server stops."""
    login = build_login(platform)
    routes: list[BaseRoute] = [
        # The busiest first: routes are tried in this order.
        *fhir_routes(platform, login.api_principal_of, oauth=_oauth()),
        *operation_routes(platform),
        *login_routes(login),
        *portal_routes(platform, login.principal_of, _staff_names(login)),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(Measured), Middleware(Late)],
        exception_handlers=error_pages(platform, login.principal_of) | {ClientDisconnect: _cut_off},
        lifespan=_lifespan(platform),
    )


def _cut_off(_request: Request, _error: Exception) -> Response:
    """The body of a form was cut off or no body of HTTP at all: no fault of the server."""
    return PlainTextResponse("The body did not come whole.\n", 400)


def _staff_names(login: Login) -> Callable[[str], str]:
    users = login.provider.directory.users
    return lambda id: users[id].name if id in users else id


def _oauth() -> dict[str, str]:
    return {"authorize": "/oauth/authorize", "token": "/oauth/token"}


def _lifespan(platform: Platform) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        # What was journalled when a process was killed is worked through now, beside the requests.
        Thread(target=_resume, args=(platform,), name="resume", daemon=True).start()
        stopped = Event()
        heads = Thread(target=_write_heads, args=(platform, stopped), name="heads", daemon=True)
        heads.start()
        judging = Thread(target=_judge_quality, args=(platform, stopped), name="quality", daemon=True)
        judging.start()
        tending = Thread(target=_tend_lake, args=(platform, stopped), name="lake", daemon=True)
        tending.start()
        yield
        stopped.set()
        # A refresh may take long, and stopping in the middle of one leaves nothing half done.
        tending.join(_SOON)
        judging.join()
        heads.join()
        platform.close()

    return lifespan


def _write_heads(platform: Platform, stopped: Event) -> None:
    """Write down the head of the access log now, every hour, and when the server stops.

    It is logged too: where logs are sent elsewhere, it is out of reach for who owns this machine.
    """
    ends = False
    while True:
        try:
            _log.info("access log head", head=str(platform.write_head()))
        except (KangshuError, OSError) as error:
            _log.warning("access log head not written", error=type(error).__name__)
        if ends:
            return
        ends = stopped.wait(_HOUR)


def _judge_quality(platform: Platform, stopped: Event) -> None:
    """Judge what came, again and again. Of several servers on one database one does it."""
    seconds = platform.settings.quality_seconds
    if seconds == 0:
        return
    pause = min(seconds, _SOON)
    while not stopped.wait(pause):
        pause = seconds
        try:
            passed = platform.fact_quality.check_if_free(stopped.is_set)
        except Exception as error:  # noqa: BLE001
            # Whatever it is, whoever watches is told, and the next pass tries again: without this thread
            # scores would stand still, and nobody would know.
            _log.error("quality not judged", error=type(error).__name__)
            continue
        if passed and passed.stretches:
            _log.info("quality judged", facts=passed.facts, findings=passed.findings)


def _tend_lake(platform: Platform, stopped: Event) -> None:
    """Bring views and tallies up to date, again and again, and join small files once a day."""
    seconds = platform.settings.lake_seconds
    if seconds == 0:
        return
    tidied = platform.clock().date()
    while not stopped.wait(seconds):
        try:
            platform.views.refresh()
            today = platform.clock().date()
            platform.planning.refresh(on=today)
            if today > tidied:
                for table in platform.tables.lake.tables():
                    platform.tables.lake.tidy(table.name)
                tidied = today
        except Exception as error:  # noqa: BLE001
            # As with quality: the next turn tries again, and whoever watches is told.
            if not stopped.is_set():
                _log.error("lake not refreshed", error=type(error).__name__)


def _resume(platform: Platform) -> None:
    finished = platform.intake.resume()
    if finished:
        _log.info("resumed", messages=finished)
