"""The tables of the demonstration: weeks of settlement lists, and one institution whose data gets worse."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from kangshu.app.platform import Platform
from kangshu.domains.synthetic.deliveries import Order, write_zip

FEED = "settlement_list"
SENDERS = ("H44099900001", "H44099900002", "H44099900003")
WORSE = "H44099900003"
"""The institution that gets worse."""

DELIVERIES, EVERY = 8, timedelta(days=6)
CASES, LINES = 60, 12
_CASES_APART = 1_000_000


@dataclass(frozen=True, slots=True)
class _Delivery:
    """One file: who sends it and when, and how faulty and how late it is."""

    sender: str
    number: int
    day: date
    faults: float
    delay: int


def deliver(platform: Platform, pack: Path, *, seed: int, until: date) -> int:
    """Land every delivery as if it had come on its day; how many cases came. Again: nothing changes."""
    received = 0
    with tempfile.TemporaryDirectory(prefix="kangshu-demo-") as folder:
        for delivery in _deliveries(until):
            path = Path(folder) / f"{delivery.sender}-{delivery.day}.zip"
            order = _order(platform, delivery, seed)
            write_zip(order, pack, platform.tables.content.macros, path)
            moment = datetime.combine(delivery.day, time(10), UTC)
            then = platform.intake.deliveries.at(lambda moment=moment: moment)
            _, tally = then.land(delivery.sender, FEED, path)
            received += tally.received["SettlementList"]
            path.unlink()
    return received


def _deliveries(until: date) -> Iterator[_Delivery]:
    for number in range(DELIVERIES):
        day = until - EVERY * (DELIVERIES - 1 - number)
        for sender in SENDERS:
            worse = number / (DELIVERIES - 1) if sender == WORSE else 0.0
            yield _Delivery(sender, number, day, 0.01 + 0.45 * worse**2, 3 + int(12 * worse**2))


def _order(platform: Platform, delivery: _Delivery, seed: int) -> Order:
    institution = platform.institutions.get(delivery.sender)
    first = (SENDERS.index(delivery.sender) * DELIVERIES + delivery.number) * CASES
    return Order(
        seed=seed,
        org=delivery.sender,
        org_name=institution.name,
        division=institution.county,
        cases=CASES,
        lines=LINES,
        first_case=_CASES_APART + first,
        until=delivery.day - timedelta(days=delivery.delay),
        spread=EVERY.days,
        delay=delivery.delay,
        sent=delivery.day,
        faults=delivery.faults,
    )
