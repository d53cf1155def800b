"""What has been counted, kept in memory: a page that shows numbers does not count.

A result stands for the facts before a transaction. When later ones have come, whoever asks gets what is
there, at once and with the time it is from, while it is counted anew behind; only the first to ask waits.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from threading import Lock

from kangshu.kernel.indicators.run import Result

MOST = 64
"""Countings that are kept; the one not asked for longest goes first."""


class UnitFolder:
    """Units of periods that were asked for, in a folder that goes with the last who holds this."""

    def __init__(self, scratch: Path) -> None:
        scratch.mkdir(parents=True, exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(prefix="kangshu-units-", dir=scratch))
        self._lock = Lock()
        self._asked: dict[tuple[str, str], Lock] = {}
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)

    @property
    def asked(self) -> list[tuple[str, str]]:
        """Indicators and periods of which somebody has asked for the units."""
        with self._lock:
            return list(self._asked)

    def file(self, indicator: str, period: str, write: Callable[[Path], None]) -> Path:
        """The units of a period, written by who asks first."""
        with self._lock:
            turn = self._asked.setdefault((indicator, period), Lock())
        path = self.folder / f"{indicator}-{period}.parquet"
        with turn:
            if not path.exists():
                write(path)
        return path


@dataclass(frozen=True, slots=True)
class Counted:
    """Results by indicator.

    on     until when things that happened count
    tx     the facts of transactions before it count
    at     when that was
    units  the units behind them, as far as somebody has asked for them
    """

    results: Mapping[str, Result]
    on: date
    tx: int
    at: datetime
    units: UnitFolder


class CountedResults:
    """Keeps countings by what they are of. Safe to share between threads; `close` it."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._lock = Lock()
        self._kept: OrderedDict[Hashable, Counted] = OrderedDict()
        self._turns: dict[Hashable, Lock] = {}
        self._renewed: set[Hashable] = set()
        self._behind = ThreadPoolExecutor(max_workers=1, thread_name_prefix="counting")

    def get(
        self, key: Hashable, is_current: Callable[[Counted], bool], count: Callable[[], Counted]
    ) -> Counted:
        """What is kept under a key, else what `count` finds.

        `is_current`: whether it need not be counted anew. Where it must, that is done once, behind; what
        fails there is forgotten, so that the next to ask sees why.
        """
        found = self.find(key)
        if found is None:
            with self._turn(key):
                return self.find(key) or self._keep(key, count())
        if not is_current(found):
            self._renew(key, count)
        return found

    def prepare(self, key: Hashable, count: Callable[[], Counted]) -> None:
        """Count behind what nobody has asked for yet."""
        self._renew(key, count)

    def settle(self) -> None:
        """Wait until nothing is counted behind any more."""
        self._behind.submit(lambda: None).result()

    def close(self) -> None:
        """End what is counted behind."""
        self._behind.shutdown(wait=True, cancel_futures=True)

    def find(self, key: Hashable) -> Counted | None:
        """What is kept under a key."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def _keep(self, key: Hashable, counted: Counted) -> Counted:
        with self._lock:
            self._kept[key] = counted
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                gone, _ = self._kept.popitem(last=False)
                self._turns.pop(gone, None)
        return counted

    def _turn(self, key: Hashable) -> Lock:
        with self._lock:
            return self._turns.setdefault(key, Lock())

    def _renew(self, key: Hashable, count: Callable[[], Counted]) -> None:
        with self._lock:
            if key in self._renewed:
                return
            self._renewed.add(key)
        self._behind.submit(self._count_behind, key, count)

    def _count_behind(self, key: Hashable, count: Callable[[], Counted]) -> None:
        try:
            with self._turn(key):
                self._keep(key, count())
        except BaseException:
            with self._lock:
                self._kept.pop(key, None)
            raise
        finally:
            with self._lock:
                self._renewed.discard(key)
