"""The frame of MLLP: VT, the message, FS, CR."""

from __future__ import annotations

from kangshu.kernel.base.errors import TooCostly

VT, FS, CR, LF = 0x0B, 0x1C, 0x0D, 0x0A

MAX_GARBAGE = 1 << 16
"""Bytes outside frames a connection may send in a row before it is taken for something else."""


def framed(answer: bytes) -> bytes:
    """An answer in its frame."""
    return b"\x0b" + answer + b"\x1c\x0d"


class Framer:
    """Takes bytes as they come, gives messages as they are complete. Holds at most one unfinished message."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = bytearray()
        self._inside = False
        self._seen = 0
        self._garbage = 0

    @property
    def held(self) -> int:
        """Bytes of the message that is not complete."""
        return len(self._held)

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that are complete now. Raises `TooCostly` for one without end, or no frame at all."""
        messages: list[bytes] = []
        self._held += data
        while True:
            if not self._inside and not self._enter():
                return messages
            end = self._held.find(FS, self._seen)
            # A new start without an end: what came before was cut off by its sender.
            again = self._held.rfind(VT, self._seen, end if end >= 0 else len(self._held))
            if again >= 0:
                del self._held[: again + 1]
                self._seen = 0
                continue
            if end < 0:
                self._seen = len(self._held)
                if self._seen > self._limit:
                    raise TooCostly(f"A message is larger than {self._limit >> 20} MB.")
                return messages
            messages.append(bytes(self._held[:end]))
            del self._held[: end + 1]
            self._inside, self._seen = False, 0

    def _enter(self) -> bool:
        """Go to the start of the next frame, if there is one. CR and LF between frames are no garbage."""
        start = self._held.find(VT)
        skipped = self._held[: start if start >= 0 else len(self._held)]
        self._garbage += len(skipped.strip(b"\r\n\x1c"))
        if self._garbage > MAX_GARBAGE:
            raise TooCostly("This is not MLLP.")
        if start < 0:
            self._held.clear()
            return False
        del self._held[: start + 1]
        self._inside, self._seen, self._garbage = True, 0, 0
        return True
