"""One coding against a value set: which version counts, whether it is in, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence

from kangshu.kernel.codes.code_system import STANDARDS_STATUS, CodeSystem
from kangshu.kernel.codes.coding import Coding, extension_value
from kangshu.kernel.codes.context import Context
from kangshu.kernel.codes.display import check_display
from kangshu.kernel.codes.membership import contains, inclusions, value_sets_of
from kangshu.kernel.codes.places import Places
from kangshu.kernel.codes.standing import warning_of
from kangshu.kernel.codes.value_set import Include, Listed, ValueSet
from kangshu.kernel.codes.verdict import (
    Manner,
    Verdict,
    say_mismatch,
    say_no_code,
    say_no_version,
    say_unknown,
)
from kangshu.kernel.codes.versions import matches

_DEPRECATED = "http://hl7.org/fhir/StructureDefinition/valueset-deprecated"


def judged(context: Context, value_set: ValueSet, coding: Coding, places: Places, manner: Manner) -> Verdict:
    """What is to be said of the coding before the value set as a whole is spoken of."""
    verdict = Verdict(coding)
    if not coding.system:
        verdict.add("Coding_has_no_system__cannot_validate", places.base)
        return verdict
    if ":" not in coding.system:
        verdict.add("Terminology_TX_System_Relative", places.system)
    elif not context.library.system_versions(coding.system) and context.library.value_set(coding.system):
        verdict.add("Terminology_TX_System_ValueSet2", places.system, system=coding.system)
        return verdict
    candidates = inclusions(context, value_set, coding.system)
    if not context.library.system_versions(coding.system):
        verdict.is_member = bool(candidates)
        say_unknown(context, verdict, places, is_named=bool(candidates))
        return verdict
    _place(context, verdict, value_set, candidates, places)
    if verdict.concept is None:
        if not manner.membership_only:
            say_no_code(verdict, places)
        is_open = verdict.system is not None and verdict.system.content == "fragment"
        verdict.is_member = is_open and bool(candidates)
        return verdict
    _check_membership(context, verdict, value_set, places)
    if manner.membership_only:
        return verdict
    if verdict.is_member:
        check_display(context, verdict, places, manner)
        _check_references(context, verdict, value_set)
    return verdict


def _place(
    context: Context,
    verdict: Verdict,
    value_set: ValueSet,
    candidates: Sequence[tuple[ValueSet, Include]],
    places: Places,
) -> None:
    """Find the version of the system that counts, the concept in it, and whether the value set holds it."""
    coding = verdict.coding
    chosen: tuple[Include, CodeSystem | None] | None = None
    for _, include in candidates:
        system = context.system(coding.system, include.version, coding.version)
        concept = system.find(coding.code) if system else None
        chosen = chosen or (include, system)
        if system and concept and contains(context, value_set, system, concept):
            verdict.is_member = True
            verdict.listed = include.listed.get(concept.code)
            chosen = (include, system)
            break
    if chosen is None:
        verdict.system = context.system(coding.system, coding.version) or context.system(coding.system)
    else:
        verdict.system = chosen[1] or _fallback(context, coding)
        _check_versions(context, verdict, chosen, places)
    verdict.concept = verdict.system.find(coding.code) if verdict.system else None


def _fallback(context: Context, coding: Coding) -> CodeSystem | None:
    """What to say something from where the version the value set names is not known."""
    version = coding.version if coding.version in context.library.system_versions(coding.system) else ""
    return context.library.code_system(coding.system, version) if version else context.system(coding.system)


def _check_versions(
    context: Context, verdict: Verdict, chosen: tuple[Include, CodeSystem | None], places: Places
) -> None:
    include, system = chosen
    given, url = verdict.coding.version, verdict.coding.system
    asked = context.pins.effective(url, include.version)
    known = context.library.system_versions(url)
    if system is None:
        # Whether the value set holds the code cannot be said, so it is not said that it does not.
        verdict.is_member = verdict.is_uncertain = True
        say_no_version(verdict, asked, known, places)
        if given:
            say_mismatch(verdict, include, asked, asked, places)
        return
    if given and not matches(given, system.version):
        say_mismatch(verdict, include, asked, system.version, places)
        if given not in known:
            say_no_version(verdict, given, known, places)
    required = context.pins.check.get(url, "")
    if required and not matches(required, system.version):
        verdict.add(
            "VALUESET_VERSION_CHECK", places.version, version=system.version, system=url, wanted=required
        )


def _check_membership(context: Context, verdict: Verdict, value_set: ValueSet, places: Places) -> None:
    system, concept = verdict.system, verdict.concept
    assert system is not None
    assert concept is not None
    check_life(verdict, places)
    is_refused = context.active_only or not value_set.inactive
    if is_refused and system.is_inactive(concept):
        verdict.is_member = False
        verdict.add("STATUS_CODE_WARNING_CODE", places.code, code=concept.code)
    listed = verdict.listed
    if verdict.is_member and listed is not None and _is_deprecated(listed):
        verdict.add(
            "CONCEPT_DEPRECATED_IN_VALUESET",
            places.code,
            code=concept.code,
            system=system.url,
            value_set=value_set.label,
            status="deprecated",
        )


def _is_deprecated(listed: Listed) -> bool:
    if str(extension_value(listed.extensions, _DEPRECATED)).lower() == "true":
        return True
    return extension_value(listed.extensions, STANDARDS_STATUS) == "deprecated"


def check_life(verdict: Verdict, places: Places) -> None:
    """Say that the concept is inactive or deprecated."""
    system, concept = verdict.system, verdict.concept
    assert system is not None
    assert concept is not None
    status = system.status_of(concept)
    if system.is_inactive(concept):
        words = "inactive" if status in ("", "inactive") else f"{status} and inactive"
        verdict.add("INACTIVE_CONCEPT_FOUND", places.base, code=concept.code, status=words)
    elif status == "deprecated":
        verdict.add("DEPRECATED_CONCEPT_FOUND", places.base, code=concept.code)


def _check_references(context: Context, verdict: Verdict, value_set: ValueSet) -> None:
    """Say that a value set or system in use is a draft, an experiment, or on its way out."""
    assert verdict.system is not None
    used = [(f"ValueSet {each.canonical}", each) for each in value_sets_of(context, value_set) if each.url]
    for what, each in (*used, (f"CodeSystem {verdict.system.canonical}", verdict.system)):
        kind = warning_of(each)
        if kind:
            verdict.add(f"MSG_{kind.upper()}", what=what)
