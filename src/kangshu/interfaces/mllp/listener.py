"""The listener: accepts connections, keeps them within limits, and is fair to those that wait."""

from __future__ import annotations

import asyncio
import socket
import ssl
import sys
from dataclasses import replace
from pathlib import Path

import structlog

from kangshu.app.platform import Platform
from kangshu.app.stream import Stream
from kangshu.interfaces.mllp.connection import Connection
from kangshu.interfaces.mllp.limits import Limits
from kangshu.interfaces.mllp.receive import Receiver
from kangshu.kernel.base.errors import Conflict, Invalid

TICK = 0.5
"""Seconds between two looks at all connections."""
SPARE_FILES = 100
"""Files that are not connections: the database, the log, the workers."""

_log = structlog.get_logger()


class Listener:
    """Serves MLLP on one port within a running event loop: `await start()`, later `await close()`."""

    def __init__(
        self,
        platform: Platform,
        *,
        source: str | None = None,
        workers: int = 0,
        limits: Limits | None = None,
    ) -> None:
        limits = limits or Limits()
        self.limits = replace(limits, connections=min(limits.connections, _most_connections()))
        loop = asyncio.get_running_loop()
        self.stream = Stream(platform, lambda call: _deliver(loop, call), workers=workers)
        self.receiver = Receiver(platform, self.stream, source)
        # Dictionaries keep the order in which they were filled: the first is the longest silent one.
        self._new: dict[Connection, None] = {}
        self._known: dict[Connection, None] = {}
        self._held = 0
        self._server: asyncio.Server | None = None
        self._watch: asyncio.Task[None] | None = None

    async def start(self, host: str, port: int, *, tls: ssl.SSLContext | None = None) -> int:
        """Take up what is unfinished, and listen; the port. Raises `Conflict` if it is taken."""
        await asyncio.to_thread(self.stream.start)
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(
                lambda: Connection(self), host, port, ssl=tls, backlog=1024, reuse_address=True
            )
        except socket.gaierror:
            await asyncio.to_thread(self.stream.close)
            raise Invalid(
                f"{host} is no address of this machine.", remedy="Choose one with --host."
            ) from None
        except OSError:
            await asyncio.to_thread(self.stream.close)
            raise Conflict(f"Port {port} is in use.", remedy="Choose another.") from None
        self._watch = asyncio.create_task(self._look_around())
        return self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Accept nothing more, finish what is under way, let go."""
        if self._watch is not None:
            self._watch.cancel()
        if self._server is not None:
            self._server.close()
        await asyncio.to_thread(self.stream.close)
        await asyncio.sleep(0)
        for connection in [*self._new, *self._known]:
            connection.close()

    # -- as connections see it

    def admit(self, connection: Connection) -> bool:
        """Whether there is a place; if need be, that of the connection that has been silent longest."""
        if len(self._new) + len(self._known) >= self.limits.connections:
            leaving = self._least_needed()
            if leaving is None:
                _log.warning("connection refused", connections=self.limits.connections)
                return False
            self.leave(leaving)
            leaving.close()
        self._new[connection] = None
        return True

    def _least_needed(self) -> Connection | None:
        """One that never sent a message, else one that sends none now; the longest silent."""
        if self._new:
            return next(iter(self._new))
        return next((each for each in self._known if each.is_idle), None)

    def leave(self, connection: Connection) -> None:
        self._new.pop(connection, None)
        self._known.pop(connection, None)

    def spoke(self, connection: Connection) -> None:
        """It sent a message: it goes to the end of the line of those that may have to leave."""
        self._new.pop(connection, None)
        self._known.pop(connection, None)
        self._known[connection] = None

    def holds(self, connection: Connection, change: int) -> bool:
        """Note that a connection holds more, or less; whether it may, with all the others."""
        self._held += change
        if self._held <= self.limits.unfinished:
            return True
        largest = max([*self._new, *self._known], key=lambda each: each.held, default=connection)
        _log.warning("unfinished messages take too much memory", bytes=self._held)
        if largest is connection or connection.held + change >= largest.held:
            return False
        largest.close()
        return True

    def is_behind(self) -> bool:
        """Whether senders have to wait for the work."""
        return self.stream.backlog > self.limits.backlog

    async def _look_around(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(TICK)
            now = loop.time()
            for connection in [*self._new, *self._known]:
                if connection.is_overdue(now):
                    connection.close()
                else:
                    connection.balance()


def _deliver(loop: asyncio.AbstractEventLoop, call: object) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(call)  # pyright: ignore[reportArgumentType]


def _most_connections() -> int:
    """As many as this process may open files, after asking for all it can get."""
    if sys.platform == "win32":
        return 500
    import resource  # noqa: PLC0415 (only where it is)

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        soft = hard
    return max(soft - SPARE_FILES, 10)


def tls_context(certificate: Path, key: Path | None, clients: Path | None) -> ssl.SSLContext:
    """TLS with that certificate; with `clients`, only for those whose certificate is signed by it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
        if clients is not None:
            context.load_verify_locations(clients)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ssl.SSLError):
        raise Invalid(
            "The certificate or its key cannot be used.", remedy="Give PEM files that belong together."
        ) from None
    return context
