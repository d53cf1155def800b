"""`kangshu mllp`: the listener for HL7 v2."""

from __future__ import annotations

import asyncio
import os
import signal
import ssl
from pathlib import Path
from typing import Annotated

import typer

from kangshu.app.platform import Platform
from kangshu.interfaces import logs
from kangshu.interfaces.cli.console import operator_grant, platform
from kangshu.interfaces.mllp.limits import Limits
from kangshu.interfaces.mllp.listener import Listener, tls_context
from kangshu.kernel.base.errors import Invalid


def command(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 2575,
    host: Annotated[str, typer.Option(help="Address; 0.0.0.0 for every one.")] = "127.0.0.1",
    source: Annotated[
        str | None, typer.Option(help="Institution of all senders; else by hl7v2/senders.tsv of the places.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=0, help="Worker processes; default: one per core.")
    ] = None,
    connections: Annotated[int, typer.Option(min=1, help="Connections at once.")] = 1000,
    tls_certificate: Annotated[
        Path | None, typer.Option(help="PEM file; without it there is no TLS.")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option(help="PEM file, if not in that of the certificate.")] = None,
    tls_clients: Annotated[
        Path | None, typer.Option(help="PEM file of who signs the certificates of senders.")
    ] = None,
) -> None:
    """Listen for HL7 v2 messages (MLLP); answer each when it is in the journal.

    Example: kangshu mllp --port 2575 --source H44098300001
    """
    with platform() as built:
        logs.configure(built.settings.log_level)
        operator_grant(built, "load")
        if source is None and not len(built.senders):
            raise Invalid(
                "Nobody is known to send.",
                remedy="Give --source, or list senders in hl7v2/senders.tsv of a place.",
            )
        tls = tls_context(tls_certificate, tls_key, tls_clients) if tls_certificate else None
        number = (os.cpu_count() or 1) if workers is None else workers
        asyncio.run(_run(built, host, port, source, number, Limits(connections=connections), tls))


async def _run(
    built: Platform,
    host: str,
    port: int,
    source: str | None,
    workers: int,
    limits: Limits,
    tls: ssl.SSLContext | None,
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    listener = Listener(built, source=source, workers=workers, limits=limits)
    where = await listener.start(host, port, tls=tls)
    print(f"Kangshu listens for HL7 v2 at {host}:{where}", flush=True)
    await stop.wait()
    await listener.close()
