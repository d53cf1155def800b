"""The cells of a choice as a page shows them: the total, the ranking, the map, two groups side by side."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from kangshu.app.platform import Platform
from kangshu.domains.planning.breakdown import Group, breakdown
from kangshu.domains.planning.monitoring import Standing
from kangshu.interfaces.web.portal.cell_choice import FIRST, Choice
from kangshu.interfaces.web.portal.drawing import Drawing
from kangshu.interfaces.web.portal.group_names import names_in
from kangshu.interfaces.web.portal.indicator_charts import NameOf, compare_drawing, groups_drawing
from kangshu.interfaces.web.portal.town_map import map_drawing
from kangshu.interfaces.web.portal.words import Words
from kangshu.kernel.indicators.cell import Cell, Strata
from kangshu.kernel.indicators.judge import Judgement, judge, values_of
from kangshu.kernel.indicators.period import parse_period
from kangshu.kernel.indicators.run import Result
from kangshu.kernel.indicators.target import applying_target


@dataclass(frozen=True, slots=True)
class Row:
    """A group in the ranking; `facts`: its units, `inside`: the same indicator inside it by the next stratum,
    '' where there is none."""

    name: str
    group: Group
    facts: str
    inside: str


@dataclass(frozen=True, slots=True)
class Sides:
    """Two groups side by side, by the names of the address; `names`: (name of the address, in words) of all
    that can be chosen."""

    a: str
    b: str
    names: tuple[tuple[str, str], ...]
    drawing: Drawing | None


@dataclass(frozen=True, slots=True)
class IndicatorCells:
    """What was counted of one indicator, as far as a choice asks for it.

    judged   the chosen period of everybody against the target that counts in it
    groups   the ranking
    address  of the page
    """

    platform: Platform
    words: Words
    county: str
    standing: Standing
    result: Result
    choice: Choice
    address: str
    judged: Judgement | None
    groups: tuple[Group, ...]

    def total(self) -> Cell | None:
        """The cell of the period, within the group of the choice if there is one."""
        return self._cells(*self.choice.strata).get(self.choice.period)

    def rows(self) -> tuple[Row, ...]:
        """The ranking with its links."""
        name_of = self._name_of()
        return tuple(
            Row(name_of(each.name), each, self.facts(each.cell.strata), self._inside(each))
            for each in self.groups
        )

    def facts(self, strata: Strata) -> str:
        """Where the units of a cell of the period are."""
        said = {"period": self.choice.period} | {name: value or "" for name, value in strata}
        return f"{self.address}/facts?{urlencode(said)}"

    def bars(self) -> Drawing | None:
        """The ranking drawn; the table says as much where there is one group only."""
        if len(self.groups) < 2:
            return None
        judged = _judged_each(self.judged, self.choice)
        limit = judged.limit if judged else None
        return groups_drawing(self.standing.indicator, self.groups, limit, self._name_of(), self.words)

    def map(self) -> Drawing | None:
        """The towns of the county in their places; None for another stratum."""
        if self.choice.by != "town":
            return None
        boundaries = self.platform.maps.find(self.county)
        return map_drawing(self.standing.indicator, self.groups, boundaries, self.words)

    def sides(self) -> Sides | None:
        """Two groups over all periods, and everybody; the best and the worst unless others were chosen."""
        groups = [each for each in self.groups if each.name is not None]
        if len(groups) < 2 or self.choice.within:
            return None
        known, name_of = [each.name or "" for each in groups], self._name_of()
        shown = [each.name or "" for each in groups if each.cell.value is not None] or known
        a = self.choice.a if self.choice.a in known else shown[0]
        b = self.choice.b if self.choice.b in known else shown[-1] if shown[-1] != a else known[-1]
        lines = {name_of(each): self._cells((self.choice.by, each)) for each in dict.fromkeys((a, b))}
        lines[self.words.say("cockpit.everybody")] = self._cells()
        names = sorted((each, name_of(each)) for each in known)
        return Sides(a, b, tuple(names), compare_drawing(self.standing.indicator, lines, self.words))

    def _cells(self, *strata: tuple[str, str | None]) -> dict[str, Cell]:
        """By period, the cells of some strata."""
        found = self.result.by(*(name for name, _ in strata))
        return {each.period: each for each in found if set(each.strata) == set(strata)}

    def _inside(self, group: Group) -> str:
        by, strata = self.choice.by, self.standing.indicator.strata
        further = [each for each in strata if each != by]
        if self.choice.within or not further or group.cell.hidden:
            return ""
        said = {"period": self.choice.period, "by": further[0], "in": by, "is": group.name or ""}
        return f"{self.address}?{urlencode(said)}#groups-of"

    def _name_of(self) -> NameOf:
        return names_in(self.platform, self.choice.by, self.words)


def indicator_cells(
    platform: Platform,
    words: Words,
    county: str,
    standing: Standing,
    result: Result,
    choice: Choice,
    address: str,
) -> IndicatorCells:
    """The cells of a choice."""
    indicator, period = standing.indicator, parse_period(choice.period)
    target = applying_target(indicator.targets, period, result.on)
    judged = judge(indicator, target, values_of(standing.points), period) if target else None
    each = _judged_each(judged, choice)
    groups = breakdown(
        indicator,
        result,
        choice.by,
        choice.period,
        other=choice.other,
        within=choice.within,
        target=each.target if each else None,
        limit=each.limit if each else None,
    )
    return IndicatorCells(
        platform, words, county, standing, result, choice, address, judged, groups if choice.by else ()
    )


def _judged_each(judged: Judgement | None, choice: Choice) -> Judgement | None:
    """The target, where it can be held against each group: a share of all visits says nothing of a single
    hospital, and of a sex only what a document says."""
    return judged if judged and choice.by in (FIRST, judged.target.each) else None
