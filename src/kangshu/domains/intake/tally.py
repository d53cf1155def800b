"""What became of the entries of a message, counted by type."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """Counts by type of what became of the entries of a message.

    left_out  parts of sound messages that became no entry, by the code of the reason
    """

    received: Counter[str] = field(default_factory=Counter[str])
    stored: Counter[str] = field(default_factory=Counter[str])
    unchanged: Counter[str] = field(default_factory=Counter[str])
    quarantined: Counter[str] = field(default_factory=Counter[str])
    left_out: Counter[str] = field(default_factory=Counter[str])

    def add(self, other: Tally) -> None:
        self.received += other.received
        self.stored += other.stored
        self.unchanged += other.unchanged
        self.quarantined += other.quarantined
        self.left_out += other.left_out

    def as_unchanged(self) -> Tally:
        """The same message come again: what was stored of it is there already."""
        return Tally(
            received=self.received,
            unchanged=self.stored + self.unchanged,
            quarantined=self.quarantined,
        )

    def as_json(self) -> dict[str, dict[str, int]]:
        """By what became of them; what was left out only if anything was."""
        return self.by_type() | ({"left_out": dict(sorted(self.left_out.items()))} if self.left_out else {})

    def by_type(self) -> dict[str, dict[str, int]]:
        return {
            name: dict(sorted(getattr(self, name).items()))
            for name in ("received", "stored", "unchanged", "quarantined")
        }


def parse_tally(data: Mapping[str, Mapping[str, int]]) -> Tally:
    """A tally from its JSON form."""
    return Tally(**{name: Counter(dict(data.get(name, {}))) for name in Tally.__slots__})
