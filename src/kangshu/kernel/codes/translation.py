"""$translate: codes that concept maps lead a code to, or back from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from kangshu.kernel.codes.coding import Coding
from kangshu.kernel.codes.concept_map import ConceptMap, Group

_REVERSED = {"wider": "narrower", "narrower": "wider", "subsumes": "specializes", "specializes": "subsumes"}


@dataclass(frozen=True, slots=True)
class Match:
    """Where a code leads: the code there, how close the meanings are, and the map that says so.

    source  the code that was mapped; is_reverse: found from a target back to its source
    """

    concept: Coding
    equivalence: str
    map: str
    source: Coding
    is_reverse: bool = False
    comment: str = ""

    @property
    def as_mapped(self) -> Match:
        """The match as the map states it: from source to target, whichever was asked about."""
        if not self.is_reverse:
            return self
        stated = _REVERSED.get(self.equivalence, self.equivalence)
        return replace(self, concept=self.source, source=self.concept, equivalence=stated)


def translate(
    maps: Iterable[ConceptMap], coding: Coding, *, target_system: str = "", is_reverse: bool = False
) -> list[Match]:
    """Every match, in the order of the maps. `target_system` "" for any."""
    found: list[Match] = []
    for each in maps:
        if is_reverse:
            found += [
                match for group in each.groups for match in _backwards(each, group, coding, target_system)
            ]
        else:
            found += [
                match for group in each.groups for match in _forwards(each, group, coding, target_system)
            ]
    return found


def _forwards(origin: ConceptMap, group: Group, coding: Coding, target_system: str) -> Iterator[Match]:
    if group.source and coding.system and group.source != coding.system:
        return
    if target_system and group.target and group.target != target_system:
        return
    source = Coding(coding.system or group.source, coding.code)
    targets = group.elements.get(coding.code)
    if targets is None:
        yield from _unmapped(origin, group, source)
        return
    for target in targets:
        if target.code:
            concept = Coding(group.target, target.code, display=target.display)
            yield Match(concept, target.equivalence, origin.canonical, source, comment=target.comment)


def _unmapped(origin: ConceptMap, group: Group, source: Coding) -> Iterator[Match]:
    match group.unmapped.get("mode"):
        case "provided":
            yield Match(Coding(group.target, source.code), "equal", origin.canonical, source)
        case "fixed":
            concept = Coding(
                group.target,
                str(group.unmapped.get("code", "")),
                display=str(group.unmapped.get("display", "")),
            )
            yield Match(concept, "inexact", origin.canonical, source)
        case _:
            return


def _backwards(origin: ConceptMap, group: Group, coding: Coding, source_system: str) -> Iterator[Match]:
    if group.target and coding.system and group.target != coding.system:
        return
    if source_system and group.source and group.source != source_system:
        return
    for code, targets in group.elements.items():
        for target in targets:
            if target.code == coding.code:
                yield Match(
                    Coding(group.source, code),
                    _REVERSED.get(target.equivalence, target.equivalence),
                    origin.canonical,
                    Coding(group.target, coding.code),
                    is_reverse=True,
                    comment=target.comment,
                )
