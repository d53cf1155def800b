"""The operations on a CodeSystem: $lookup, $subsumes, $validate-code.

https://hl7.org/fhir/R4/terminology-service.html
"""

from __future__ import annotations

from dataclasses import replace

from kangshu.interfaces.web.fhir import terminology_answer as answer
from kangshu.interfaces.web.fhir.call import Answer, Call
from kangshu.interfaces.web.fhir.service import Service
from kangshu.interfaces.web.fhir.terminology_asking import asking, url_of_instance
from kangshu.interfaces.web.fhir.terminology_question import Question, context_of, manner, stated_coding
from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.codes.coding import Coding, split_canonical
from kangshu.kernel.codes.library import Library
from kangshu.kernel.codes.lookup import look_up, subsumption
from kangshu.kernel.codes.places import PARAMETERS, places_below
from kangshu.kernel.codes.validation import validate_in_system


@asking("CodeSystem")
def lookup(service: Service, call: Call, question: Question, library: Library) -> Answer:
    """https://hl7.org/fhir/R4/codesystem-operation-lookup.html"""
    coding = question.coding() or Coding(
        question.text("system") or url_of_instance(service, call, "CodeSystem"),
        question.text("code"),
        question.text("version"),
    )
    if not coding.system or not coding.code:
        raise Invalid("A lookup needs a system and a code, or a coding.", code="required")
    context = context_of(question, library)
    return answer.looked_up(look_up(context, coding, question.texts("property")))


@asking("CodeSystem")
def subsumes(service: Service, call: Call, question: Question, library: Library) -> Answer:
    """https://hl7.org/fhir/R4/codesystem-operation-subsumes.html"""
    system = question.text("system") or url_of_instance(service, call, "CodeSystem")
    version = question.text("version")
    one = question.coding("codingA") or Coding(system, question.text("codeA"), version)
    other = question.coding("codingB") or Coding(system, question.text("codeB"), version)
    if not (one.system and one.code and other.code):
        raise Invalid("A subsumption needs a system and two codes, or two codings.", code="required")
    if other.system != one.system:
        raise Invalid("The two codings are of different systems.", code="not-supported")
    return answer.subsumed(subsumption(context_of(question, library), one, other))


@asking("CodeSystem")
def validate_code_in_system(service: Service, call: Call, question: Question, library: Library) -> Answer:
    """https://hl7.org/fhir/R4/codesystem-operation-validate-code.html"""
    context = context_of(question, library)
    url = question.text("url", "system") or url_of_instance(service, call, "CodeSystem")
    url, version = split_canonical(url)
    codings = question.codings()
    if codings is not None:
        found = [
            validate_in_system(
                context, each, places_below(f"CodeableConcept.coding[{number}]"), manner(question)
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
            validate_in_system(context, coding, places_below("Coding"), manner(question)), None
        )
    coding = stated_coding(question, url, question.text("version", "systemVersion") or version)
    return answer.validated(validate_in_system(context, coding, PARAMETERS, manner(question)), None)
