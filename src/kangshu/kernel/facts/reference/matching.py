"""Whether a version of a fact satisfies the clauses of a query: each clause in the plainest way there is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from kangshu.kernel.facts.definition import Terms
from kangshu.kernel.facts.parameters import Parameter
from kangshu.kernel.facts.reference.body import document, narrative, values_at
from kangshu.kernel.facts.reference.version import Version
from kangshu.kernel.facts.search.bounds import Bound
from kangshu.kernel.facts.search.query import (
    AllOf,
    AnyOf,
    Chain,
    Clause,
    Displays,
    Element,
    Has,
    Ids,
    Member,
    OfType,
    Ranges,
    Recorded,
    Strings,
    Tokens,
    Words,
)
from kangshu.kernel.facts.strings import normalise


class Matching:
    """Compares with clauses; chains, `_has` and lists look at all the versions."""

    def __init__(self, versions: Sequence[Version]) -> None:
        self._versions = versions

    def satisfies_all(self, version: Version, clauses: Sequence[Clause]) -> bool:
        """Whether the version satisfies every clause."""
        return all(self._satisfies(version, clause) for clause in clauses)

    def _satisfies(self, version: Version, clause: Clause) -> bool:  # noqa: C901 (one arm for each kind)
        fact, terms = version.fact, version.terms
        match clause:
            case Tokens(any_of, negate):
                return (not set(any_of).isdisjoint(terms.tokens)) != negate
            case Ranges(parameter, any_of):
                ranges = terms.ranges.get(_slot(parameter.slot), [])
                return any(_in_range(ranges, terms.tokens, *option) for option in any_of)
            case Strings(name, any_of, mode):
                texts = [text for parameter, text in terms.strings if parameter == name]
                return any(_has_text(text, value, mode) for text in texts for value in any_of)
            case Displays(paths, any_of):
                texts = [normalise(str(text)) for path in paths for text in values_at(document(fact), path)]
                return any(text.startswith(value) for text in texts for value in any_of)
            case Words(in_narrative, any_of):
                text = narrative(fact) if in_narrative else fact.body.decode()
                return any(all(word.lower() in text.lower() for word in v.split()) for v in any_of)
            case Ids(any_of, negate):
                return (fact.id in any_of) != negate
            case OfType(type_):
                return fact.type == type_
            case Recorded(any_of):
                moment = fact.recorded_at.timestamp()
                return any(bound.admits(moment, moment) for bound in any_of)
            case Element():
                return _has_element(terms, clause)
            case Chain(parameter, type_, where, address):
                return any(
                    not _names(other, parameter.name, address).isdisjoint(terms.tokens)
                    for other in self._all(type_, where)
                )
            case Has(_, type_, parameter, where, address):
                names = _names(version, parameter.name, address)
                return any(not names.isdisjoint(other.terms.tokens) for other in self._all(type_, where))
            case Member(target, parameter, ids):
                address = f"{parameter.name}={target}/{fact.id}"
                lists = self._all(parameter.type, (Ids(ids),))
                return any(address in each.terms.tokens for each in lists)
            case AnyOf(clauses):
                return any(self._satisfies(version, each) for each in clauses)
            case AllOf(clauses):
                return self.satisfies_all(version, clauses)

    def _all(self, type_: str, where: Sequence[Clause]) -> Iterator[Version]:
        for version in self._versions:
            if version.is_seen and version.fact.type == type_ and self.satisfies_all(version, where):
                yield version


def _names(version: Version, reference: str, address: Parameter | None) -> set[str]:
    """The tokens that what refers to the version carries."""
    fact = version.fact
    paths = address.json_paths() if address is not None else []
    urls = [str(url) for path in paths for url in values_at(document(fact), path)[:1]]
    return {f"{reference}={fact.type}/{fact.id}", *(f"{reference}={url}" for url in urls)}


def _slot(slot: int | None) -> int:
    assert slot is not None
    return slot


def _in_range(
    ranges: Sequence[tuple[float, float]], tokens: Sequence[str], bound: Bound, units: Sequence[str]
) -> bool:
    if units and set(units).isdisjoint(tokens):
        return False
    return any(bound.admits(low, high) for low, high in ranges)


def _has_text(text: str, value: str, mode: str) -> bool:
    return text.startswith(value) if mode == "starts" else value in text


def _has_element(terms: Terms, clause: Element) -> bool:
    entries = terms.composites.get(clause.name)
    if entries is None:
        # Then the parts, asked for beside this, decide.
        return True
    return any(_is_element(entry, clause) for entry in entries)


def _is_element(entry: dict[str, Any], clause: Element) -> bool:
    ranges = entry.get("r", {})
    return all(not set(any_of).isdisjoint(entry["t"]) for any_of in clause.tokens) and all(
        name in ranges and bound.admits(*ranges[name]) for name, bound in clause.bounds
    )
