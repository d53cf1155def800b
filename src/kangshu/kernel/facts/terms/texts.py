"""Texts, and uris, which are texts and exact at once."""

from __future__ import annotations

from collections.abc import Callable

from kangshu.kernel.facts.definition import Terms
from kangshu.kernel.facts.paths import Take
from kangshu.kernel.facts.strings import normalise
from kangshu.kernel.facts.terms.place import Json, Place, texts
from kangshu.kernel.facts.terms.references import of_canonical


def _add_text(place: Place, text: str, terms: Terms) -> None:
    plain = normalise(text)
    if not plain:
        return
    for name in place.names:
        terms.strings.append((name, plain))
        terms.tokens.append(f"{name}:exact={text}")
        terms.tokens.append(f"{name}:present")


def of_string(place: Place) -> Take:
    def take(value: str, terms: Terms) -> None:
        if type(value) is str:
            _add_text(place, value, terms)

    return take


def of_parts(*keys: str) -> Callable[[Place], Take]:
    """Every text of an object that stands under one of `keys`."""

    def maker(place: Place) -> Take:
        def take(value: Json, terms: Terms) -> None:
            if type(value) is dict:
                for key in keys:
                    for text in texts(value.get(key)):
                        _add_text(place, text, terms)

        return take

    return maker


def of_human_name(place: Place) -> Take:
    parts = of_parts("family", "given", "prefix", "suffix", "text")(place)

    def take(value: Json, terms: Terms) -> None:
        if type(value) is dict:
            parts(value, terms)
            family, given = value.get("family"), "".join(texts(value.get("given")))
            # Chinese names are written and searched as one word: family name, then given name.
            if isinstance(family, str) and given and not family.isascii():
                _add_text(place, family + given, terms)

    return take


def of_uri(place: Place) -> Take:
    names = place.names
    canonical = of_canonical(place)

    def take(value: str, terms: Terms) -> None:
        if type(value) is str:
            canonical(value, terms)
            # PostgreSQL cannot store NUL.
            terms.strings.extend([(name, value.replace("\0", "")) for name in names])

    return take
