"""Judge a value by its target: the limit of the year, met or not, how far it is, and a sentence of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from kangshu.kernel.indicators.cell import Cell, Hidden, rounded
from kangshu.kernel.indicators.definition import Indicator
from kangshu.kernel.indicators.period import Period
from kangshu.kernel.indicators.series import Point
from kangshu.kernel.indicators.target import Form, Target

Verdict = Literal["met", "not_met", "open"]
Values = Mapping[Period, Decimal]

_SIGNS: Mapping[Form, str] = {"at_least": "≥", "above": ">", "at_most": "≤", "below": "<"}
_EXTRA = 4
"""Decimals that a limit worked out from a base may have beyond those of the indicator."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What became of a target in a period.

    limit     the number the value is held against; None where there is none, or no base to work it out from
    distance  how far the value is on the wrong side of the limit; negative: how far on the right side
    sentence  the same in words, in Chinese; `sentence_en` in English
    """

    target: Target
    period: Period
    value: Decimal | None
    limit: Decimal | None
    verdict: Verdict
    distance: Decimal | None
    sentence: str
    sentence_en: str


def values_of(points: Sequence[Point]) -> dict[Period, Decimal]:
    """The values that are known, by period."""
    return {point.period: point.value for point in points if point.value is not None}


def judge(indicator: Indicator, target: Target, values: Values, period: Period) -> Judgement:
    """Hold the value of a period against a target. `values`: the known ones, with that of the base period."""
    value = values.get(period)
    limit, test = limit_of(indicator, target, values, period), test_of(indicator, target)
    words, words_en = in_words(indicator, target, limit)
    unit = indicator.unit
    if value is None:
        return _open(
            target,
            period,
            None,
            limit,
            f"{period.label} 没有数值；目标{words}。",
            f"No value; target {words_en}.",
        )
    if limit is None and target.base == period:
        told = f"{with_unit(indicator, value)}，为基础年，目标{words}。"
        return _open(target, period, value, None, told, f"{value} {unit}, the base; target {words_en}.")
    if limit is None:
        base = target.base.label if target.base else ""
        return _open(
            target,
            period,
            value,
            None,
            f"目标{words}，但缺少 {base} 年基础值，无法判定。",
            f"Target {words_en}, but the base value of {base} is missing: cannot be judged.",
        )
    met = _is_met(target, test, value, limit, values, period)
    distance = _distance(target, test, value, limit)
    return Judgement(
        target,
        period,
        value,
        limit,
        "met" if met else "not_met",
        distance,
        f"{with_unit(indicator, value)}，目标{words}：{_outcome(indicator, met, distance)}。",
        f"{value} {unit}, target {words_en}: {'met' if met else 'not met'}.",
    )


@dataclass(frozen=True, slots=True)
class Part:
    """One value of the stratum of which each is to reach a target. `verdict`: open where nothing is shown."""

    name: str | None
    value: Decimal | None
    verdict: Verdict
    hidden: Hidden


def judge_each(
    indicator: Indicator, target: Target, values: Values, period: Period, cells: Sequence[Cell]
) -> tuple[Part, ...]:
    """Hold every value of the target's stratum in a period against its limit; none if it names no stratum."""
    limit, test = limit_of(indicator, target, values, period), test_of(indicator, target)
    found: list[Part] = []
    for cell in cells:
        if cell.period == period.label and tuple(name for name, _ in cell.strata) == (target.each,):
            verdict: Verdict = "open"
            if cell.value is not None and limit is not None:
                verdict = "met" if satisfies(test, cell.value, limit, target.tolerance) else "not_met"
            found.append(Part(cell.strata[0][1], cell.value, verdict, cell.hidden))
    return tuple(found)


def limit_of(indicator: Indicator, target: Target, values: Values, period: Period) -> Decimal | None:
    """The number a value of the period is held against; None where the base is not known."""
    if target.base is None:
        return target.value
    base = values.get(target.base)
    if base is None:
        return None
    if target.form == "keep":
        return base
    if target.form == "keep_improving":
        before = [each for each in values if target.base <= each < period]
        return values[max(before)] if before else None
    amount = Fraction(target.value or 0)
    if target.form in ("up_percent", "down_percent"):
        sign = 1 if target.form == "up_percent" else -1
        exact = Fraction(base) * (100 + sign * amount) / 100
    else:
        years = period.years_since(target.base)
        exact = Fraction(base) + (years if target.form == "up_each_year" else -years) * amount
    return rounded(exact, indicator.decimals + _EXTRA).normalize()


def test_of(indicator: Indicator, target: Target) -> str:
    """How a value is held against the limit: ≥, >, ≤, <, or ± for about."""
    if target.form in _SIGNS:
        return _SIGNS[target.form]
    if target.form == "about":
        return "±"
    if target.form in ("up_percent", "up_each_year"):
        return "≥"
    if target.form in ("down_percent", "down_each_year"):
        return "≤"
    strict = target.form == "keep_improving"
    if indicator.direction == "up":
        return ">" if strict else "≥"
    return "<" if strict else "≤"


def satisfies(test: str, value: Decimal, limit: Decimal, tolerance: Decimal | None = None) -> bool:
    """Whether a value passes the test."""
    if test == "±":
        return abs(value - limit) <= (tolerance or 0)
    return {"≥": value >= limit, ">": value > limit, "≤": value <= limit, "<": value < limit}[test]


def in_words(indicator: Indicator, target: Target, limit: Decimal | None) -> tuple[str, str]:
    """The target as people say it, in Chinese and English."""
    number, unit = target.value, indicator.unit
    base = target.base.label if target.base else ""
    plain = "" if limit is None else f"（即 {_plain(limit)}）"
    plain_en = "" if limit is None else f" (that is {_plain(limit)})"
    if target.form in _SIGNS:
        return (
            f"{_SIGNS[target.form]} {with_unit(indicator, number)}",
            f"{_SIGNS[target.form]} {number} {unit}",
        )
    words: Mapping[Form, tuple[str, str]] = {
        "about": (
            f"{with_unit(indicator, number)} 左右（±{target.tolerance}）",
            f"about {number} {unit} (±{target.tolerance})",
        ),
        "up_percent": (f"比 {base} 年增长 {number}%{plain}", f"{number} % above {base}{plain_en}"),
        "down_percent": (f"比 {base} 年降低 {number}%{plain}", f"{number} % below {base}{plain_en}"),
        "up_each_year": (
            f"自 {base} 年起每年提高 {number}{plain}",
            f"up {number} each year from {base}{plain_en}",
        ),
        "down_each_year": (
            f"自 {base} 年起每年降低 {number}{plain}",
            f"down {number} each year from {base}{plain_en}",
        ),
        "keep_improving": ("持续提升", "keep improving"),
        "keep": ("持续巩固", "keep what was reached"),
    }
    return words[target.form]


def _is_met(
    target: Target, test: str, value: Decimal, limit: Decimal, values: Values, period: Period
) -> bool:
    if target.form == "keep_improving" and target.base is not None:
        row = [values[each] for each in sorted(values) if target.base <= each <= period]
        return all(satisfies(test, later, earlier) for earlier, later in pairwise(row))
    return satisfies(test, value, limit, target.tolerance)


def _distance(target: Target, test: str, value: Decimal, limit: Decimal) -> Decimal:
    if test == "±":
        return abs(value - limit) - (target.tolerance or Decimal(0))
    return limit - value if test in ("≥", ">") else value - limit


def _outcome(indicator: Indicator, met: bool, distance: Decimal) -> str:  # noqa: FBT001 - two words for it
    if met:
        return "达到"
    if distance == 0:
        return "未达到，恰在界上"
    return f"未达到，相差 {_plain(distance) if '=' in indicator.unit else with_unit(indicator, distance)}"


def _open(
    target: Target, period: Period, value: Decimal | None, limit: Decimal | None, sentence: str, english: str
) -> Judgement:
    return Judgement(target, period, value, limit, "open", None, sentence, english)


def with_unit(indicator: Indicator, number: Decimal | None) -> str:
    """A number with its unit as Chinese writes it: 78.5%, 2.8‰, 77.3 岁, 107.11(女=100)."""
    unit, written = indicator.unit, "" if number is None else format(number, "f")
    if unit in ("%", "‰", ""):
        return f"{written}{unit}"
    if unit.startswith("1/"):
        return f"{written}{unit[1:]}"
    return f"{written}({unit})" if "=" in unit else f"{written} {unit}"


def _plain(number: Decimal) -> str:
    return format(number.normalize(), "f")
