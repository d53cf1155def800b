"""Asking a terminology operation: leave to read, the question, the resource in the address, refusals."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

import orjson

from kangshu.interfaces.web.fhir.access import grant_for, reader_for
from kangshu.interfaces.web.fhir.call import Answer, Call, Handler
from kangshu.interfaces.web.fhir.service import Service
from kangshu.interfaces.web.fhir.terminology_answer import refused
from kangshu.interfaces.web.fhir.terminology_question import Question, question_of
from kangshu.kernel.codes.coding import Json
from kangshu.kernel.codes.issues import CodesRefused
from kangshu.kernel.codes.library import Library


def asking(type: str) -> Callable[[Callable[[Service, Call, Question, Library], Answer]], Handler]:
    """A handler that asks for leave to read the type, and tells refusals in the words of the standard."""

    def wrap(handle: Callable[[Service, Call, Question, Library], Answer]) -> Handler:
        @wraps(handle)
        def handler(service: Service, call: Call) -> Answer:
            grant_for(service, call, "read", type)
            try:
                return handle(service, call, question_of(call), service.platform.codes.library())
            except CodesRefused as error:
                return refused(error)

        return handler

    return wrap


def url_of_instance(service: Service, call: Call, type: str) -> str:
    """The canonical of the resource in the address; "" for an address without one."""
    if "id" not in call.names:
        return ""
    return str(stored(service, call, type).get("url", ""))


def stored(service: Service, call: Call, type: str) -> Json:
    """The resource in the address. Raises `NotFound`."""
    fact = reader_for(service, call, "read", type).read(type, call.names["id"])
    return orjson.loads(fact.body)
