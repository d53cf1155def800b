"""Results of indicators that still hold: nothing has been stored or landed since they were counted."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from threading import Lock

from kangshu.kernel.indicators.definition import Indicator
from kangshu.kernel.indicators.run import Result

MOST = 16
"""Countings that are remembered: places, counties and days. The one not asked for longest goes first."""


class RememberedResults:
    """Remembers results by what they are of. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: OrderedDict[Hashable, tuple[int, dict[str, Result]]] = OrderedDict()

    def find(
        self, key: Hashable, indicators: list[Indicator], has_come: Callable[[int], bool]
    ) -> dict[str, Result]:
        """What is known of these indicators, of the definition they have now.

        `has_come`: whether anything was stored since a transaction.
        """
        with self._lock:
            tx, known = self._known.get(key, (0, {}))
            if key in self._known:
                self._known.move_to_end(key)
        if not known or has_come(tx):
            return {}
        found = ((each, known.get(each.id)) for each in indicators)
        return {each.id: result for each, result in found if result and result.version == each.version}

    def keep(
        self, key: Hashable, tx: int, results: Mapping[str, Result], has_come: Callable[[int], bool]
    ) -> None:
        """Remember results of everything stored before a transaction.

        Others of the same key stay as long as nothing has come since they were counted: transactions that
        store nothing move `tx` on, too.
        """
        with self._lock:
            before, _ = self._known.get(key, (tx, {}))
        since = min(before, tx)
        stays = before == tx or not has_come(since)
        with self._lock:
            at, known = self._known.pop(key, (tx, {}))
            # Counted at another moment: these would not go together.
            others = known if stays and at == before else {}
            self._known[key] = (since if others else tx, {**others, **results})
            while len(self._known) > MOST:
                self._known.popitem(last=False)

    def forget(self) -> None:
        """Forget everything."""
        with self._lock:
            self._known.clear()
