"""What becomes known of one coding on the way, and how it is told where something is not known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from kangshu.kernel.codes.code_system import CodeSystem, Concept
from kangshu.kernel.codes.coding import Coding, canonical_of
from kangshu.kernel.codes.context import Context
from kangshu.kernel.codes.issues import Issue, issue, one_of
from kangshu.kernel.codes.places import Places
from kangshu.kernel.codes.value_set import Include, Listed


@dataclass(frozen=True, slots=True)
class Manner:
    """How strict to be.

    lenient_display  a wrong name is only a warning
    membership_only  nothing but whether it is in the value set
    infer_system     a code without a system takes the one the value set has it from
    """

    lenient_display: bool = False
    membership_only: bool = False
    infer_system: bool = False


@dataclass(slots=True)
class Verdict:
    """What becomes known of one coding on the way.

    is_uncertain  the version the value set names is not known, so that membership cannot be told
    """

    coding: Coding
    is_member: bool = False
    is_uncertain: bool = False
    system: CodeSystem | None = None
    concept: Concept | None = None
    listed: Listed | None = None
    issues: list[Issue] = field(default_factory=list[Issue])
    unknown: list[str] = field(default_factory=list[str])
    blamed: list[str] = field(default_factory=list[str])

    def add(self, kind: str, at: str = "", *, severity: str = "", **words: str) -> None:
        """One more issue, found at a place."""
        self.issues.append(issue(kind, at, severity=severity, **words))


def say_mismatch(verdict: Verdict, include: Include, asked: str, version: str, places: Places) -> None:
    """That the coding gives another version of its system than the value set names or takes."""
    words = {"system": verdict.coding.system, "given": verdict.coding.version, "stated": include.version}
    if not asked:
        verdict.add("VALUESET_VALUE_MISMATCH_DEFAULT", places.version, version=version, **words)
    elif asked != include.version:
        verdict.add("VALUESET_VALUE_MISMATCH_CHANGED", places.version, version=asked, **words)
    else:
        verdict.add("VALUESET_VALUE_MISMATCH", places.version, version=asked, **words)


def say_no_version(verdict: Verdict, version: str, known: Iterable[str], places: Places) -> None:
    """That the system is known, but not in this version."""
    system = verdict.coding.system
    verdict.blamed.append(canonical_of(system, version))
    verdict.add(
        "UNKNOWN_CODESYSTEM_VERSION", places.system, system=system, version=version, known=one_of(known)
    )


def say_unknown(context: Context, verdict: Verdict, places: Places, *, is_named: bool = False) -> None:
    """That the system, or its version, is not known. `is_named`: the value set names it as well."""
    system, version = verdict.coding.system, verdict.coding.version
    known = context.library.system_versions(system)
    (verdict.blamed if is_named or known else verdict.unknown).append(
        canonical_of(system, version) if known else system
    )
    if known:
        kind, more = "UNKNOWN_CODESYSTEM_VERSION", {"known": one_of(known)}
    elif version:
        kind, more = "UNKNOWN_CODESYSTEM_VERSION_NONE", {}
    else:
        kind, more = "UNKNOWN_CODESYSTEM", {}
    verdict.add(kind, places.system, system=system, version=version, **more)


def say_no_code(verdict: Verdict, places: Places) -> None:
    """That the system has no such code; of a fragment, that it may have."""
    system = verdict.system
    if system is None:
        return
    words = {"code": verdict.coding.code, "system": system.url, "version": system.version}
    if system.content == "fragment":
        verdict.add("UNKNOWN_CODE_IN_FRAGMENT", places.code, **words)
    elif system.version:
        verdict.add("Unknown_Code_in_Version", places.code, **words)
    else:
        verdict.add("Unknown_Code_in", places.code, **words)
