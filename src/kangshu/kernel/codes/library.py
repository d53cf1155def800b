"""The library: every code system, value set and concept map that is known, each in its versions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from kangshu.kernel.codes.code_system import CodeSystem, parse_code_system
from kangshu.kernel.codes.coding import Json, split_canonical
from kangshu.kernel.codes.concept_map import ConceptMap, parse_concept_map
from kangshu.kernel.codes.value_set import Include, ValueSet, parse_value_set
from kangshu.kernel.codes.versions import latest, matches


class _Versioned(Protocol):
    @property
    def version(self) -> str: ...


V = TypeVar("V", bound=_Versioned)
Item = CodeSystem | ValueSet | ConceptMap

_IMPLICIT = "?fhir_vs"


@dataclass(frozen=True, slots=True)
class Library:
    """By URL, then by version. Made by `library_of`; adding to one makes another."""

    systems: Mapping[str, Mapping[str, CodeSystem]] = field(
        default_factory=dict[str, Mapping[str, CodeSystem]]
    )
    value_sets: Mapping[str, Mapping[str, ValueSet]] = field(
        default_factory=dict[str, Mapping[str, ValueSet]]
    )
    maps: Mapping[str, Mapping[str, ConceptMap]] = field(default_factory=dict[str, Mapping[str, ConceptMap]])
    all_maps: tuple[ConceptMap, ...] = ()
    below: Library | None = None

    def over(self, below: Library) -> Library:
        """This library on top of another: what is in both is taken from this one."""
        return replace(self, below=below)

    def system_versions(self, url: str) -> Mapping[str, CodeSystem]:
        """The versions of a code system that can be used as one: supplements are not among them."""
        found = _both(self.systems.get(url), self.below.system_versions(url) if self.below else None)
        return {
            version: each
            for version, each in found.items()
            if each.content not in ("supplement", "not-present")
        }

    def code_system(self, url: str, version: str = "") -> CodeSystem | None:
        """A code system in the version asked for, the latest if none is. None if it is not known."""
        return _pick(self.system_versions(url), version)

    def supplement(self, canonical: str) -> CodeSystem | None:
        """A supplement by `url` or `url|version`."""
        url, version = split_canonical(canonical)
        found = _both(self.systems.get(url), None)
        chosen = _pick({key: each for key, each in found.items() if each.content == "supplement"}, version)
        return chosen or (self.below.supplement(canonical) if self.below else None)

    def value_set(self, canonical: str) -> ValueSet | None:
        """A value set by `url` or `url|version`; also the one that stands for all of a code system."""
        url, version = split_canonical(canonical)
        found = _pick(self.value_set_versions(url), version)
        return found or self._whole(url)

    def concept_maps(self) -> list[ConceptMap]:
        """Every concept map in its latest version; two that share URL and version both count."""
        known = [*self.all_maps, *(self.below.concept_maps() if self.below else ())]
        newest = {each.url: latest(self.map_versions(each.url)) for each in known}
        return [each for each in known if newest[each.url] == each.version]

    def concept_map(self, canonical: str) -> ConceptMap | None:
        """A concept map by `url` or `url|version`."""
        url, version = split_canonical(canonical)
        return _pick(self.map_versions(url), version)

    def value_set_versions(self, url: str) -> Mapping[str, ValueSet]:
        """The versions of a value set."""
        return _both(self.value_sets.get(url), self.below.value_set_versions(url) if self.below else None)

    def map_versions(self, url: str) -> Mapping[str, ConceptMap]:
        """The versions of a concept map."""
        return _both(self.maps.get(url), self.below.map_versions(url) if self.below else None)

    def _whole(self, url: str) -> ValueSet | None:
        system = self.system_behind(url)
        if system is None:
            return None
        include = Include(system.url, "", {}, (), ())
        return ValueSet(
            url, system.version, status=system.status, includes=(include,),
            resource={"resourceType": "ValueSet", "url": url, "status": system.status or "active"},
        )  # fmt: skip

    def system_behind(self, url: str) -> CodeSystem | None:
        """The code system all of which a value set of this URL stands for."""
        if url.endswith(_IMPLICIT):
            return self.code_system(url.removesuffix(_IMPLICIT))
        for versions in self.systems.values():
            found = _pick({key: each for key, each in versions.items() if each.value_set == url}, "")
            if url and found is not None:
                return found
        return self.below.system_behind(url) if self.below else None


def library_of(items: Iterable[Item]) -> Library:
    """A library of parsed items; of two with the same URL and version the later one counts."""
    systems: dict[str, dict[str, CodeSystem]] = {}
    value_sets: dict[str, dict[str, ValueSet]] = {}
    maps: dict[str, dict[str, ConceptMap]] = {}
    every: list[ConceptMap] = []
    for item in items:
        if isinstance(item, CodeSystem):
            systems.setdefault(item.url, {})[item.version] = item
        elif isinstance(item, ValueSet):
            value_sets.setdefault(item.url, {})[item.version] = item
        else:
            maps.setdefault(item.url, {})[item.version] = item
            every.append(item)
    return Library(dict(systems), dict(value_sets), dict(maps), tuple(every))


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
