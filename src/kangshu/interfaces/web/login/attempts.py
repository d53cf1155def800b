"""How often a login may fail: five times per user and a hundred times per address in five minutes.

Each web process counts for itself; with N processes the limits are N times as high.
"""

from __future__ import annotations

import threading
from collections import deque
from datetime import datetime, timedelta

from kangshu.kernel.base.time import Clock

WINDOW = timedelta(minutes=5)
PER_USER = 5
PER_ADDRESS = 100
_MOST_KEYS = 20_000


class Attempts:
    """Counts failed logins. Safe to use from many threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: dict[str, deque[datetime]] = {}
        self._lock = threading.Lock()

    def seconds_to_wait(self, login: str, address: str) -> int:
        """How long this user, or somebody at this address, has to wait before trying again; 0: not at all."""
        with self._lock:
            return max(self._wait(f"user {login}", PER_USER), self._wait(f"address {address}", PER_ADDRESS))

    def failed(self, login: str, address: str) -> None:
        """Count a failure."""
        now = self._clock()
        with self._lock:
            if len(self._failures) >= _MOST_KEYS:
                self._forget_oldest()
            for key in (f"user {login}", f"address {address}"):
                self._failures.setdefault(key, deque(maxlen=PER_ADDRESS)).append(now)

    def _wait(self, key: str, limit: int) -> int:
        failures = self._failures.get(key)
        if failures is None:
            return 0
        start = self._clock() - WINDOW
        while failures and failures[0] <= start:
            failures.popleft()
        if not failures:
            del self._failures[key]
            return 0
        if len(failures) < limit:
            return 0
        return max(1, int((failures[-limit] - start).total_seconds()) + 1)

    def _forget_oldest(self) -> None:
        by_age = sorted(self._failures, key=lambda key: self._failures[key][-1])
        for key in by_age[: _MOST_KEYS // 2]:
            del self._failures[key]
