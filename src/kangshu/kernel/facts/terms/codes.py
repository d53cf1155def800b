"""Tokens: codes, identifiers, contacts, and what is true or false."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from kangshu.kernel.facts.definition import Terms
from kangshu.kernel.facts.paths import Take
from kangshu.kernel.facts.terms.place import REMEMBERED, Json, Place, objects, text


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


def of_code(place: Place) -> Take:
    """code, string, id, uri: a value without a system."""
    names = place.names

    @lru_cache(REMEMBERED)
    def tokens_of(value: str) -> tuple[str, ...]:
        return _coded(names, None, value)

    def take(value: str, terms: Terms) -> None:
        if type(value) is str:
            terms.tokens.extend(tokens_of(value))

    return take


def of_boolean(place: Place) -> Take:
    tokens = {truth: _coded(place.names, None, str(truth).lower()) for truth in (False, True)}

    def take(value: Any, terms: Terms) -> None:
        if value is True or value is False:
            terms.tokens.extend(tokens[value])

    return take


def of_truth(place: Place) -> Take:
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
    @lru_cache(REMEMBERED)
    def tokens_of(system: Any, code: Any) -> tuple[str, ...]:
        return _coded(names, text(system), text(code))

    return tokens_of


def of_coding(place: Place) -> Take:
    tokens_of = _coding_tokens(place.names)

    def take(value: Json, terms: Terms) -> None:
        if type(value) is dict:
            try:
                terms.tokens.extend(tokens_of(value.get("system"), value.get("code")))
            except TypeError:  # an object or list where a string belongs cannot be remembered
                return

    return take


def of_concept(place: Place) -> Take:
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


def of_identifier(place: Place) -> Take:
    names = place.names

    def take(value: Json, terms: Terms) -> None:
        if type(value) is not dict:
            return
        code = text(value.get("value"))
        terms.tokens.extend(_coded(names, text(value.get("system")), code))
        for kind in objects(value.get("type")) if code else ():
            for coding in objects(kind.get("coding")):
                of_type = f"{coding.get('system') or ''}|{coding.get('code') or ''}|{code}"
                terms.tokens.extend([f"{name}:of-type={of_type}" for name in names])

    return take


def of_contact(place: Place) -> Take:
    names = place.names

    def take(value: Json, terms: Terms) -> None:
        if type(value) is dict:
            terms.tokens.extend(_coded(names, text(value.get("system")), text(value.get("value"))))

    return take
