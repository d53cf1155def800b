"""`_pretty`: the same answer with a line per member. https://hl7.org/fhir/R4/http.html#pretty"""

from __future__ import annotations

from dataclasses import replace

from kangshu.interfaces.web.fhir.call import FHIR_JSON, Answer, Call
from kangshu.interfaces.web.fhir.json_text import parse, write_pretty


def prettied(call: Call, answer: Answer) -> Answer:
    """The answer, indented when it was asked to be. Numbers stay as they are."""
    if call.param("_pretty") != "true" or not answer.body or answer.media != FHIR_JSON:
        return answer
    return replace(answer, body=write_pretty(parse(answer.body)))
