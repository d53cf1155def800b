"""The library: every code system, value set and concept map that is known, each in its versions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from threading import Lock
from typing import Protocol, TypeVar

from kangshu.kernel.codes.code_system import CodeSystem, parse_code_system
from kangshu.kernel.codes.coding import Json, split_canonical
from kangshu.kernel.codes.concept_map import ConceptMap, current, parse_concept_map
from kangshu.kernel.codes.value_set import Include, ValueSet, parse_value_set
from kangshu.kernel.codes.versions import latest, matches


class _Versioned(Protocol):
    @property
    def version(self) -> str: ...


V = TypeVar("V", bound=_Versioned)


@dataclass(frozen=True, slots=True)
class Deferred:
    """A code system that is compiled when it is first asked for; what must be known before stands here."""

    url: str
    version: str
    content: str
    value_set: str
    load: Callable[[], CodeSystem]


Item = CodeSystem | Deferred | ValueSet | ConceptMap

_IMPLICIT = "?fhir_vs"
_NO_SYSTEM = frozenset({"supplement", "not-present"})


class _Versions(Mapping[str, CodeSystem]):
    """The versions of a code system, compiled one by one when they are needed. Thread-safe."""

    def __init__(self) -> None:
        self._known: dict[str, CodeSystem | Deferred] = {}
        self._lock = Lock()

    def add(self, item: CodeSystem | Deferred) -> None:
        self._known[item.version] = item

    def __getitem__(self, version: str) -> CodeSystem:
        found = self._known[version]
        if isinstance(found, CodeSystem):
            return found
        with self._lock:
            again = self._known[version]
            if isinstance(again, Deferred):
                again = self._known[version] = again.load()
            return again

    def __contains__(self, version: object) -> bool:
        return version in self._known

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


@dataclass(frozen=True, slots=True)
class Library:
    """By URL, then by version. Made by `library_of`; laid `over` another, what is in both is from the upper.

    whole  the URL of the value set that stands for all of a code system -> the system's URL
    on     the day whose concept maps are meant, None for any day
    """

    systems: Mapping[str, Mapping[str, CodeSystem]] = field(
        default_factory=dict[str, Mapping[str, CodeSystem]]
    )
    supplements: Mapping[str, Mapping[str, CodeSystem]] = field(
        default_factory=dict[str, Mapping[str, CodeSystem]]
    )
    whole: Mapping[str, str] = field(default_factory=dict[str, str])
    value_sets: Mapping[str, Mapping[str, ValueSet]] = field(
        default_factory=dict[str, Mapping[str, ValueSet]]
    )
    maps: Mapping[str, Mapping[str, ConceptMap]] = field(default_factory=dict[str, Mapping[str, ConceptMap]])
    all_maps: tuple[ConceptMap, ...] = ()
    on: date | None = None
    below: Library | None = None

    def as_of(self, on: date) -> Library:
        """This library with the concept maps of a day."""
        return replace(self, on=on)

    def over(self, below: Library) -> Library:
        """This library on top of another."""
        return replace(self, below=below)

    def system_versions(self, url: str) -> Mapping[str, CodeSystem]:
        """The versions of a code system that can be used as one: supplements are not among them."""
        return _both(self.systems.get(url), self.below.system_versions(url) if self.below else None)

    def code_system(self, url: str, version: str = "") -> CodeSystem | None:
        """A code system in the version asked for, the latest if none is. None if it is not known."""
        return _pick(self.system_versions(url), version)

    def supplement(self, canonical: str) -> CodeSystem | None:
        """A supplement by `url` or `url|version`."""
        url, version = split_canonical(canonical)
        chosen = _pick(self.supplements.get(url, {}), version)
        return chosen or (self.below.supplement(canonical) if self.below else None)

    def value_set(self, canonical: str) -> ValueSet | None:
        """A value set by `url` or `url|version`; also the one that stands for all of a code system."""
        url, version = split_canonical(canonical)
        found = _pick(self.value_set_versions(url), version)
        return found or self._all_of(self.system_behind(url), url)

    def concept_maps(self) -> list[ConceptMap]:
        """Every concept map in its latest version of the day; two that share URL and version both count."""
        return current(self.every_map(), self.day())

    def concept_map(self, canonical: str) -> ConceptMap | None:
        """A concept map by `url|version`, or by `url` in its latest version of the day."""
        url, version = split_canonical(canonical)
        versions = self.map_versions(url)
        if version:
            return _pick(versions, version)
        return next(iter(current(versions.values(), self.day())), None)

    def every_map(self) -> list[ConceptMap]:
        """Concept maps of every version and day."""
        return [*self.all_maps, *(self.below.every_map() if self.below else ())]

    def day(self) -> date | None:
        """The day whose concept maps are meant, that of the library below if there is none here."""
        return self.on or (self.below.day() if self.below else None)

    def value_set_versions(self, url: str) -> Mapping[str, ValueSet]:
        """The versions of a value set."""
        return _both(self.value_sets.get(url), self.below.value_set_versions(url) if self.below else None)

    def map_versions(self, url: str) -> Mapping[str, ConceptMap]:
        """The versions of a concept map."""
        return _both(self.maps.get(url), self.below.map_versions(url) if self.below else None)

    def system_behind(self, url: str) -> str:
        """The code system all of which a value set of this URL stands for, "" if there is none."""
        if url.endswith(_IMPLICIT):
            return url.removesuffix(_IMPLICIT)
        return self.whole.get(url) or (self.below.system_behind(url) if self.below else "")

    def _all_of(self, system: str, url: str) -> ValueSet | None:
        if not system or not self.system_versions(system):
            return None
        include = Include(system, "", {}, (), ())
        resource = {"resourceType": "ValueSet", "url": url, "status": "active"}
        return ValueSet(url, status="active", includes=(include,), resource=resource)


def library_of(items: Iterable[Item]) -> Library:
    """A library of parsed items; of two with the same URL and version the later one counts."""
    systems: dict[str, _Versions] = {}
    supplements: dict[str, _Versions] = {}
    whole: dict[str, str] = {}
    value_sets: dict[str, dict[str, ValueSet]] = {}
    maps: dict[str, dict[str, ConceptMap]] = {}
    every: list[ConceptMap] = []
    for item in items:
        if isinstance(item, (CodeSystem, Deferred)):
            if item.content not in _NO_SYSTEM:
                systems.setdefault(item.url, _Versions()).add(item)
                if item.value_set:
                    whole[item.value_set] = item.url
            elif item.content == "supplement":
                supplements.setdefault(item.url, _Versions()).add(item)
        elif isinstance(item, ValueSet):
            value_sets.setdefault(item.url, {})[item.version] = item
        else:
            maps.setdefault(item.url, {})[item.version] = item
            every.append(item)
    return Library(systems, supplements, whole, dict(value_sets), dict(maps), tuple(every))


def parse_item(resource: Json) -> Item | None:
    """A parsed CodeSystem, ValueSet or ConceptMap; None for anything else."""
    match resource.get("resourceType"):
        case "CodeSystem":
            return parse_code_system(resource)
        case "ValueSet":
            return parse_value_set(resource)
        case "ConceptMap":
            return parse_concept_map(resource)
        case _:
            return None


def _both(above: Mapping[str, V] | None, below: Mapping[str, V] | None) -> Mapping[str, V]:
    if not below:
        return above or {}
    return {**below, **above} if above else below


def _pick(versions: Mapping[str, V], asked: str) -> V | None:
    if not versions:
        return None
    if asked in versions:
        return versions[asked]
    chosen = latest(version for version in versions if not asked or matches(asked, version))
    return None if chosen is None else versions[chosen]
