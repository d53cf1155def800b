"""How often a login may fail within five minutes.

Few times for one user from one address; more often for one user from everywhere, so that nobody
can lock somebody else out at once; and for one address, whoever it tries. Each web process counts
for itself: with N processes the limits are N times as high.
"""

from __future__ import annotations

import threading
from collections import deque
from datetime import datetime, timedelta

from kangshu.kernel.base.time import Clock

WINDOW = timedelta(minutes=5)
PER_USER_AND_ADDRESS = 5
PER_USER = 50
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
            return max(self._wait(key, limit) for key, limit in _counters(login, address))

    def failed(self, login: str, address: str) -> None:
        """Count a failure."""
        now = self._clock()
        with self._lock:
            if len(self._failures) >= _MOST_KEYS:
                self._forget_oldest()
            for key, limit in _counters(login, address):
                self._failures.setdefault(key, deque(maxlen=limit)).append(now)

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


def _counters(login: str, address: str) -> list[tuple[str, int]]:
    """What is counted for a failure, and how often it may happen."""
    return [
        (f"both {address} {login}", PER_USER_AND_ADDRESS),
        (f"user {login}", PER_USER),
        (f"address {address}", PER_ADDRESS),
    ]
