"""The operation on a ConceptMap: $translate.

https://hl7.org/fhir/R4/terminology-service.html
"""

from __future__ import annotations

from kangshu.interfaces.web.fhir import terminology_answer as answer
from kangshu.interfaces.web.fhir.call import Answer, Call
from kangshu.interfaces.web.fhir.service import Service
from kangshu.interfaces.web.fhir.terminology_asking import asking, stored
from kangshu.interfaces.web.fhir.terminology_question import Question, context_of
from kangshu.kernel.base.errors import Invalid, NotFound
from kangshu.kernel.codes.coding import Coding
from kangshu.kernel.codes.concept_map import ConceptMap, parse_concept_map
from kangshu.kernel.codes.context import Context
from kangshu.kernel.codes.library import Library
from kangshu.kernel.codes.translation import translate


@asking("ConceptMap")
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
        return [parse_concept_map(stored(service, call, "ConceptMap"))]
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
