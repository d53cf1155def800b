"""Dates bounded from both sides: the window in which the low ends must lie, in one column and its index.

The conditions on the bounds look at both ends, and half of all facts satisfy each of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, nextafter

from kangshu.kernel.facts.columns import NARROW, wide_token
from kangshu.kernel.facts.search.bounds import Bound
from kangshu.kernel.facts.search.conditions import Bind
from kangshu.kernel.facts.search.query import Clause, Ranges
from kangshu.kernel.facts.tokens import token_hash


@dataclass(frozen=True, slots=True)
class Window:
    """From `low` to `high` in a slot. What reaches into it starts in it, shortly before it, or is wide.

    `said`: that the low end lies in the window is what one of the clauses says already.
    """

    slot: int
    low: float
    high: float
    said: bool

    def reached(self, bind: Bind, a: str) -> str:
        """That the fact may reach into the window."""
        # The end is written in two ways: what both arms have in common PostgreSQL takes out of them. Then it
        # does not see that the first is a stretch between two ends, and expects half of all facts in it.
        also_below = f"{a}.low{self.slot} < {bind(nextafter(self.high, inf))}"
        return f"(({self.starts_near(bind, a)}) OR ({self._is_wide(bind, a)} AND {also_below}))"

    def starts_near(self, bind: Bind, a: str) -> str:
        """That the fact starts in the window or less than the width of a narrow fact before."""
        low = f"{a}.low{self.slot}"
        return f"{low} >= {bind(self.low - NARROW)} AND {low} <= {bind(self.high)}"

    def starts_before(self, bind: Bind, a: str) -> str:
        """That the fact may reach into the window, but starts before all those that start near it."""
        return f"{self._is_wide(bind, a)} AND {a}.low{self.slot} < {bind(self.low - NARROW)}"

    def _is_wide(self, bind: Bind, a: str) -> str:
        is_wide = f"{a}.tokens @> {bind([token_hash(wide_token(self.slot))])}::bigint[]"
        return f"{is_wide} AND {a}.high{self.slot} >= {bind(self.low)}"


def windows(clauses: Sequence[Clause]) -> dict[int, Window]:
    """The windows that the clauses leave, by slot."""
    bounds: dict[int, list[Bound]] = {}
    said: set[int] = set()
    for clause in clauses:
        if not isinstance(clause, Ranges) or clause.parameter.kind != "date" or len(clause.any_of) != 1:
            continue
        bound, slot = clause.any_of[0][0], clause.parameter.slot
        if slot is None:
            continue
        bounds.setdefault(slot, []).append(bound)
        if bound.prefix == "eq" and clause.parameter.single:
            said.add(slot)
    found: dict[int, Window] = {}
    for slot, several in bounds.items():
        lows = [bound.low for bound in several if bound.prefix in ("eq", "ge", "gt", "sa", "ap")]
        highs = [bound.high for bound in several if bound.prefix in ("eq", "le", "lt", "eb", "ap")]
        if lows and highs:
            found[slot] = Window(slot, max(lows), min(highs), slot in said)
    return found
