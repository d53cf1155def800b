"""The concept map: codes of one system to codes of another, each with how close the meanings are.

https://hl7.org/fhir/R4/conceptmap.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.codes.coding import Json, canonical_of, object_of, objects_of, text_of
from kangshu.kernel.codes.versions import latest

EFFECTIVE = "http://hl7.org/fhir/StructureDefinition/resource-effectivePeriod"
"""From when until when a map is good; days, both included."""

_NOT_THE_SAME = frozenset({"unmatched", "disjoint"})


@dataclass(frozen=True, slots=True)
class Target:
    """A code that a code leads to. `equivalence` is a code of R4's concept-map-equivalence."""

    code: str
    equivalence: str
    display: str = ""
    comment: str = ""

    @property
    def is_match(self) -> bool:
        """Whether source and target have anything to do with each other."""
        return self.equivalence not in _NOT_THE_SAME


@dataclass(frozen=True, slots=True)
class Group:
    """From one code system to another."""

    source: str
    target: str
    source_version: str = ""
    target_version: str = ""
    elements: Mapping[str, tuple[Target, ...]] = field(default_factory=dict[str, tuple[Target, ...]])
    unmapped: Json = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class ConceptMap:
    """A map as defined. `source` and `target` are the value sets it is about."""

    url: str
    version: str = ""
    status: str = ""
    source: str = ""
    target: str = ""
    groups: tuple[Group, ...] = ()
    first: date | None = None
    last: date | None = None

    @property
    def canonical(self) -> str:
        return canonical_of(self.url, self.version)

    def is_effective(self, on: date) -> bool:
        """Whether the map is active and good for a day."""
        return self.status == "active" and self.is_of(on)

    def is_of(self, on: date) -> bool:
        """Whether a day is in the period of the map."""
        return (self.first is None or self.first <= on) and (self.last is None or on <= self.last)


def current(maps: Iterable[ConceptMap], on: date | None) -> list[ConceptMap]:
    """Of those whose period has the day (None: of all), each URL in its latest version."""
    known = [each for each in maps if on is None or each.is_of(on)]
    versions: dict[str, set[str]] = {}
    for each in known:
        versions.setdefault(each.url, set()).add(each.version)
    newest = {url: latest(found) for url, found in versions.items()}
    return [each for each in known if newest[each.url] == each.version]


def parse_concept_map(resource: Json) -> ConceptMap:
    """A concept map from its FHIR form. Raises `Invalid` for a period that is none."""
    period = _period(resource)
    return ConceptMap(
        url=text_of(resource, "url"),
        version=text_of(resource, "version"),
        status=text_of(resource, "status"),
        source=text_of(resource, "sourceCanonical") or text_of(resource, "sourceUri"),
        target=text_of(resource, "targetCanonical") or text_of(resource, "targetUri"),
        groups=tuple(_group(each) for each in objects_of(resource, "group")),
        first=_day(text_of(period, "start")),
        last=_day(text_of(period, "end")),
    )


def _group(item: Json) -> Group:
    return Group(
        source=text_of(item, "source"),
        target=text_of(item, "target"),
        source_version=text_of(item, "sourceVersion"),
        target_version=text_of(item, "targetVersion"),
        elements={
            text_of(each, "code"): tuple(_target(one) for one in objects_of(each, "target"))
            for each in objects_of(item, "element")
        },
        unmapped=object_of(item, "unmapped"),
    )


def _target(item: Json) -> Target:
    return Target(
        code=text_of(item, "code"),
        equivalence=text_of(item, "equivalence"),
        display=text_of(item, "display"),
        comment=text_of(item, "comment"),
    )


def _period(resource: Json) -> Json:
    for extension in objects_of(resource, "extension"):
        if extension.get("url") == EFFECTIVE:
            return object_of(extension, "valuePeriod")
    return {}


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise Invalid("The effective period of a ConceptMap is not of days.", code="value") from None
