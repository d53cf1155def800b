"""A listener in a thread of its own, and a sender."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from kangshu.app.platform import Platform
from kangshu.interfaces.mllp.limits import Limits
from kangshu.interfaces.mllp.listener import Listener


@dataclass
class Listening:
    """A listener that is up."""

    port: int
    listener: Listener

    def drain(self) -> None:
        """Wait until everything is worked through."""
        assert self.listener.stream.drain(60)


@contextmanager
def listening(
    platform: Platform, *, source: str | None = "H44099900001", limits: Limits | None = None
) -> Iterator[Listening]:
    """A listener that works in this process."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> tuple[Listener, int]:
        listener = Listener(platform, source=source, limits=limits)
        return listener, await listener.start("127.0.0.1", 0)

    listener, port = asyncio.run_coroutine_threadsafe(start(), loop).result(60)
    try:
        yield Listening(port, listener)
    finally:
        asyncio.run_coroutine_threadsafe(listener.close(), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


class Sender:
    """A connection that sends frames and reads answers."""

    def __init__(self, port: int, timeout: float = 20) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout)
        self._held = b""

    def __enter__(self) -> Sender:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, *messages: bytes) -> None:
        self.write(b"".join(b"\x0b" + each + b"\x1c\r" for each in messages))

    def write(self, data: bytes) -> None:
        self._socket.sendall(data)

    def end(self) -> None:
        """Say that nothing more will come."""
        self._socket.shutdown(socket.SHUT_WR)

    def answer(self) -> bytes:
        """The next answer; empty when the other side has closed."""
        while b"\x1c\r" not in self._held:
            try:
                data = self._socket.recv(1 << 16)
            except ConnectionError:
                return b""
            if not data:
                return b""
            self._held += data
        found, _, self._held = self._held.partition(b"\x1c\r")
        return found.removeprefix(b"\x0b")

    def ask(self, message: bytes) -> str:
        """Code and control id of the answer to a message."""
        self.send(message)
        return verdict(self.answer())


def verdict(answer: bytes) -> str:
    """MSA-1 and MSA-2, as `AA 17`."""
    lines = answer.split(b"\r")
    return " ".join(lines[1].decode().split("|")[1:3]) if len(lines) > 1 else "closed"
