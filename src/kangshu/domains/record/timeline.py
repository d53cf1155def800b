"""A life year by year: visits with what happened in them, and what happened outside any visit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kangshu.domains.record.clusters import moment_key
from kangshu.domains.record.entry import KINDS, Entry, Kind


@dataclass(frozen=True, slots=True)
class Node:
    """An entry and what belongs inside it: a visit's diagnoses and orders, a report's results."""

    entry: Entry
    inside: tuple[Node, ...] = ()

    def walk(self) -> list[Entry]:
        """This entry and everything inside, top down."""
        return [self.entry, *(entry for node in self.inside for entry in node.walk())]


@dataclass(frozen=True, slots=True)
class Year:
    """What happened in a calendar year, newest first; `year` is None where no date is known."""

    year: int | None
    nodes: tuple[Node, ...]

    @property
    def counts(self) -> tuple[tuple[Kind, int], ...]:
        """Entries by kind, in the order of KINDS, zeros left out."""
        found = Counter(entry.kind for node in self.nodes for entry in node.walk())
        return tuple((kind, found[kind]) for kind in KINDS if found[kind])

    @property
    def total(self) -> int:
        """Number of entries."""
        return sum(len(node.walk()) for node in self.nodes)


def read_timeline(entries: Sequence[Entry]) -> tuple[Year, ...]:
    """Years newest first; every entry given stands in exactly one place."""
    parent = _parents(entries)
    inside: dict[str, list[Entry]] = {}
    roots: list[Entry] = []
    for entry in entries:
        above = parent.get(entry.source.address)
        (inside.setdefault(above, []) if above else roots).append(entry)
    years: dict[int | None, list[Node]] = {}
    for entry in sorted(roots, key=moment_key, reverse=True):
        years.setdefault(entry.when.year if entry.when else None, []).append(_node(entry, inside))
    known = sorted((y for y in years if y is not None), reverse=True)
    order: list[int | None] = [*known, None] if None in years else [*known]
    return tuple(Year(year, tuple(years[year])) for year in order)


def _parents(entries: Sequence[Entry]) -> dict[str, str]:
    """Address -> address of what holds it: first the report that names it, else its visit.

    A link that would close a circle is left out, so that following parents always ends.
    """
    known = {entry.source.address for entry in entries}
    parent: dict[str, str] = {}
    for entry in entries:
        for part in entry.parts:
            if part in known:
                _link(parent, part, entry.source.address)
    for entry in entries:
        if entry.visit in known:
            _link(parent, entry.source.address, entry.visit)
    return parent


def _link(parent: dict[str, str], child: str, above: str) -> None:
    if child in parent:
        return
    at: str | None = above
    while at is not None:
        if at == child:
            return
        at = parent.get(at)
    parent[child] = above


def _node(entry: Entry, inside: dict[str, list[Entry]]) -> Node:
    return Node(entry, tuple(_node(e, inside) for e in _reading_order(inside.get(entry.source.address, []))))


def _reading_order(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda e: (KINDS.index(e.kind), moment_key(e)))
