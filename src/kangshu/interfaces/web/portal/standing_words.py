"""How a row of a plan stands, in a few words: its target with sign and unit, by how much it changed and since
when.

A row of which nothing is known after the base period is not judged: the value that a plan starts from says
nothing of what became of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from kangshu.domains.planning.monitoring import Standing, is_told
from kangshu.domains.planning.plan import Plan
from kangshu.interfaces.web.portal.words import Words
from kangshu.kernel.indicators.definition import Indicator
from kangshu.kernel.indicators.judge import in_words, test_of, with_unit

State = Literal["met", "not_met", "open", "no_value"]

_POINTS: Mapping[str, str] = {"%": "percent", "‰": "permille"}


@dataclass(frozen=True, slots=True)
class StandingWords:
    """Each '' where there is nothing to say.

    target   the limit with its sign: `≥ 60%`; in_full: as the document says it
    change   since which period, and by how much
    short    how far it is from the target
    """

    state: State
    target: str
    in_full: str
    change: str
    short: str


def standing_words(plan: Plan, standing: Standing, words: Words) -> StandingWords:
    """The words for a page."""
    now, judged, indicator = standing.now, standing.judgement, standing.indicator
    state: State = "no_value" if not is_told(plan, standing) else now.verdict if now else "open"
    target = full = short = ""
    if judged is not None:
        full = in_words(indicator, judged.target, judged.limit)[0 if words.language == "zh" else 1]
    if judged is not None and judged.limit is not None:
        sign = test_of(indicator, judged.target)
        target = full if sign == "±" else f"{sign} {with_unit(indicator, judged.limit)}"
    if state == "not_met" and now is not None and now.distance is not None:
        short = words.say("plan.short", by=_amount(indicator, now.distance, words))
    return StandingWords(state, target, full, _change(standing, words), short)


def _change(standing: Standing, words: Words) -> str:
    told = [each.period for each in standing.points if each.value is not None]
    if standing.change is None or len(told) < 2:
        return ""
    if standing.change == 0:
        return words.say("plan.unchanged", since=told[-2].label)
    sign = "+" if standing.change > 0 else ""
    by = f"{sign}{_amount(standing.indicator, standing.change, words)}"
    return words.say("plan.changed", since=told[-2].label, by=by)


def _amount(indicator: Indicator, number: Decimal, words: Words) -> str:
    """A difference: of percentages it is percentage points."""
    if indicator.unit in _POINTS:
        return f"{number:f} {words.say(f'plan.points_{_POINTS[indicator.unit]}')}"
    return with_unit(indicator, number)
