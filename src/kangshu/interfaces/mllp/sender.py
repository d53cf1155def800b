"""A sender of HL7 v2: one message after the other, each until it is acknowledged."""

from __future__ import annotations

import socket
from types import TracebackType

from kangshu.interfaces.mllp.framing import framed
from kangshu.kernel.base.errors import Unavailable

TRIES = 3
TRANSIENT = "207"
"""The code in ERR of what should be sent again."""


class Sender:
    """A connection that is opened again when it was lost. Not for several threads."""

    def __init__(self, host: str, port: int, *, timeout: float = 30) -> None:
        self._address = (host, port)
        self._timeout = timeout
        self._socket: socket.socket | None = None
        self._held = b""

    def __enter__(self) -> Sender:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def send(self, message: bytes) -> tuple[str, int]:
        """MSA-1 of the answer, and how often it was sent. Raises `Unavailable` when there is no answer."""
        for tries in range(1, TRIES + 1):
            try:
                answer = self._ask(message)
            except OSError:
                self._close()
                continue
            lines = answer.split(b"\r")
            code = next((each.split(b"|")[1] for each in lines if each.startswith(b"MSA|")), b"").decode()
            again = any(each.startswith(b"ERR|") and TRANSIENT.encode() in each for each in lines)
            if code and not again:
                return code, tries
        raise Unavailable(
            f"{self._address[0]}:{self._address[1]} acknowledged nothing in {TRIES} tries.",
            remedy="Start the listener (`kangshu mllp`), and send the same again: nothing is stored twice.",
        )

    def _ask(self, message: bytes) -> bytes:
        if self._socket is None:
            self._socket = socket.create_connection(self._address, self._timeout)
            self._held = b""
        self._socket.sendall(framed(message))
        while b"\x1c" not in self._held:
            data = self._socket.recv(1 << 16)
            if not data:
                raise ConnectionResetError
            self._held += data
        answer, _, self._held = self._held.partition(b"\x1c")
        return answer.lstrip(b"\r\n\x0b")

    def _close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
