"""An indicator in words, for `kangshu indicator explain`."""

from __future__ import annotations

from collections.abc import Iterator

from kangshu.kernel.indicators.definition import Indicator
from kangshu.kernel.indicators.target import Target


def definition_of(indicator: Indicator) -> str:
    """What it is, how it is counted, and what it rests on; then its SELECT."""
    return "\n".join(_lines(indicator))


def _lines(indicator: Indicator) -> Iterator[str]:
    yield f"{indicator.title} / {indicator.title_en} ({indicator.unit})"
    yield f"  id            {indicator.id}, version {indicator.version}"
    yield f"  kind          {indicator.kind}, by the {indicator.period}"
    yield f"  numerator     {indicator.numerator}"
    if indicator.denominator:
        yield f"  denominator   {indicator.denominator}, times {indicator.factor}"
    yield f"  better        {indicator.direction}"
    if indicator.strata:
        yield f"  strata        {', '.join(indicator.strata)}"
    if indicator.closes:
        yield f"  final         {indicator.closes} days after the end of a period"
    yield f"  basis         {indicator.basis}"
    yield f"  verify        {indicator.verify}"
    for name, values in sorted(indicator.params.items()):
        for dated in values:
            yield f"  ${name} = {dated.value} from {dated.since}: {dated.basis}"
    for target in indicator.targets:
        yield f"  target {target.period.label}: {_target(target)} ({target.kind}): {target.basis}"
    if indicator.sql:
        yield ""
        yield indicator.sql


def _target(target: Target) -> str:
    value = "" if target.value is None else f" {target.value}"
    base = f" from {target.base.label}" if target.base else ""
    return f"{target.form.replace('_', ' ')}{value}{base}"
