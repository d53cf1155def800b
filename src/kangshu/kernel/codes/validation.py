"""$validate-code: whether a code is in a value set or code system, and what else is to be said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kangshu.kernel.codes.code_system import CodeSystem, Concept
from kangshu.kernel.codes.coding import Coding, canonical_of
from kangshu.kernel.codes.context import Context
from kangshu.kernel.codes.display import check_display
from kangshu.kernel.codes.issues import Issue, issue, message_of
from kangshu.kernel.codes.judging import check_life, judged
from kangshu.kernel.codes.membership import (
    check_value_set,
    contains,
    inclusions,
    missing_imports,
    systems_of,
)
from kangshu.kernel.codes.names import named
from kangshu.kernel.codes.places import Places, places_below
from kangshu.kernel.codes.value_set import ValueSet
from kangshu.kernel.codes.verdict import Manner, Verdict, say_no_code, say_unknown


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


def validate(
    context: Context,
    value_set: ValueSet,
    coding: Coding,
    places: Places,
    manner: Manner,
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
    verdict = judged(context, value_set, coding, places, manner)
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
    manner: Manner,
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
        judged(context, value_set, coding, places_below(f"CodeableConcept.coding[{number}]"), manner)
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
    best = next((verdict for verdict in verdicts if verdict.is_member), Verdict(Coding("", "")))
    best.unknown = [each for verdict in verdicts for each in verdict.unknown]
    best.blamed = [each for verdict in verdicts for each in verdict.blamed]
    answer = _answer(context, best, issues, result=best.is_member)
    return replace(answer, coding=Coding("", "")) if best.is_uncertain else answer


def validate_in_system(
    context: Context,
    coding: Coding,
    places: Places,
    manner: Manner,
) -> Validation:
    """Whether the code system has the code."""
    supplement = context.library.supplement(coding.system)
    verdict = Verdict(coding)
    if supplement is not None:
        verdict.blamed.append(coding.system)
        verdict.add("CODESYSTEM_CS_NO_SUPPLEMENT", places.system, system=supplement.canonical)
        return _answer(context, verdict, verdict.issues, result=False)
    if not coding.system:
        verdict.add("Coding_has_no_system__cannot_validate", places.base)
        return _answer(context, verdict, verdict.issues, result=False)
    verdict.system = context.system(coding.system, coding.version)
    if verdict.system is None:
        say_unknown(context, verdict, places)
        return _answer(context, verdict, verdict.issues, result=False)
    verdict.concept = verdict.system.find(coding.code)
    if verdict.concept is None:
        say_no_code(verdict, places)
        return _answer(context, verdict, verdict.issues, result=verdict.system.content == "fragment")
    check_life(verdict, places)
    check_display(context, verdict, places, manner)
    return _answer(context, verdict, verdict.issues, result=True)


def _answer(context: Context, verdict: Verdict, issues: Sequence[Issue], *, result: bool) -> Validation:
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
    verdict = Verdict(coding)
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
    verdict = Verdict(coding)
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
