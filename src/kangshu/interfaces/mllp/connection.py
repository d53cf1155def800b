"""One connection: frames in, answers out, in order, within limits."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Any, Protocol, cast

from kangshu.interfaces.mllp.framing import Framer, framed
from kangshu.interfaces.mllp.limits import Limits
from kangshu.interfaces.mllp.receive import Receiver
from kangshu.kernel.base.errors import TooCostly


class Host(Protocol):
    """The listener, as a connection sees it."""

    limits: Limits
    receiver: Receiver

    def admit(self, connection: Connection) -> bool: ...
    def leave(self, connection: Connection) -> None: ...
    def spoke(self, connection: Connection) -> None: ...
    def holds(self, connection: Connection, change: int) -> bool: ...
    def is_behind(self) -> bool: ...


@dataclass(slots=True)
class _Slot:
    """The place of an answer in the order; None until it is there."""

    answers: list[bytes] | None = None


class Connection(asyncio.Protocol):
    """Made by the listener for each that connects."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._loop = asyncio.get_running_loop()
        self._framer = Framer(host.limits.message)
        self._slots: deque[_Slot] = deque()
        self._transport: asyncio.Transport | None = None
        self._certificate = ""
        self._held = 0
        self._ended = False
        self._paused = False
        self._unread_since: float | None = None
        self.messages = 0
        self.begun = self.heard = self._loop.time()
        self._message_since: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=64 << 10)
        self._certificate = _common_name(self._transport)
        if not self._host.admit(self):
            self.close()

    def data_received(self, data: bytes) -> None:
        self.heard = self._loop.time()
        try:
            messages = self._framer.feed(data)
        except TooCostly:
            self.close()
            return
        held = self._framer.held
        within = self._host.holds(self, held - self._held)
        self._held = held
        if not held:
            self._message_since = None
        elif self._message_since is None or messages:
            self._message_since = self.heard
        if not within:
            self.close()
        for raw in messages:
            self._take(raw)
        self.balance()

    def _take(self, raw: bytes) -> None:
        self.messages += 1
        self._host.spoke(self)
        slot = _Slot()
        self._slots.append(slot)

        def reply(answers: list[bytes]) -> None:
            slot.answers = answers
            self._flush()

        self._host.receiver.receive(raw, self._certificate, reply)

    def _flush(self) -> None:
        """Send the answers that are there, up to the first that is not."""
        ready: list[bytes] = []
        while self._slots and (answers := self._slots[0].answers) is not None:
            ready += answers
            self._slots.popleft()
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if ready:
            transport.write(b"".join(framed(answer) for answer in ready))
        if self._ended and not self._slots:
            transport.close()
            return
        self.balance()

    def balance(self) -> None:
        """Read on only while answers keep up with questions, and work with both."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        ahead = len(self._slots)
        busy = ahead >= self._host.limits.ahead or self._unread_since is not None or self._host.is_behind()
        if busy and not self._paused:
            self._paused = True
            transport.pause_reading()
        elif self._paused and not busy and ahead <= self._host.limits.ahead // 2:
            self._paused = False
            transport.resume_reading()

    def pause_writing(self) -> None:
        self._unread_since = self._loop.time()
        self.balance()

    def resume_writing(self) -> None:
        self._unread_since = None
        self.balance()

    def eof_received(self) -> bool:
        """The sender will send no more; what it sent is still answered."""
        self._ended = True
        return bool(self._slots)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._host.holds(self, -self._held)
        self._held = 0
        self._transport = None
        self._host.leave(self)

    def close(self) -> None:
        """End it without waiting for the other side."""
        if self._transport is not None:
            self._transport.abort()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way on it."""
        return not self._slots and not self._held

    @property
    def held(self) -> int:
        """Bytes of a message that is not complete."""
        return self._held

    def is_overdue(self, now: float) -> bool:
        """Whether it has kept others waiting for too long."""
        limits = self._host.limits
        if self._unread_since is not None and now - self._unread_since > limits.stalled:
            return True
        if self._held and self._message_since is not None and not self._paused:
            return now - self.heard > limits.stalled or now - self._message_since > limits.whole
        if self._slots:
            return False
        return now - self.heard > (limits.idle if self.messages else limits.first)


def _common_name(transport: asyncio.Transport) -> str:
    """That of the certificate the other side has shown; empty without one."""
    certificate: dict[str, Any] = transport.get_extra_info("peercert") or {}
    subject: tuple[tuple[tuple[str, str], ...], ...] = certificate.get("subject", ())
    return next((value for part in subject for name, value in part if name == "commonName"), "")
