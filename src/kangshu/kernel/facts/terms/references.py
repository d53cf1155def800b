"""References, canonicals, and resources that stand inside others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from kangshu.kernel.facts.definition import Terms
from kangshu.kernel.facts.paths import Take
from kangshu.kernel.facts.terms.place import REMEMBERED, Json, Place, Use, objects

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


def of_reference(place: Place) -> Take:
    uses = place.uses

    @lru_cache(REMEMBERED)
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
        elif value:
            # Words or a number instead of an address: not to be found by it, but not missing either.
            terms.tokens.extend(f"{use.name}:present" for use in uses if use.only_type in (None, type_))
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
    for each in objects(identifier):
        system, code = each.get("system"), each.get("value")
        for use in uses:
            if use.only_type not in (None, type_) or not isinstance(code, str):
                continue
            yield f"{use.name}:present"
            yield f"{use.name}:identifier={code}"
            if isinstance(system, str):
                yield f"{use.name}:identifier={system}|{code}"


def of_canonical(place: Place) -> Take:
    """canonical and uri as references: with and without the version."""
    names = place.names

    @lru_cache(REMEMBERED)
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


def of_resource(place: Place) -> Take:
    """A resource that stands inside another under its own id."""

    def take(value: Json, terms: Terms) -> None:
        if type(value) is dict:
            type_, id_ = value.get("resourceType"), value.get("id")
            uses = [use for use in place.uses if use.only_type in (None, type_)]
            if isinstance(type_, str) and isinstance(id_, str):
                for use in uses:
                    terms.tokens += (f"{use.name}:present", f"{use.name}={type_}/{id_}")

    return take
