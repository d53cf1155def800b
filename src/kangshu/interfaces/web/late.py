"""Bodies that come too slowly: whoever sends one a byte at a time must not hold a connection for ever."""

from __future__ import annotations

import asyncio
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

PAUSE = 60.0
"""Seconds between two pieces of a body."""
GRACE = 120.0
"""Seconds that any body may take."""
SLOWEST = 4096
"""Bytes a second that it must come at when it takes longer."""


class Late:
    """Takes a request whose body is late for one whose client has gone."""

    def __init__(
        self, app: ASGIApp, *, pause: float = PAUSE, grace: float = GRACE, slowest: float = SLOWEST
    ) -> None:
        self._app = app
        self._pause = pause
        self._grace = grace
        self._slowest = slowest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.monotonic()
        size = 0
        is_whole = False

        async def in_time() -> Message:
            nonlocal size, is_whole
            if is_whole:
                # Waiting for the client to go, while it is answered.
                return await receive()
            left = begun + self._grace + size / self._slowest - time.monotonic()
            try:
                async with asyncio.timeout(min(self._pause, max(left, 0.0))):
                    message = await receive()
            except TimeoutError:
                is_whole = True
                return {"type": "http.disconnect"}
            size += len(message.get("body", b""))
            is_whole = not message.get("more_body", False)
            return message

        await self._app(scope, in_time, send)
