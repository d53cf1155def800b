"""$validate-code: whether a code is in a value set or code system, and what else is to be said of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from kangshu.kernel.codes.code_system import STANDARDS_STATUS, CodeSystem, Concept
from kangshu.kernel.codes.coding import Coding, canonical_of, extension_value
from kangshu.kernel.codes.context import Context
from kangshu.kernel.codes.issues import Issue, issue, message_of, one_of
from kangshu.kernel.codes.membership import (
    check_value_set,
    contains,
    inclusions,
    missing_imports,
    systems_of,
)
from kangshu.kernel.codes.names import (
    is_same,
    is_same_but_blanks,
    is_withdrawn,
    named,
    own_name,
    status_of,
    valid_names,
)
from kangshu.kernel.codes.value_set import Include, Listed, ValueSet
from kangshu.kernel.codes.versions import matches

_DEPRECATED = "http://hl7.org/fhir/StructureDefinition/valueset-deprecated"


@dataclass(frozen=True, slots=True)
class Places:
    """How the parts of a coding are called in the issues: as parameters, or below an element."""

    base: str
    code: str
    system: str
    version: str
    display: str


PARAMETERS = Places("code", "code", "system", "version", "display")


def places_below(element: str) -> Places:
    return Places(element, f"{element}.code", f"{element}.system", f"{element}.version", f"{element}.display")


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


@dataclass(frozen=True, slots=True)
class Validation:
    """The answer. `system` and `concept` are there if the code is known.

    unknown  systems that are not known
    blamed  systems and versions that could not be found, though the value set or the caller names them
    """

    result: bool
    coding: Coding
    issues: tuple[Issue, ...] = ()
    system: CodeSystem | None = None
    concept: Concept | None = None
    display: str = ""
    unknown: tuple[str, ...] = ()
    blamed: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        return message_of(self.issues)

    @property
    def is_inactive(self) -> bool:
        return bool(self.system and self.concept and self.system.is_inactive(self.concept))

    @property
    def status(self) -> str:
        """The concept's status, if it is no longer to be used or on its way there."""
        if self.system is None or self.concept is None:
            return ""
        status = self.system.status_of(self.concept)
        return status if self.is_inactive or status == "deprecated" else ""


@dataclass(slots=True)
class _Verdict:
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
        self.issues.append(issue(kind, at, severity=severity, **words))


# -- questions


def validate(
    context: Context,
    value_set: ValueSet,
    coding: Coding,
    places: Places,
    manner: Manner = Manner(),
) -> Validation:
    """Whether one coding is in the value set. Raises `CodesRefused` for a value set that cannot be used."""
    check_value_set(context, value_set)
    missing = missing_imports(context, value_set)
    if missing:
        return _with_missing_imports(context, coding, missing)
    if not coding.system and manner.infer_system:
        inferred = _inferred(context, value_set, coding, places)
        if isinstance(inferred, Validation):
            return inferred
        coding = replace(coding, system=inferred)
    verdict = _judged(context, value_set, coding, places, manner)
    if not verdict.is_member:
        verdict.add(
            "None_of_the_provided_codes_are_in_the_value_set_one",
            places.code,
            code=_written(coding),
            value_set=value_set.label,
        )
    return _answer(context, verdict, verdict.issues, result=verdict.is_member)


def validate_any(
    context: Context,
    value_set: ValueSet,
    codings: Sequence[Coding],
    manner: Manner = Manner(),
) -> Validation:
    """Whether one of the codings of a CodeableConcept is in the value set, and nothing is wrong with any."""
    check_value_set(context, value_set)
    missing = missing_imports(context, value_set)
    if missing:
        return Validation(
            result=False,
            coding=Coding("", ""),
            issues=tuple(issue("Unable_to_resolve_value_Set_", value_set=each) for each in missing),
        )
    verdicts = [
        _judged(context, value_set, coding, places_below(f"CodeableConcept.coding[{number}]"), manner)
        for number, coding in enumerate(codings)
    ]
    issues: list[Issue] = []
    if not any(verdict.is_member for verdict in verdicts):
        issues.append(issue("TX_GENERAL_CC_ERROR_MESSAGE", value_set=value_set.label))
    for number, verdict in enumerate(verdicts):
        issues += verdict.issues
        if not verdict.is_member:
            place = f"CodeableConcept.coding[{number}].code"
            words = {"code": _written(verdict.coding), "value_set": value_set.label}
            issues.append(issue("this-code-not-in-vs", place, **words))
    best = next((verdict for verdict in verdicts if verdict.is_member), _Verdict(Coding("", "")))
    best.unknown = [each for verdict in verdicts for each in verdict.unknown]
    best.blamed = [each for verdict in verdicts for each in verdict.blamed]
    answer = _answer(context, best, issues, result=best.is_member)
    return replace(answer, coding=Coding("", "")) if best.is_uncertain else answer


def validate_in_system(
    context: Context,
    coding: Coding,
    places: Places,
    manner: Manner = Manner(),
) -> Validation:
    """Whether the code system has the code."""
    supplement = context.library.supplement(coding.system)
    verdict = _Verdict(coding)
    if supplement is not None:
        verdict.blamed.append(coding.system)
        verdict.add("CODESYSTEM_CS_NO_SUPPLEMENT", places.system, system=supplement.canonical)
        return _answer(context, verdict, verdict.issues, result=False)
    if not coding.system:
        verdict.add("Coding_has_no_system__cannot_validate", places.base)
        return _answer(context, verdict, verdict.issues, result=False)
    verdict.system = context.system(coding.system, coding.version)
    if verdict.system is None:
        _say_unknown(context, verdict, places)
        return _answer(context, verdict, verdict.issues, result=False)
    verdict.concept = verdict.system.find(coding.code)
    if verdict.concept is None:
        _say_no_code(verdict, places)
        return _answer(context, verdict, verdict.issues, result=verdict.system.content == "fragment")
    _check_life(verdict, places)
    _check_display(context, verdict, places, manner)
    return _answer(context, verdict, verdict.issues, result=True)


# -- one coding and a value set


def _judged(
    context: Context, value_set: ValueSet, coding: Coding, places: Places, manner: Manner
) -> _Verdict:
    verdict = _Verdict(coding)
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
        _say_unknown(context, verdict, places, is_named=bool(candidates))
        return verdict
    _place(context, verdict, value_set, candidates, places)
    if verdict.concept is None:
        if not manner.membership_only:
            _say_no_code(verdict, places)
        is_open = verdict.system is not None and verdict.system.content == "fragment"
        verdict.is_member = is_open and bool(candidates)
        return verdict
    _check_membership(context, verdict, value_set, places)
    if manner.membership_only:
        return verdict
    if verdict.is_member:
        _check_display(context, verdict, places, manner)
        _check_references(context, verdict, value_set)
    return verdict


def _place(
    context: Context,
    verdict: _Verdict,
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
    context: Context, verdict: _Verdict, chosen: tuple[Include, CodeSystem | None], places: Places
) -> None:
    include, system = chosen
    given, url = verdict.coding.version, verdict.coding.system
    asked = context.pins.effective(url, include.version)
    known = context.library.system_versions(url)
    if system is None:
        # Whether the value set holds the code cannot be said, so it is not said that it does not.
        verdict.is_member = verdict.is_uncertain = True
        _say_no_version(verdict, asked, known, places)
        if given:
            _say_mismatch(verdict, include, asked, asked, places)
        return
    if given and not matches(given, system.version):
        _say_mismatch(verdict, include, asked, system.version, places)
        if given not in known:
            _say_no_version(verdict, given, known, places)
    required = context.pins.check.get(url, "")
    if required and not matches(required, system.version):
        verdict.add(
            "VALUESET_VERSION_CHECK", places.version, version=system.version, system=url, wanted=required
        )


def _say_mismatch(verdict: _Verdict, include: Include, asked: str, version: str, places: Places) -> None:
    words = {"system": verdict.coding.system, "given": verdict.coding.version, "stated": include.version}
    if not asked:
        verdict.add("VALUESET_VALUE_MISMATCH_DEFAULT", places.version, version=version, **words)
    elif asked != include.version:
        verdict.add("VALUESET_VALUE_MISMATCH_CHANGED", places.version, version=asked, **words)
    else:
        verdict.add("VALUESET_VALUE_MISMATCH", places.version, version=asked, **words)


def _say_no_version(verdict: _Verdict, version: str, known: Iterable[str], places: Places) -> None:
    system = verdict.coding.system
    verdict.blamed.append(canonical_of(system, version))
    verdict.add(
        "UNKNOWN_CODESYSTEM_VERSION", places.system, system=system, version=version, known=one_of(known)
    )


def _say_unknown(context: Context, verdict: _Verdict, places: Places, *, is_named: bool = False) -> None:
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


def _say_no_code(verdict: _Verdict, places: Places) -> None:
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


def _check_membership(context: Context, verdict: _Verdict, value_set: ValueSet, places: Places) -> None:
    system, concept = verdict.system, verdict.concept
    assert system is not None
    assert concept is not None
    _check_life(verdict, places)
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


def _check_life(verdict: _Verdict, places: Places) -> None:
    system, concept = verdict.system, verdict.concept
    assert system is not None
    assert concept is not None
    status = system.status_of(concept)
    if system.is_inactive(concept):
        words = "inactive" if status in ("", "inactive") else f"{status} and inactive"
        verdict.add("INACTIVE_CONCEPT_FOUND", places.base, code=concept.code, status=words)
    elif status == "deprecated":
        verdict.add("DEPRECATED_CONCEPT_FOUND", places.base, code=concept.code)


def _check_references(context: Context, verdict: _Verdict, value_set: ValueSet) -> None:
    """Say that a value set or system in use is a draft, an experiment, or on its way out."""
    assert verdict.system is not None
    used = [(f"ValueSet {each.canonical}", each) for each in value_sets_of(context, value_set) if each.url]
    for what, each in (*used, (f"CodeSystem {verdict.system.canonical}", verdict.system)):
        kind = _warning(each)
        if kind:
            verdict.add(f"MSG_{kind.upper()}", what=what)


def value_sets_of(context: Context, value_set: ValueSet) -> list[ValueSet]:
    """The value set and those it refers to."""
    found = [value_set]
    for include in value_set.includes:
        for canonical in include.value_sets:
            inner = context.value_set(canonical, value_set)
            if inner is not None:
                found += value_sets_of(context, inner)
    return found


def _warning(item: ValueSet | CodeSystem) -> str:
    """deprecated, withdrawn, draft, experimental, or "" for one in full use."""
    if item.standards_status in ("deprecated", "withdrawn"):
        return item.standards_status
    if item.status == "draft":
        return "draft"
    return "experimental" if item.experimental else ""


warning_of = _warning


# -- names


def _check_display(context: Context, verdict: _Verdict, places: Places, manner: Manner) -> None:
    given, system, concept = verdict.coding.display, verdict.system, verdict.concept
    if not given or system is None or concept is None:
        return
    valid = [each.value for each in valid_names(system, concept, verdict.listed, context.languages)]
    if any(is_same(given, each) for each in valid):
        return
    words = {"display": given, "system": system.url, "code": concept.code}
    words["languages"] = context.languages.text or "--"
    if not valid:
        _check_default_display(verdict, places, manner, words)
        return
    old = [each for each in concept.designations if is_withdrawn(each) and is_same(each.value, given)]
    if old:
        quoted = ", ".join(json.dumps(each, ensure_ascii=False) for each in valid)
        verdict.add(
            "INACTIVE_DISPLAY_FOUND", places.display, status=status_of(old[0]), choices=quoted, **words
        )
        return
    blanks = any(is_same_but_blanks(given, each) for each in valid)
    kind = (
        "Display_Name_WS_for__should_be_one_of__instead_of"
        if blanks
        else ("Display_Name_for__should_be_one_of__instead_of")
    )
    verdict.add(kind, places.display, severity=_severity(manner), choices=_choices(context, verdict), **words)


def _check_default_display(verdict: _Verdict, places: Places, manner: Manner, words: dict[str, str]) -> None:
    """There is no name in the language wanted: the default one will do, and that is said."""
    assert verdict.system is not None
    assert verdict.concept is not None
    own = own_name(verdict.system, verdict.concept, verdict.listed)
    language = verdict.system.language
    default = [each.value for each in verdict.concept.designations if each.language == language]
    default += [own.value] if own else []
    if any(is_same(words["display"], each) for each in default):
        verdict.add("NO_VALID_DISPLAY_FOUND_NONE_FOR_LANG_OK", places.display, **words)
        return
    verdict.add(
        "NO_VALID_DISPLAY_FOUND_NONE_FOR_LANG_ERR",
        places.display,
        severity=_severity(manner),
        default=own.value if own else "",
        **words,
    )


def _severity(manner: Manner) -> str:
    return "warning" if manner.lenient_display else ""


def _choices(context: Context, verdict: _Verdict) -> str:
    assert verdict.system is not None
    assert verdict.concept is not None
    names = valid_names(verdict.system, verdict.concept, verdict.listed, context.languages)
    written = [f"'{each.value}'" + (f" ({each.language})" if each.language else "") for each in names]
    if len(written) == 1:
        return written[0]
    return f"one of {len(written)} choices: {', '.join(written[:-1])} or {written[-1]}"


# -- put together


def _answer(context: Context, verdict: _Verdict, issues: Sequence[Issue], *, result: bool) -> Validation:
    display = ""
    if verdict.system is not None and verdict.concept is not None:
        display = named(verdict.system, verdict.concept, verdict.listed, context.languages).display
    return Validation(
        result=result and not any(each.severity == "error" for each in issues),
        coding=verdict.coding,
        issues=tuple(issues),
        system=verdict.system,
        concept=verdict.concept,
        display=display,
        unknown=tuple(dict.fromkeys(verdict.unknown)),
        blamed=tuple(dict.fromkeys(verdict.blamed)),
    )


def _with_missing_imports(context: Context, coding: Coding, missing: Sequence[str]) -> Validation:
    verdict = _Verdict(coding)
    verdict.system = context.system(coding.system, coding.version)
    verdict.concept = verdict.system.find(coding.code) if verdict.system else None
    for each in missing:
        verdict.add("Unable_to_resolve_value_Set_", value_set=each)
    return _answer(context, verdict, verdict.issues, result=False)


def _inferred(context: Context, value_set: ValueSet, coding: Coding, places: Places) -> str | Validation:
    """The one system from which the value set has the code, or the answer that there is none."""
    found: list[str] = []
    for url in systems_of(context, value_set):
        for _, include in inclusions(context, value_set, url):
            system = context.system(url, include.version)
            concept = system.find(coding.code) if system else None
            if system and concept and contains(context, value_set, system, concept):
                found.append(url)
    systems = list(dict.fromkeys(found))
    if len(systems) == 1:
        return systems[0]
    verdict = _Verdict(coding)
    words = {"code": coding.code, "value_set": value_set.label}
    if systems:
        kind = "Unable_to_resolve_system__value_set_has_multiple_matches"
        verdict.add(kind, places.code, systems=", ".join(systems), **words)
    else:
        verdict.add("UNABLE_TO_INFER_CODESYSTEM", places.code, **words)
    words["code"] = _written(coding)
    verdict.add("None_of_the_provided_codes_are_in_the_value_set_one", places.code, **words)
    return _answer(context, verdict, verdict.issues, result=False)


def _written(coding: Coding) -> str:
    name = f" ('{coding.display}')" if coding.display else ""
    return f"{canonical_of(coding.system, coding.version)}#{coding.code}{name}"
