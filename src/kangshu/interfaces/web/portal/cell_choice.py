"""Which cells of an indicator a page is about: a period, one to compare with, a stratum, within a group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kangshu.domains.planning.breakdown import periods_of
from kangshu.domains.planning.monitoring import Standing
from kangshu.interfaces.web.portal.page import Call
from kangshu.kernel.indicators.cell import Strata
from kangshu.kernel.indicators.run import Result

FIRST = "town"
"""The stratum that is shown unless another is asked for."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What was asked for, as far as it exists.

    periods  all there are, newest first; `other`: the one to compare with, '' where there is none
    by       a stratum, '' where there is none; `within`: a group of another
    a, b     groups side by side, as the address names them; None: not chosen
    """

    periods: tuple[str, ...]
    period: str
    other: str
    by: str
    within: tuple[str, str | None] | None
    a: str | None
    b: str | None

    @property
    def strata(self) -> Strata:
        """The strata of the total of this choice."""
        return (self.within,) if self.within else ()

    @property
    def query(self) -> Mapping[str, str]:
        """What says the same in an address."""
        found = {"period": self.period, "other": self.other, "by": self.by}
        if self.within:
            found |= {"in": self.within[0], "is": self.within[1] or ""}
        found |= {name: value for name, value in (("a", self.a), ("b", self.b)) if value is not None}
        return {name: value for name, value in found.items() if value or name in ("other", "is", "a", "b")}


def chosen(standing: Standing, result: Result, call: Call) -> Choice | None:
    """What the address asks for; None where nothing was counted."""
    periods = periods_of(result)
    if not periods:
        return None
    query, strata = call.query, standing.indicator.strata
    latest = standing.latest.period.label if standing.latest else ""
    period = _one_of(query.get("period"), periods, latest if latest in periods else periods[0])
    earlier = [each for each in periods if each < period]
    other = _one_of(query.get("other"), (*periods, ""), earlier[0] if earlier else "")
    by = _one_of(query.get("by"), strata, FIRST if FIRST in strata else strata[0] if strata else "")
    outer = query.get("in", "")
    within = (outer, query.get("is") or None) if outer in strata and outer != by else None
    return Choice(periods, period, other, by, within, query.get("a"), query.get("b"))


def _one_of(asked: str | None, known: tuple[str, ...], otherwise: str) -> str:
    return asked if asked is not None and asked in known else otherwise
