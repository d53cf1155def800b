"""Numbers, dates and quantities: from a least to a greatest value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import tzinfo
from functools import lru_cache
from math import inf, isfinite
from typing import Any

from kangshu.kernel.facts.dates import Stretch, stretch
from kangshu.kernel.facts.definition import Terms
from kangshu.kernel.facts.paths import Take
from kangshu.kernel.facts.terms.place import REMEMBERED, Json, Place, objects, texts


def _add_range(slots: tuple[int, ...], low: float, high: float, terms: Terms) -> None:
    # Comparisons with NaN are false, so NaN is left out as well.
    if low <= high:
        for slot in slots:
            terms.ranges.setdefault(slot, []).append((low, high))


def _number_of(value: Any) -> float | None:
    """`value` as a finite number; text counts, since exact decimals may come as text."""
    if value is None or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if isfinite(number) else None


_NOTHING: Json = {}


def of_number(place: Place) -> Take:
    slots, present = place.slots, place.present

    def take(value: Any, terms: Terms) -> None:
        number = _number_of(value)
        if number is not None:
            terms.tokens.extend(present)
            _add_range(slots, number, number, terms)

    return take


def of_date(place: Place) -> Take:
    slots, present, zone = place.slots, place.present, place.zone

    def take(value: str, terms: Terms) -> None:
        if type(value) is str:
            terms.tokens.extend(present)
            when = stretch(value, zone)
            if when is not None:
                for slot in slots:
                    terms.ranges.setdefault(slot, []).append(when)

    return take


def _stretch_of(value: Any, zone: tzinfo) -> Stretch | None:
    return stretch(value, zone) if isinstance(value, str) else None


def _period_of(value: Json, zone: tzinfo) -> Stretch | None:
    """From the start of `start` to the end of `end`; a missing side is open, a wrong one ends the matter."""
    start, end = _stretch_of(value.get("start"), zone), _stretch_of(value.get("end"), zone)
    if start is None and (end is None or "start" in value):
        return None
    if end is None and "end" in value:
        return None
    return (start[0] if start else -inf), (end[1] if end else inf)


def of_period(place: Place) -> Take:
    slots, present, zone = place.slots, place.present, place.zone

    def take(value: Json, terms: Terms) -> None:
        if type(value) is dict:
            terms.tokens.extend(present)
            period = _period_of(value, zone)
            if period is not None:
                _add_range(slots, *period, terms)

    return take


def of_timing(place: Place) -> Take:
    """The events, and the bounds of a repetition."""
    event = of_date(place)
    bounds = of_period(place)

    def take(value: Json, terms: Terms) -> None:
        if type(value) is dict:
            terms.tokens.extend(place.present)
            for text in texts(value.get("event")):
                event(text, terms)
            repeat = value.get("repeat")
            if isinstance(repeat, dict) and "boundsPeriod" in repeat:
                bounds(repeat["boundsPeriod"], terms)

    return take


_COMPARED: dict[Any, Callable[[float], tuple[float, float]]] = {
    "<": lambda number: (-inf, number),
    "<=": lambda number: (-inf, number),
    ">": lambda number: (number, inf),
    ">=": lambda number: (number, inf),
}


def _unit_tokens(names: tuple[str, ...], system: Any, code: Any, unit: Any) -> tuple[str, ...]:
    forms: list[str] = []
    if isinstance(code, str):
        forms.append(code)
        if isinstance(system, str):
            forms.append(f"{system}|{code}")
    if isinstance(unit, str):
        forms.append(unit)
    return tuple(f"{name}:unit={form}" for name in names for form in dict.fromkeys(forms))


def of_quantity(place: Place) -> Take:
    slots, names, present = place.slots, place.names, place.present

    @lru_cache(REMEMBERED)
    def tokens_of(system: Any, code: Any, unit: Any) -> tuple[str, ...]:
        return present + _unit_tokens(names, system, code, unit)

    def take(value: Json, terms: Terms) -> None:
        if type(value) is not dict:
            return
        try:
            terms.tokens.extend(tokens_of(value.get("system"), value.get("code"), value.get("unit")))
        except TypeError:  # an object or list where a string belongs cannot be remembered
            return
        number = _number_of(value.get("value"))
        if number is None:
            return
        compared = _COMPARED.get(value.get("comparator"))
        low, high = compared(number) if compared else (number, number)
        _add_range(slots, low, high, terms)

    return take


def of_money(place: Place) -> Take:
    quantity = of_quantity(place)

    def take(value: Json, terms: Terms) -> None:
        if type(value) is dict:
            currency = {"system": "urn:iso:std:iso:4217", "code": value.get("currency")}
            quantity({**currency, "value": value.get("value")}, terms)

    return take


def of_range(place: Place) -> Take:
    """Between two quantities; a missing end is open."""

    def take(value: Json, terms: Terms) -> None:
        if type(value) is not dict:
            return
        terms.tokens.extend(place.present)
        ends = {name: end for name in ("low", "high") for end in objects(value.get(name))}
        for end in ends.values():
            terms.tokens.extend(
                _unit_tokens(place.names, end.get("system"), end.get("code"), end.get("unit"))
            )
        low = _number_of(ends["low"].get("value")) if "low" in ends else None
        high = _number_of(ends["high"].get("value")) if "high" in ends else None
        if low is not None or high is not None:
            _add_range(place.slots, -inf if low is None else low, inf if high is None else high, terms)

    return take


def of_sampled_data(place: Place) -> Take:
    """From the least to the greatest sample, in the unit of the origin."""

    def take(value: Json, terms: Terms) -> None:
        if type(value) is not dict:
            return
        origin = next(objects(value.get("origin")), _NOTHING)
        terms.tokens.extend(place.present)
        unit = (origin.get("system"), origin.get("code"), origin.get("unit"))
        terms.tokens.extend(_unit_tokens(place.names, *unit))
        samples = list(_samples(value, _number_of(origin.get("value")) or 0.0))
        if samples:
            _add_range(place.slots, min(samples), max(samples), terms)

    return take


def _samples(value: Json, origin: float) -> Iterator[float]:
    """https://hl7.org/fhir/R4/datatypes.html#SampledData: E is no value, L and U are beyond the limits."""
    factor = _number_of(value.get("factor"))
    factor = 1.0 if factor is None else factor
    text = value.get("data")
    marks = {"L": _number_of(value.get("lowerLimit")), "U": _number_of(value.get("upperLimit"))}
    for mark in text.split() if isinstance(text, str) else ():
        number = marks[mark] if mark in marks else _number_of(mark)
        if number is not None:
            yield number * factor + origin
