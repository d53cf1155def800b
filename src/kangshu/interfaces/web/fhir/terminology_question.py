"""What a terminology operation is asked: parameters from the address or from a Parameters resource.

https://hl7.org/fhir/R4/operations.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import orjson

from kangshu.interfaces.web.fhir.call import Call
from kangshu.interfaces.web.fhir.negotiation import check_json_body
from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.codes.coding import (
    Coding,
    Json,
    coding_of,
    object_of,
    objects_of,
    split_canonical,
    value_of,
)
from kangshu.kernel.codes.context import Context, Pins, check_supplements
from kangshu.kernel.codes.language import NO_WISH, Languages, parse_languages
from kangshu.kernel.codes.library import Item, Library, library_of, parse_item
from kangshu.kernel.codes.verdict import Manner

_MOST_RESOURCES = 200


@dataclass(frozen=True, slots=True)
class Question:
    """The parameters, in order, and the languages of the header."""

    parameters: tuple[Json, ...]
    accepted: str

    def text(self, *names: str) -> str:
        """The first of the parameters that is there, as text; "" if none is."""
        for name in names:
            for each in self.parameters:
                if each.get("name") == name:
                    return _as_text(value_of(each)[1])
        return ""

    def texts(self, name: str) -> tuple[str, ...]:
        """Every value of a parameter that may come more than once."""
        return tuple(_as_text(value_of(each)[1]) for each in self.parameters if each.get("name") == name)

    def flag(self, name: str) -> bool:
        return self.stated_flag(name) is True

    def stated_flag(self, name: str) -> bool | None:
        """True, False, or None where the parameter is missing. Raises `Invalid` for anything else."""
        text = self.text(name)
        if text in ("", "true", "false"):
            return None if not text else text == "true"
        raise Invalid(f"The parameter {name} is neither true nor false.", code="value")

    def number(self, name: str) -> int | None:
        """A number from 0, None where the parameter is missing. Raises `Invalid` for anything else."""
        text = self.text(name)
        if not text:
            return None
        if not (text.isascii() and text.isdecimal() and len(text) < 10):
            raise Invalid(f"The parameter {name} is not a number from 0.", code="value")
        return int(text)

    def complex(self, name: str) -> Json | None:
        """The value of a parameter that is an object; None if it is missing."""
        for each in self.parameters:
            value = value_of(each)[1] if each.get("name") == name else None
            if isinstance(value, dict):
                return cast(Json, value)
        return None

    def resources(self, name: str) -> list[Json]:
        found = [object_of(each, "resource") for each in self.parameters if each.get("name") == name]
        return [each for each in found if each]

    def coding(self, name: str = "coding") -> Coding | None:
        found = self.complex(name)
        return coding_of(found) if found is not None else None

    def codings(self, name: str = "codeableConcept") -> list[Coding] | None:
        """The codings of a CodeableConcept; None if it is missing."""
        found = self.complex(name)
        return [coding_of(each) for each in objects_of(found, "coding")] if found is not None else None


def question_of(call: Call) -> Question:
    """The parameters of a call. Raises `Invalid`."""
    from_address = tuple({"name": name, "valueString": value} for name, value in call.params)
    if call.method != "POST" or not call.body.strip():
        return Question(from_address, call.header("accept-language"))
    check_json_body(call)
    return Question(from_address + _posted(call.body), call.header("accept-language"))


def _posted(raw: bytes) -> tuple[Json, ...]:
    try:
        body: Any = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise Invalid(
            "The body is not JSON.", remedy="Send a Parameters resource.", code="structure"
        ) from None
    try:
        # What is nested too deeply to be written back is not taken: every part may come back in an answer.
        orjson.dumps(body)
    except TypeError:
        raise Invalid("The body is nested too deeply.", code="too-costly") from None
    if not isinstance(body, dict) or cast(Json, body).get("resourceType") != "Parameters":
        raise Invalid("The body is not a Parameters resource.", code="structure")
    return tuple(objects_of(cast(Json, body), "parameter"))


def context_of(
    question: Question, library: Library, *, languages: str = "", supplements: tuple[str, ...] = ()
) -> Context:
    """What the question is asked under; `languages` is what the value set asks for itself.

    Resources sent along (`tx-resource`) come before those that are stored. Raises `CodesRefused` for a
    supplement that is not known.
    """
    sent = sent_along(question)
    whole = sent.over(library) if sent is not None else library
    asked = (*supplements, *question.texts("useSupplement"))
    check_supplements(whole, asked)
    return Context(
        library=whole,
        pins=_pins(question),
        languages=languages_of(question, languages),
        supplements=asked,
        active_only=question.flag("activeOnly"),
    )


def manner(question: Question) -> Manner:
    """How a code is to be validated."""
    return Manner(
        lenient_display=question.flag("lenient-display-validation"),
        membership_only=question.flag("valueset-membership-only"),
        infer_system=question.flag("inferSystem"),
    )


def stated_coding(question: Question, system: str, version: str) -> Coding:
    """The coding of the parameter `code`. Raises `Invalid` where that is missing."""
    code = question.text("code")
    if not code:
        raise Invalid("A code, a coding or a codeableConcept is needed.", code="required")
    return Coding(system, code, version, question.text("display"))


def sent_along(question: Question) -> Library | None:
    """A library of what came with the question; None if nothing did. Raises `Invalid`."""
    resources = question.resources("tx-resource")
    if not resources:
        return None
    if len(resources) > _MOST_RESOURCES:
        raise Invalid(f"More than {_MOST_RESOURCES} resources were sent along.", code="too-costly")
    items: list[Item] = []
    for each in resources:
        item = parse_item(each)
        if item is None:
            raise Invalid("A tx-resource is no CodeSystem, ValueSet or ConceptMap.", code="value")
        items.append(item)
    return library_of(items)


def languages_of(question: Question, own: str = "") -> Languages:
    """Those asked for, else those of the value set, else those of the header."""
    text = question.text("displayLanguage") or own or question.accepted
    return parse_languages(text) if text and text != "*" else NO_WISH


def _pins(question: Question) -> Pins:
    return Pins(
        default=_by_url(question, "system-version"),
        check=_by_url(question, "check-system-version"),
        force=_by_url(question, "force-system-version"),
        value_sets=_by_url(question, "default-valueset-version"),
    )


def _by_url(question: Question, name: str) -> Mapping[str, str]:
    return dict(split_canonical(each) for each in question.texts(name))


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else str(value) if isinstance(value, (int, float)) else ""
