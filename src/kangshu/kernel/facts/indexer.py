"""From the text of a resource to the columns it can be found by, without reading all of it.

`Extractor` says what the terms of a resource are; this says the same, faster, by remembering. The text of
a property nearly always means what it meant the last time it was read: `"status":"final"`, a code, a
reference to the same patient. So the text is cut into its properties, and only texts that were not seen
lately are parsed and walked. What depends on more than one property is left to the extractor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from kangshu.kernel.facts.columns import assemble, columns_of, packed_token, strings_of
from kangshu.kernel.facts.definition import Columns, Terms
from kangshu.kernel.facts.extract import Extractor, Plan, happened_of, no_terms
from kangshu.kernel.facts.paths import Take
from kangshu.kernel.facts.terms import untrue

Json = dict[str, Any]

REMEMBERED = 4_096
"""Recent texts remembered for each property of each type."""
LONG = 1_024
"""Bytes of a text that is not worth remembering: it is hardly ever written twice."""


@dataclass(frozen=True, slots=True)
class _Fragment:
    """What one property adds. `whole`: it means nothing by itself, the extractor has to see the whole."""

    tokens: tuple[bytes, ...]
    strings: tuple[str, ...]
    ranges: tuple[tuple[int, list[tuple[float, float]]], ...]
    subjects: tuple[str, ...]
    whole: bool


class _Property:
    """A property that facts are found by, and what its recent texts meant."""

    __slots__ = ("_known", "_name", "_visit")

    def __init__(self, name: str, visit: Take) -> None:
        self._name = name
        self._visit = visit
        self._known: dict[bytes, _Fragment] = {}

    def fragment(self, text: bytes, resource: Json) -> _Fragment:
        """What the property adds; `text` is its value as written, `resource` the whole, parsed."""
        known = self._known.get(text)
        if known is not None:
            return known
        terms = no_terms()
        value = resource.get(self._name)
        for element in value if isinstance(value, list) else (value,):  # pyright: ignore[reportUnknownVariableType]
            self._visit(element, terms)
        fragment = _fragment(terms)
        if len(text) <= LONG:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[text] = fragment
        return fragment


@dataclass(frozen=True, slots=True)
class _Truth:
    """A parameter that is false where nothing stands."""

    true: bytes
    otherwise: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class _Cut:
    """How the text of one type is cut and read."""

    properties: Mapping[str, _Property]
    own_subject: str | None
    happened: tuple[int, ...]
    truths: tuple[_Truth, ...]


class Indexer:
    """Columns of facts. Give it no text that was not validated: it looks only where it has to.

    Safe to share between threads.
    """

    def __init__(self, extractor: Extractor) -> None:
        self._extractor = extractor
        self._cuts: dict[str, _Cut | None] = {}

    def columns(self, type: str, text: bytes, resource: Json) -> Columns:
        """The columns of a resource, given as written and parsed; `NotSupported` if the type is unknown."""
        cut = self._cuts[type] if type in self._cuts else self._make(type)
        columns = _from_fragments(cut, text, resource) if cut is not None else None
        return columns or columns_of(self._extractor.extract(type, resource))

    def _make(self, type: str) -> _Cut | None:
        plan = self._extractor.plan(type)
        cut = self._cuts[type] = None if plan.walk.needs_document else _make_cut(plan)
        return cut


def _from_fragments(cut: _Cut, text: bytes, resource: Json) -> Columns | None:
    """None if the properties do not stand for themselves."""
    try:
        written = _TEXTS.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    properties = cut.properties
    found: list[_Fragment] = []
    for name, value in written.items():
        property_ = properties.get(name)
        if property_ is not None:
            fragment = property_.fragment(bytes(value), resource)
            if fragment.whole:
                return None
            found.append(fragment)
    return _together(cut, found, resource)


_TEXTS = msgspec.json.Decoder(dict[str, msgspec.Raw])


def _together(cut: _Cut, found: Sequence[_Fragment], resource: Json) -> Columns:
    tokens: list[Sequence[bytes]] = []
    strings: list[str] = []
    ranges: dict[int, list[tuple[float, float]]] = {}
    subjects: tuple[str, ...] = ()
    for fragment in found:
        tokens.append(fragment.tokens)
        if fragment.strings:
            strings += fragment.strings
        for slot, values in fragment.ranges:
            ranges[slot] = ranges[slot] + values if slot in ranges else values
        if fragment.subjects:
            subjects += fragment.subjects
    if cut.own_subject is not None and isinstance(resource.get("id"), str):
        address = f"{cut.own_subject}/{resource['id']}"
        subjects += (address,)
        tokens.append((packed_token(f"@{address}"),))
    tokens += [
        truth.otherwise
        for truth in cut.truths
        if not any(truth.true in fragment.tokens for fragment in found)
    ]
    if len(subjects) > 1:
        subjects = tuple(dict.fromkeys(subjects))
    return assemble(tokens, strings, ranges, {}, happened_of(cut.happened, ranges), subjects)


def _make_cut(plan: Plan) -> _Cut:
    return _Cut(
        properties={name: _Property(name, visit) for name, visit in plan.walk.visits.items()},
        own_subject=plan.own_subject,
        happened=plan.happened,
        truths=tuple(
            _Truth(packed_token(f"{name}=true"), tuple(map(packed_token, untrue(name))))
            for name in plan.truths
        ),
    )


def _fragment(terms: Terms) -> _Fragment:
    return _Fragment(
        tokens=tuple([packed_token(token) for token in dict.fromkeys(terms.tokens)]),
        strings=tuple(strings_of(terms.strings)) if terms.strings else (),
        ranges=tuple(terms.ranges.items()) if terms.ranges else (),
        subjects=tuple(dict.fromkeys(terms.subjects)) if terms.subjects else (),
        whole=bool(terms.composites),
    )
