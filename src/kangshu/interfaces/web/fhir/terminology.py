"""The terminology operations: $lookup, $validate-code, $subsumes, $expand, $translate.

https://hl7.org/fhir/R4/terminology-service.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any

import orjson

from kangshu.interfaces.web.fhir import terminology_answer as answer
from kangshu.interfaces.web.fhir.access import grant_for, reader_for
from kangshu.interfaces.web.fhir.call import Answer, Call, Handler
from kangshu.interfaces.web.fhir.service import Service
from kangshu.interfaces.web.fhir.terminology_question import (
    Question,
    context_of,
    question_of,
    sent_along,
)
from kangshu.kernel.base.errors import Invalid, NotFound
from kangshu.kernel.codes.coding import Coding, Json, split_canonical
from kangshu.kernel.codes.concept_map import ConceptMap, parse_concept_map
from kangshu.kernel.codes.context import Context
from kangshu.kernel.codes.entry import Wanted
from kangshu.kernel.codes.expansion import expand
from kangshu.kernel.codes.issues import CodesRefused, issue
from kangshu.kernel.codes.library import Library
from kangshu.kernel.codes.lookup import look_up, subsumption
from kangshu.kernel.codes.places import PARAMETERS, places_below
from kangshu.kernel.codes.translation import translate
from kangshu.kernel.codes.validation import Validation, validate, validate_any, validate_in_system
from kangshu.kernel.codes.value_set import ValueSet, parse_value_set
from kangshu.kernel.codes.verdict import Manner

MOST_CODES = 10_000
"""Codes an expansion without pages may have; a client may ask for less by the header below."""

_COSTLY = "x-too-costly-threshold"
_TOLD_FLAGS = ("excludeNested", "includeDesignations", "activeOnly", "includeDefinition")


def _asking(type: str) -> Callable[[Callable[[Service, Call, Question, Library], Answer]], Handler]:
    """A handler that asks for leave to read the type, and tells refusals in the words of the standard."""

    def wrap(handle: Callable[[Service, Call, Question, Library], Answer]) -> Handler:
        @wraps(handle)
        def handler(service: Service, call: Call) -> Answer:
            grant_for(service, call, "read", type)
            try:
                return handle(service, call, question_of(call), service.platform.codes.library())
            except CodesRefused as error:
                return answer.refused(error)

        return handler

    return wrap


# -- CodeSystem


@_asking("CodeSystem")
def lookup(service: Service, call: Call, question: Question, library: Library) -> Answer:
    """https://hl7.org/fhir/R4/codesystem-operation-lookup.html"""
    coding = question.coding() or Coding(
        question.text("system") or _url_of_instance(service, call, "CodeSystem"),
        question.text("code"),
        question.text("version"),
    )
    if not coding.system or not coding.code:
        raise Invalid("A lookup needs a system and a code, or a coding.", code="required")
    context = context_of(question, library)
    return answer.looked_up(look_up(context, coding, question.texts("property")))


@_asking("CodeSystem")
def subsumes(service: Service, call: Call, question: Question, library: Library) -> Answer:
    """https://hl7.org/fhir/R4/codesystem-operation-subsumes.html"""
    system = question.text("system") or _url_of_instance(service, call, "CodeSystem")
    version = question.text("version")
    one = question.coding("codingA") or Coding(system, question.text("codeA"), version)
    other = question.coding("codingB") or Coding(system, question.text("codeB"), version)
    if not (one.system and one.code and other.code):
        raise Invalid("A subsumption needs a system and two codes, or two codings.", code="required")
    if other.system != one.system:
        raise Invalid("The two codings are of different systems.", code="not-supported")
    return answer.subsumed(subsumption(context_of(question, library), one, other))


@_asking("CodeSystem")
def validate_code_in_system(service: Service, call: Call, question: Question, library: Library) -> Answer:
    """https://hl7.org/fhir/R4/codesystem-operation-validate-code.html"""
    context = context_of(question, library)
    url = question.text("url", "system") or _url_of_instance(service, call, "CodeSystem")
    url, version = split_canonical(url)
    codings = question.codings()
    if codings is not None:
        found = [
            validate_in_system(
                context, each, places_below(f"CodeableConcept.coding[{number}]"), _manner(question)
            )
            for number, each in enumerate(codings)
            if not url or each.system == url
        ]
        best = next((each for each in found if each.result), found[0] if found else None)
        if best is None:
            raise Invalid("The concept has no coding of that system.", code="value")
        return answer.validated(best, question.complex("codeableConcept"))
    coding = question.coding()
    if coding is not None:
        coding = replace(coding, system=coding.system or url)
        return answer.validated(
            validate_in_system(context, coding, places_below("Coding"), _manner(question)), None
        )
    coding = _stated_coding(question, url, question.text("version", "systemVersion") or version)
    return answer.validated(validate_in_system(context, coding, PARAMETERS, _manner(question)), None)


# -- ValueSet


@_asking("ValueSet")
def validate_code(service: Service, call: Call, question: Question, library: Library) -> Answer:
    """https://hl7.org/fhir/R4/valueset-operation-validate-code.html"""
    value_set = _value_set(service, call, question, library)
    context = _context_for(value_set, question, library)
    manner = _manner(question)
    codings = question.codings()
    if codings is not None:
        found = validate_any(context, value_set, codings, manner)
        return answer.validated(found, question.complex("codeableConcept"))
    return answer.validated(_validated(question, context, value_set, manner), None)


def _validated(question: Question, context: Context, value_set: ValueSet, manner: Manner) -> Validation:
    coding = question.coding()
    if coding is not None:
        return validate(context, value_set, coding, places_below("Coding"), manner)
    stated = _stated_coding(question, question.text("system"), question.text("systemVersion", "version"))
    return validate(context, value_set, stated, PARAMETERS, manner)


@_asking("ValueSet")
def expand_value_set(service: Service, call: Call, question: Question, library: Library) -> Answer:
    """https://hl7.org/fhir/R4/valueset-operation-expand.html"""
    value_set = _value_set(service, call, question, library)
    context = _context_for(value_set, question, library)
    found = expand(context, value_set, _wanted(question, call))
    return answer.expanded(
        value_set,
        found,
        _told(question, context),
        service.platform.clock(),
        with_definition=question.flag("includeDefinition"),
    )


def _wanted(question: Question, call: Call) -> Wanted:
    limit = call.header(_COSTLY)
    most = min(MOST_CODES, int(limit)) if limit.isdecimal() and len(limit) < 10 else MOST_CODES
    return Wanted(
        text=question.text("filter"),
        count=question.number("count"),
        offset=question.number("offset") or 0,
        most=most,
        is_flat=question.flag("excludeNested"),
        with_designations=question.flag("includeDesignations"),
        designations=question.texts("designation"),
        properties=question.texts("property"),
        without_systems=question.texts("exclude-system"),
    )


def _told(question: Question, context: Context) -> list[dict[str, Any]]:
    """The parameters that shaped the expansion, as it tells them."""
    told: list[dict[str, Any]] = []
    for name in _TOLD_FLAGS:
        stated = question.stated_flag(name)
        if stated is not None:
            told.append({"name": name, "valueBoolean": stated})
    for name in ("count", "offset"):
        number = question.number(name)
        if number is not None:
            told.append({"name": name, "valueInteger": number})
    if context.languages.text:
        told.append({"name": "displayLanguage", "valueCode": context.languages.told})
    if question.text("filter"):
        told.append({"name": "filter", "valueString": question.text("filter")})
    told += [{"name": "designation", "valueString": each} for each in question.texts("designation")]
    return told


def _context_for(value_set: ValueSet, question: Question, library: Library) -> Context:
    own = value_set.parameter("displayLanguage") or value_set.language
    return context_of(question, library, languages=own, supplements=value_set.supplements)


def _value_set(service: Service, call: Call, question: Question, library: Library) -> ValueSet:
    """The one of the address, the one sent, or the one named. Raises `CodesRefused` if it is not known."""
    if "id" in call.names:
        return parse_value_set(_stored(service, call, "ValueSet"))
    sent = question.resources("valueSet")
    if sent:
        return parse_value_set(sent[0])
    canonical = answer.version_of(question.text("url"), question.text("valueSetVersion"))
    if not canonical:
        raise Invalid("It must be said which value set is meant.", remedy="Send its url.", code="required")
    extra = sent_along(question)
    found = (extra.over(library) if extra is not None else library).value_set(canonical)
    if found is None:
        raise CodesRefused(issue("Unable_to_resolve_value_Set_", value_set=canonical))
    return found


# -- ConceptMap


@_asking("ConceptMap")
def translate_code(service: Service, call: Call, question: Question, library: Library) -> Answer:
    """https://hl7.org/fhir/R4/conceptmap-operation-translate.html"""
    context = context_of(question, library)
    maps = _maps(service, call, question, context)
    codings = _to_translate(question)
    target_code = question.text("targetCode")
    is_reverse = question.flag("reverse") or bool(target_code)
    target = question.text("targetsystem", "targetSystem")
    if target_code:
        # The form of R5: the code is one of the target's.
        codings = [Coding(target, target_code)]
        target = question.text("sourceSystem")
    found = [
        match
        for coding in codings
        for match in translate(maps, coding, target_system=target, is_reverse=is_reverse)
    ]
    in_r5 = bool(target_code or question.text("sourceCode") or question.complex("sourceCoding"))
    return answer.translated(found, in_r5=in_r5)


def _to_translate(question: Question) -> list[Coding]:
    codings = question.codings() or question.codings("sourceCodeableConcept")
    if codings is not None:
        return codings
    coding = question.coding() or question.coding("sourceCoding")
    if coding is None:
        system, code = question.text("system", "sourceSystem"), question.text("code", "sourceCode")
        if not code and not question.text("targetCode"):
            raise Invalid("A translation needs a code, a coding or a concept.", code="required")
        coding = Coding(system, code)
    return [coding]


def _maps(service: Service, call: Call, question: Question, context: Context) -> list[ConceptMap]:
    """The map of the address, the one sent or named, or all that go between the value sets named."""
    if "id" in call.names:
        return [parse_concept_map(_stored(service, call, "ConceptMap"))]
    sent = question.resources("conceptMap")
    if sent:
        return [parse_concept_map(sent[0])]
    url = question.text("url")
    if url:
        found = context.library.concept_map(answer.version_of(url, question.text("conceptMapVersion")))
        if found is None:
            raise NotFound("There is no such concept map.")
        return [found]
    source, target = question.text("source", "sourceScope"), question.text("target", "targetScope")
    return [
        each
        for each in context.library.concept_maps()
        if (not source or each.source == source) and (not target or each.target == target)
    ]


# -- common to several


def _manner(question: Question) -> Manner:
    return Manner(
        lenient_display=question.flag("lenient-display-validation"),
        membership_only=question.flag("valueset-membership-only"),
        infer_system=question.flag("inferSystem"),
    )


def _stated_coding(question: Question, system: str, version: str) -> Coding:
    code = question.text("code")
    if not code:
        raise Invalid("A code, a coding or a codeableConcept is needed.", code="required")
    return Coding(system, code, version, question.text("display"))


def _url_of_instance(service: Service, call: Call, type: str) -> str:
    if "id" not in call.names:
        return ""
    return str(_stored(service, call, type).get("url", ""))


def _stored(service: Service, call: Call, type: str) -> Json:
    fact = reader_for(service, call, "read", type).read(type, call.names["id"])
    return orjson.loads(fact.body)
