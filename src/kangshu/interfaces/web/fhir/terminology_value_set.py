"""The operations on a ValueSet: $expand, $validate-code.

https://hl7.org/fhir/R4/terminology-service.html
"""

from __future__ import annotations

from typing import Any

from kangshu.interfaces.web.fhir import terminology_answer as answer
from kangshu.interfaces.web.fhir.call import Answer, Call
from kangshu.interfaces.web.fhir.service import Service
from kangshu.interfaces.web.fhir.terminology_asking import asking, stored
from kangshu.interfaces.web.fhir.terminology_question import (
    Question,
    context_of,
    manner,
    sent_along,
    stated_coding,
)
from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.codes.context import Context
from kangshu.kernel.codes.entry import Wanted
from kangshu.kernel.codes.expansion import expand
from kangshu.kernel.codes.issues import CodesRefused, issue
from kangshu.kernel.codes.library import Library
from kangshu.kernel.codes.places import PARAMETERS, places_below
from kangshu.kernel.codes.validation import Validation, validate, validate_any
from kangshu.kernel.codes.value_set import ValueSet, parse_value_set
from kangshu.kernel.codes.verdict import Manner

MOST_CODES = 10_000
"""Codes an expansion without pages may have; a client may ask for less by the header below."""

_COSTLY = "x-too-costly-threshold"
_TOLD_FLAGS = ("excludeNested", "includeDesignations", "activeOnly", "includeDefinition")


@asking("ValueSet")
def validate_code(service: Service, call: Call, question: Question, library: Library) -> Answer:
    """https://hl7.org/fhir/R4/valueset-operation-validate-code.html"""
    value_set = _value_set(service, call, question, library)
    context = _context_for(value_set, question, library)
    how = manner(question)
    codings = question.codings()
    if codings is not None:
        found = validate_any(context, value_set, codings, how)
        return answer.validated(found, question.complex("codeableConcept"))
    return answer.validated(_validated(question, context, value_set, how), None)


def _validated(question: Question, context: Context, value_set: ValueSet, how: Manner) -> Validation:
    coding = question.coding()
    if coding is not None:
        return validate(context, value_set, coding, places_below("Coding"), how)
    stated = stated_coding(question, question.text("system"), question.text("systemVersion", "version"))
    return validate(context, value_set, stated, PARAMETERS, how)


@asking("ValueSet")
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
        return parse_value_set(stored(service, call, "ValueSet"))
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
