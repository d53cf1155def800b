"""Storing changes under one grant: only what the caller may see can be changed.

A change to something the grant does not show is made conditional on nothing being there, so it
fails where another institution has the id. What the client left open is tried again when another
writer was first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kangshu.app.platform import Reader
from kangshu.domains.intake.change import Change
from kangshu.interfaces.web.fhir.call import Call
from kangshu.interfaces.web.fhir.outcome import Failure
from kangshu.interfaces.web.fhir.service import Service
from kangshu.kernel.base.errors import Conflict, Invalid
from kangshu.kernel.facts.definition import Outcome
from kangshu.kernel.policies.definition import Grant

MAX_TRIES = 5


def store(service: Service, call: Call, grant: Grant, changes: Sequence[Change]) -> list[Outcome | None]:
    """What became of each change; None for the deletion of something that is not there.

    Raises Conflict, or a 422 Failure when a resource is well-formed JSON but not acceptable.
    """
    reader, writer = service.platform.reader(grant), service.platform.writer(grant)
    for attempt in range(1, MAX_TRIES + 1):
        guarded = _guarded(reader, changes)
        to_do = [change for change in guarded if change is not None]
        try:
            done = iter(writer.apply(to_do, raw=call.body) if to_do else ())
        except Conflict:
            if attempt == MAX_TRIES or any(change.if_version is not None for change in changes):
                raise
            continue
        except Invalid as error:
            problems = error.problems
            raise Failure(422, error.code, error.message, remedy=error.remedy, problems=problems) from None
        return [None if change is None else next(done) for change in guarded]
    raise Conflict("The resource is being changed by others.", remedy="Try again.")


def _guarded(reader: Reader, changes: Sequence[Change]) -> list[Change | None]:
    """The changes, each bound to the version that the caller can see. None: there is nothing to delete."""
    open_ended = [change for change in changes if change.id is not None and change.if_version is None]
    facts = reader.read_many([(change.type, change.id or "") for change in open_ended]) if open_ended else []
    versions = {(fact.type, fact.id): fact.version for fact in facts}
    return [_bound(change, versions) for change in changes]


def _bound(change: Change, versions: dict[tuple[str, str], int]) -> Change | None:
    if change.id is None or change.if_version is not None:
        return change
    version = versions.get((change.type, change.id), 0)
    return None if change.body is None and not version else replace(change, if_version=version)
