"""What a question about codes is asked under: the library, pinned versions, languages, supplements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kangshu.kernel.codes.code_system import CodeSystem
from kangshu.kernel.codes.coding import split_canonical
from kangshu.kernel.codes.issues import CodesRefused, issue
from kangshu.kernel.codes.language import NO_WISH, Languages
from kangshu.kernel.codes.library import Library
from kangshu.kernel.codes.value_set import ValueSet
from kangshu.kernel.codes.versions import latest, matches


@dataclass(frozen=True, slots=True)
class Pins:
    """Versions a caller fixed, by URL.

    default  where an include names no version; force: whatever it names; check: none other is allowed
    value_sets  the version of value sets that are referred to without one
    """

    default: Mapping[str, str] = field(default_factory=dict[str, str])
    check: Mapping[str, str] = field(default_factory=dict[str, str])
    force: Mapping[str, str] = field(default_factory=dict[str, str])
    value_sets: Mapping[str, str] = field(default_factory=dict[str, str])

    def effective(self, system: str, stated: str) -> str:
        """The version that counts for an include that states one (or none)."""
        if system in self.force:
            return self.force[system]
        return stated or self.check.get(system, "") or self.default.get(system, "")


@dataclass(frozen=True, slots=True)
class Context:
    """Everything a question is asked under. Made once per request."""

    library: Library
    pins: Pins = Pins()
    languages: Languages = NO_WISH
    supplements: tuple[str, ...] = ()
    active_only: bool = False

    def system(self, url: str, stated: str = "", preferred: str = "") -> CodeSystem | None:
        """The code system in the version that counts; `preferred` if that satisfies it as well."""
        version = self.version_for(url, stated, preferred)
        return None if version is None else self.supplemented(self.library.system_versions(url)[version])

    def version_for(self, url: str, stated: str, preferred: str = "") -> str | None:
        """The version that counts; `preferred` if that satisfies what is stated and pinned as well."""
        versions = self.library.system_versions(url)
        asked = self.pins.effective(url, stated)
        if preferred in versions and (not asked or matches(asked, preferred)):
            return preferred
        return latest(each for each in versions if not asked or matches(asked, each))

    def supplemented(self, system: CodeSystem) -> CodeSystem:
        """The system with those of the supplements that are about it."""
        if not self.supplements:
            return system
        known = (self.library.supplement(each) for each in self.supplements)
        mine = [each for each in known if each and split_canonical(each.supplements)[0] == system.url]
        return system.with_supplements(mine) if mine else system

    def value_set(self, canonical: str, inside: ValueSet | None = None) -> ValueSet | None:
        """A value set that another one refers to, in the pinned version if it names none."""
        if inside is not None and canonical in inside.contained:
            return inside.contained[canonical]
        return self.library.value_set(self.pinned(canonical))

    def pinned(self, canonical: str) -> str:
        """The canonical with the version pinned for it, if it names none."""
        url, version = split_canonical(canonical)
        pin = self.pins.value_sets.get(url, "")
        return f"{url}|{pin}" if pin and not version else canonical


def check_supplements(library: Library, supplements: tuple[str, ...]) -> None:
    """Raises `CodesRefused` for a supplement that is asked for and not known."""
    missing = [each for each in supplements if library.supplement(each) is None]
    if missing:
        raise CodesRefused(*(issue("VALUESET_SUPPLEMENT_MISSING", supplement=each) for each in missing))
