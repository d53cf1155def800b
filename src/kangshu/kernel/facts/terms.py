"""From a value of a datatype to the terms it can be found by.

One maker per kind of parameter and datatype. A maker is given the uses of one place (a place may serve
several parameters, as `code` and `combo-code` do) and returns the function that the walk calls with each
value and the `Terms` to add to. Token texts repeat endlessly, so each place remembers its recent ones.
A value of the wrong shape adds nothing: saying so is the checker's task.

Forms of tokens, for parameter `p`, system `s`, code `c`:

token       p=c, with a system p=s|c and p=s|, without p=|c; Identifier with a type: p:of-type=s|c|value
string      p:exact=text as written
reference   p=Type/id, p=https://…/Type/id, p=urn:uuid:…, p=canonical, p=canonical|version;
            p:identifier=c and p:identifier=s|c
uri         p=uri
quantity    p:unit=system|code, p:unit=code, p:unit=unit
all         p:present, whenever there is a value
subjects    @Type/id
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import tzinfo
from functools import lru_cache
from math import inf, isfinite
from typing import Any

from kangshu.kernel.facts.dates import Stretch, stretch
from kangshu.kernel.facts.definition import Terms
from kangshu.kernel.facts.parameters import Kind
from kangshu.kernel.facts.paths import Take
from kangshu.kernel.facts.strings import normalise

Json = dict[str, Any]

_NOTHING: Json = {}
_REMEMBERED = 4_096
"""Recent values remembered per place."""


@dataclass(frozen=True, slots=True)
class Use:
    """What one parameter makes of the values at a place.

    only_type   of references, only those to this type count
    subject_of  set if a reference to this type says whom the fact is about
    """

    name: str
    slot: int | None = None
    only_type: str | None = None
    subject_of: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """The uses of one place, and the zone of times that name none."""

    uses: tuple[Use, ...]
    zone: tzinfo

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(use.name for use in self.uses)

    @property
    def slots(self) -> tuple[int, ...]:
        return tuple(use.slot for use in self.uses if use.slot is not None)

    @property
    def present(self) -> tuple[str, ...]:
        return tuple(f"{name}:present" for name in self.names)


def _objects(value: Any) -> Iterator[Json]:
    """The objects in a list, or the one object."""
    for element in value if isinstance(value, list) else (value,):  # pyright: ignore[reportUnknownVariableType]
        if isinstance(element, dict):
            yield element


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _texts(value: Any) -> Iterator[str]:
    """The strings in a list, or the one string."""
    for element in value if isinstance(value, list) else (value,):  # pyright: ignore[reportUnknownVariableType]
        if isinstance(element, str) and element:
            yield element


# --- token --------------------------------------------------------------------------------------------


def _coded(names: tuple[str, ...], system: str | None, code: str | None) -> tuple[str, ...]:
    tokens: list[str] = []
    for name in names:
        tokens.append(f"{name}:present")
        if code:
            tokens.append(f"{name}={code}")
        if system:
            tokens.append(f"{name}={system}|")
        if code:
            tokens.append(f"{name}={system}|{code}" if system else f"{name}=|{code}")
    return tuple(tokens)


def _code(place: Place) -> Take:
    """code, string, id, uri: a value without a system."""
    names = place.names

    @lru_cache(_REMEMBERED)
    def tokens_of(value: str) -> tuple[str, ...]:
        return _coded(names, None, value)

    def take(value: str, terms: Terms) -> None:
        if type(value) is str:
            terms.tokens.extend(tokens_of(value))

    return take


def _boolean(place: Place) -> Take:
    tokens = {truth: _coded(place.names, None, str(truth).lower()) for truth in (False, True)}

    def take(value: Any, terms: Terms) -> None:
        if value is True or value is False:
            terms.tokens.extend(tokens[value])

    return take


def _truth(place: Place) -> Take:
    """Anything but `false` counts as true; see `untrue` for facts where nothing stands."""
    true = _coded(place.names, None, "true")

    def take(value: Any, terms: Terms) -> None:
        if value is not False:
            terms.tokens.extend(true)

    return take


def untrue(name: str) -> tuple[str, ...]:
    """Tokens of a truth parameter when none of its places holds anything true."""
    return _coded((name,), None, "false")


def _coding_tokens(names: tuple[str, ...]) -> Callable[[Any, Any], tuple[str, ...]]:
    @lru_cache(_REMEMBERED)
    def tokens_of(system: Any, code: Any) -> tuple[str, ...]:
        return _coded(names, _text(system), _text(code))

    return tokens_of


def _coding(place: Place) -> Take:
    tokens_of = _coding_tokens(place.names)

    def take(value: Json, terms: Terms) -> None:
        if type(value) is dict:
            try:
                terms.tokens.extend(tokens_of(value.get("system"), value.get("code")))
            except TypeError:  # an object or list where a string belongs cannot be remembered
                return

    return take


def _concept(place: Place) -> Take:
    present = place.present
    tokens_of = _coding_tokens(place.names)

    def take(value: Json, terms: Terms) -> None:
        if type(value) is not dict:
            return
        codings: Any = value.get("coding")
        if codings.__class__ is not list:
            terms.tokens.extend(present)
            return
        for coding in codings:
            if coding.__class__ is dict:
                try:
                    terms.tokens.extend(tokens_of(coding.get("system"), coding.get("code")))
                except TypeError:  # as above
                    continue

    return take


def _identifier(place: Place) -> Take:
    names = place.names

    def take(value: Json, terms: Terms) -> None:
        if type(value) is not dict:
            return
        code = _text(value.get("value"))
        terms.tokens.extend(_coded(names, _text(value.get("system")), code))
        for kind in _objects(value.get("type")) if code else ():
            for coding in _objects(kind.get("coding")):
                of_type = f"{coding.get('system') or ''}|{coding.get('code') or ''}|{code}"
                terms.tokens.extend([f"{name}:of-type={of_type}" for name in names])

    return take


def _contact(place: Place) -> Take:
    names = place.names

    def take(value: Json, terms: Terms) -> None:
        if type(value) is dict:
            terms.tokens.extend(_coded(names, _text(value.get("system")), _text(value.get("value"))))

    return take


# --- string -------------------------------------------------------------------------------------------


def _add_text(place: Place, text: str, terms: Terms) -> None:
    plain = normalise(text)
    if not plain:
        return
    for name in place.names:
        terms.strings.append((name, plain))
        terms.tokens.append(f"{name}:exact={text}")
        terms.tokens.append(f"{name}:present")


def _string(place: Place) -> Take:
    def take(value: str, terms: Terms) -> None:
        if type(value) is str:
            _add_text(place, value, terms)

    return take


def _parts(*keys: str) -> Callable[[Place], Take]:
    """Every text of an object that stands under one of `keys`."""

    def maker(place: Place) -> Take:
        def take(value: Json, terms: Terms) -> None:
            if type(value) is dict:
                for key in keys:
                    for text in _texts(value.get(key)):
                        _add_text(place, text, terms)

        return take

    return maker


def _human_name(place: Place) -> Take:
    parts = _parts("family", "given", "prefix", "suffix", "text")(place)

    def take(value: Json, terms: Terms) -> None:
        if type(value) is dict:
            parts(value, terms)
            family, given = value.get("family"), "".join(_texts(value.get("given")))
            # Chinese names are written and searched as one word: family name, then given name.
            if isinstance(family, str) and given and not family.isascii():
                _add_text(place, family + given, terms)

    return take


# --- reference ----------------------------------------------------------------------------------------

_TYPE_AND_ID = re.compile(r"(?:[^#?]*/)?(?P<type>[A-Z][A-Za-z]+)/(?P<id>[A-Za-z0-9\-.]{1,64})")
_VERSION = re.compile(r"/_history/[^/?#]+$")


def target_of(reference: str) -> tuple[str, str | None] | None:
    """What a reference points to: its address without version, and the type it names if it does.

    None for a contained resource (`#…`), which has no address of its own.
    """
    if not reference or reference[0] == "#":
        return None
    address = _VERSION.sub("", reference)
    named = _TYPE_AND_ID.fullmatch(address)
    return address, named["type"] if named else None


def _reference(place: Place) -> Take:
    uses = place.uses

    @lru_cache(_REMEMBERED)
    def found(reference: str, type_: str | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return _reference_terms(uses, reference, type_)

    def take(value: Json, terms: Terms) -> None:
        if type(value) is not dict:
            return
        reference, type_ = value.get("reference"), value.get("type")
        if type(reference) is str and (type_ is None or type(type_) is str):
            tokens, subjects = found(reference, type_)
            terms.tokens.extend(tokens)
            if subjects:
                terms.subjects.extend(subjects)
        if "identifier" in value:
            terms.tokens.extend(_logical_tokens(uses, value["identifier"], type_))

    return take


def _reference_terms(
    uses: tuple[Use, ...], reference: str, type_: str | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Tokens and subjects of one reference; `type_` is what the reference itself says of its type."""
    target = target_of(reference)
    address, named = target or (None, None)
    tokens: list[str] = []
    subjects: list[str] = []
    for use in uses:
        if use.only_type not in (None, named or type_):
            continue
        tokens.append(f"{use.name}:present")
        if address is None:
            continue
        tokens.append(f"{use.name}={address}")
        if use.subject_of is not None and address.startswith(f"{use.subject_of}/"):
            tokens.append(f"@{address}")
            subjects.append(address)
    return tuple(tokens), tuple(subjects)


def _logical_tokens(uses: tuple[Use, ...], identifier: Any, type_: Any) -> Iterator[str]:
    for each in _objects(identifier):
        system, code = each.get("system"), each.get("value")
        for use in uses:
            if use.only_type not in (None, type_) or not isinstance(code, str):
                continue
            yield f"{use.name}:present"
            yield f"{use.name}:identifier={code}"
            if isinstance(system, str):
                yield f"{use.name}:identifier={system}|{code}"


def _canonical(place: Place) -> Take:
    """canonical and uri as references: with and without the version."""
    names = place.names

    @lru_cache(_REMEMBERED)
    def tokens_of(value: str) -> tuple[str, ...]:
        if not value or value[0] == "#":
            return place.present
        url, _, version = value.partition("|")
        forms = (url, value) if version else (url,)
        return place.present + tuple(f"{name}={form}" for name in names for form in forms)

    def take(value: str, terms: Terms) -> None:
        if type(value) is str:
            terms.tokens.extend(tokens_of(value))

    return take


def _resource(place: Place) -> Take:
    """A resource that stands inside another under its own id."""

    def take(value: Json, terms: Terms) -> None:
        if type(value) is dict:
            type_, id_ = value.get("resourceType"), value.get("id")
            uses = [use for use in place.uses if use.only_type in (None, type_)]
            if isinstance(type_, str) and isinstance(id_, str):
                for use in uses:
                    terms.tokens += (f"{use.name}:present", f"{use.name}={type_}/{id_}")

    return take


# --- uri ----------------------------------------------------------------------------------------------


def _uri(place: Place) -> Take:
    names = place.names
    canonical = _canonical(place)

    def take(value: str, terms: Terms) -> None:
        if type(value) is str:
            canonical(value, terms)
            # PostgreSQL cannot store NUL.
            terms.strings.extend([(name, value.replace("\0", "")) for name in names])

    return take


# --- ranges -------------------------------------------------------------------------------------------


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


def _number(place: Place) -> Take:
    slots, present = place.slots, place.present

    def take(value: Any, terms: Terms) -> None:
        number = _number_of(value)
        if number is not None:
            terms.tokens.extend(present)
            _add_range(slots, number, number, terms)

    return take


def _date(place: Place) -> Take:
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


def _period(place: Place) -> Take:
    slots, present, zone = place.slots, place.present, place.zone

    def take(value: Json, terms: Terms) -> None:
        if type(value) is dict:
            terms.tokens.extend(present)
            period = _period_of(value, zone)
            if period is not None:
                _add_range(slots, *period, terms)

    return take


def _timing(place: Place) -> Take:
    """The events, and the bounds of a repetition."""
    event = _date(place)
    bounds = _period(place)

    def take(value: Json, terms: Terms) -> None:
        if type(value) is dict:
            terms.tokens.extend(place.present)
            for text in _texts(value.get("event")):
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


def _quantity(place: Place) -> Take:
    slots, names, present = place.slots, place.names, place.present

    @lru_cache(_REMEMBERED)
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


def _money(place: Place) -> Take:
    quantity = _quantity(place)

    def take(value: Json, terms: Terms) -> None:
        if type(value) is dict:
            currency = {"system": "urn:iso:std:iso:4217", "code": value.get("currency")}
            quantity({**currency, "value": value.get("value")}, terms)

    return take


def _range(place: Place) -> Take:
    """Between two quantities; a missing end is open."""

    def take(value: Json, terms: Terms) -> None:
        if type(value) is not dict:
            return
        terms.tokens.extend(place.present)
        ends = {name: end for name in ("low", "high") for end in _objects(value.get(name))}
        for end in ends.values():
            terms.tokens.extend(
                _unit_tokens(place.names, end.get("system"), end.get("code"), end.get("unit"))
            )
        low = _number_of(ends["low"].get("value")) if "low" in ends else None
        high = _number_of(ends["high"].get("value")) if "high" in ends else None
        if low is not None or high is not None:
            _add_range(place.slots, -inf if low is None else low, inf if high is None else high, terms)

    return take


def _sampled_data(place: Place) -> Take:
    """From the least to the greatest sample, in the unit of the origin."""

    def take(value: Json, terms: Terms) -> None:
        if type(value) is not dict:
            return
        origin = next(_objects(value.get("origin")), _NOTHING)
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


# --- the table ----------------------------------------------------------------------------------------

_ADDRESS = ("text", "line", "city", "district", "state", "postalCode", "country")
_CODES = ("code", "string", "id", "uri", "url", "canonical", "oid", "uuid")

MAKERS: dict[tuple[Kind, str], Callable[[Place], Take]] = {
    **{("token", datatype): _code for datatype in _CODES},
    ("token", "boolean"): _boolean,
    ("token", "truth"): _truth,
    ("token", "Coding"): _coding,
    ("token", "CodeableConcept"): _concept,
    ("token", "Identifier"): _identifier,
    ("token", "ContactPoint"): _contact,
    **{("string", datatype): _string for datatype in ("string", "markdown", "code", "uri")},
    ("string", "HumanName"): _human_name,
    ("string", "Address"): _parts(*_ADDRESS),
    ("reference", "Reference"): _reference,
    ("reference", "canonical"): _canonical,
    ("reference", "uri"): _canonical,
    ("reference", "Resource"): _resource,
    **{("uri", datatype): _uri for datatype in ("uri", "url", "canonical", "oid", "uuid")},
    **{("number", datatype): _number for datatype in ("decimal", "integer", "positiveInt", "unsignedInt")},
    **{("date", datatype): _date for datatype in ("date", "dateTime", "instant")},
    ("date", "Period"): _period,
    ("date", "Timing"): _timing,
    **{
        ("quantity", datatype): _quantity for datatype in ("Quantity", "Age", "Duration", "Count", "Distance")
    },
    ("quantity", "Money"): _money,
    ("quantity", "Range"): _range,
    ("quantity", "SampledData"): _sampled_data,
}
"""How the values of a datatype become terms for a parameter of a kind."""
