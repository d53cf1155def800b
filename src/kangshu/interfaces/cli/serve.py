"""`kangshu serve`: the web server."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from datetime import timedelta
from typing import Annotated
from urllib.error import URLError
from urllib.request import urlopen

import typer
from granian.constants import Interfaces
from granian.server.embed import Server

from kangshu.app.platform import Platform
from kangshu.domains.quality.scores import HOURS_AHEAD
from kangshu.interfaces import logs
from kangshu.interfaces.cli.console import platform, tell_refused
from kangshu.interfaces.cli.memory import give_back
from kangshu.interfaces.mllp.listener import Listener
from kangshu.interfaces.web.application import create
from kangshu.kernel.base.errors import Conflict, Invalid

_EVERYWHERE = "0.0.0.0"  # noqa: S104 (what the user asked for, if they did)


def command(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")
    ] = 8080,
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for every one.")] = "127.0.0.1",
    mllp_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Listen for HL7 v2 too; see `kangshu mllp`.")
    ] = None,
) -> None:
    """Serve the portal and the FHIR interface; print the address once requests are answered.

    Example: kangshu serve --port 8080
    """
    with platform() as built:
        logs.configure(built.settings.log_level)
        tell_refused(built)
        serve(built, host, port, mllp_port=mllp_port)


def serve(built: Platform, host: str, port: int, *, greeting: str = "", mllp_port: int | None = None) -> None:
    """Serve until interrupted. Raises `Conflict` when the port is taken."""
    number = _free(host, port)
    give_back()
    asyncio.run(_run(built, host, number, greeting, mllp_port))


def _free(host: str, port: int) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except socket.gaierror:
            raise Invalid(
                f"{host} is no address of this machine.", remedy="Choose one with --host."
            ) from None
        except OSError:
            raise Conflict(f"Port {port} is in use.", remedy="Choose another with --port.") from None
        return probe.getsockname()[1]


async def _run(built: Platform, host: str, port: int, greeting: str, mllp_port: int | None) -> None:
    listener = None
    if mllp_port is not None:
        listener = Listener(built, workers=os.cpu_count() or 1)
        where = await listener.start(host, mllp_port)
        print(f"Kangshu listens for HL7 v2 at {host}:{where}", flush=True)
    server = Server(
        create(built), address=host, port=port, interface=Interfaces.ASGI, backlog=1024, log_enabled=False
    )
    running = asyncio.create_task(server.serve())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, server.stop)
    address = f"http://{'127.0.0.1' if host == _EVERYWHERE else host}:{port}"
    while not running.done() and not await asyncio.to_thread(_answers, address):  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    if not running.done():
        print(f"Kangshu is ready at {address}", flush=True)
        now = built.clock()
        built.counted_plans.prepare(on=(now + timedelta(hours=HOURS_AHEAD)).date(), now=now)
        if greeting:
            print(greeting, flush=True)
    await running
    if listener is not None:
        await listener.close()


def _answers(address: str) -> bool:
    try:
        with urlopen(f"{address}/health/live", timeout=2) as answer:  # noqa: S310 (our own address)
            return answer.status == 200
    except (URLError, OSError):
        return False
