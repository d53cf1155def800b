"""Storing changes under one grant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kangshu.domains.intake.change import Change
from kangshu.interfaces.web.fhir.call import Call
from kangshu.interfaces.web.fhir.json_text import parse_object, write
from kangshu.interfaces.web.fhir.outcome import Failure
from kangshu.interfaces.web.fhir.references import without_base
from kangshu.interfaces.web.fhir.service import Service
from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.facts.definition import Outcome
from kangshu.kernel.facts.reader import Reader
from kangshu.kernel.policies.definition import Grant


def store(service: Service, call: Call, grant: Grant, changes: Sequence[Change]) -> list[Outcome | None]:
    """What became of each change; None for the deletion of something that is not there.

    Raises Conflict, Refused, or a 422 Failure when a resource is well-formed JSON but not acceptable.
    """
    changes = [_localised(change, call.base) for change in changes]
    nothing = _deletions_of_nothing(service.platform.reader(grant), changes)
    to_do = [change for change in changes if change not in nothing]
    if not to_do:
        return [None] * len(changes)
    try:
        done = iter(service.platform.writer(grant).apply(to_do, raw=call.body))
    except Invalid as error:
        raise Failure(422, error.code, error.message, remedy=error.remedy, problems=error.problems) from None
    return [None if change in nothing else next(done) for change in changes]


def _localised(change: Change, base: str) -> Change:
    """The change with references that spell out the address of this service as relative ones.

    Both mean the same (https://hl7.org/fhir/R4/references.html#literal); relative, they are found by
    searches and keep their meaning when the service moves.
    """
    if change.body is None or f"{base}/".encode() not in change.body:
        return change
    resource = without_base(parse_object(change.body), f"{base}/")
    return replace(change, body=write(resource))


def _deletions_of_nothing(reader: Reader, changes: Sequence[Change]) -> frozenset[Change]:
    """Unconditional deletions of what is not there, as far as the caller sees: they succeed as they are."""
    deletions = [change for change in changes if change.body is None and change.if_version is None]
    if not deletions:
        return frozenset()
    facts = reader.read_many([(change.type, change.id or "") for change in deletions])
    there = {(fact.type, fact.id) for fact in facts}
    return frozenset(change for change in deletions if (change.type, change.id or "") not in there)
