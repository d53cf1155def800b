"""transaction: all entries or none.

Deletes, creates, updates and patches become one list of changes that the platform applies in one
database transaction; reads are answered afterwards. https://hl7.org/fhir/R4/http.html#transaction
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from kangshu.app.writer import Writer
from kangshu.domains.intake.change import Change
from kangshu.interfaces.web.fhir.access import grant_for
from kangshu.interfaces.web.fhir.batch import response_entry
from kangshu.interfaces.web.fhir.bundle_entries import (
    BundleEntry,
    body_of,
    call_of,
    quiet,
    read_entries,
)
from kangshu.interfaces.web.fhir.call import Answer, Call
from kangshu.interfaces.web.fhir.changes import store
from kangshu.interfaces.web.fhir.conditional import criteria_of, match
from kangshu.interfaces.web.fhir.json_text import write
from kangshu.interfaces.web.fhir.outcome import Failure, issues_of, status_of
from kangshu.interfaces.web.fhir.patch import patched
from kangshu.interfaces.web.fhir.references import base_of, conditional_parts, references_of, rewrite
from kangshu.interfaces.web.fhir.representation import bundle
from kangshu.interfaces.web.fhir.service import Service
from kangshu.interfaces.web.fhir.transaction_steps import ACTIONS, Step, refuse_duplicates, step_of
from kangshu.interfaces.web.fhir.write import deleted, existing, written
from kangshu.kernel.base.errors import Conflict, Invalid, KangshuError, Problem
from kangshu.kernel.facts.condition import name_of
from kangshu.kernel.facts.definition import Outcome

Json = dict[str, Any]

_ORDER = {"DELETE": 0, "POST": 1, "PUT": 2, "PATCH": 2}


def transaction(service: Service, call: Call, body: Json, respond: Callable[[Call], Answer]) -> Answer:
    """200 with a transaction-response in the order of the request, or one error for the whole."""
    call = quiet(call)
    entries = _all_readable(read_entries(body, call.base))
    conditions = [condition for entry in entries if (condition := _condition(entry))]
    with service.platform.turns.held(conditions):
        return _transaction(service, call, entries, respond)


def _condition(entry: BundleEntry) -> str | None:
    """The name of the condition under which the entry creates something."""
    if entry.method == "POST" and entry.conditions["ifNoneExist"]:
        return name_of(entry.type, criteria_of(entry.conditions["ifNoneExist"]))
    return name_of(entry.type, entry.params) if entry.method == "PUT" and entry.params else None


def _transaction(
    service: Service, call: Call, entries: Sequence[BundleEntry], respond: Callable[[Call], Answer]
) -> Answer:
    steps = [_at(entry, step_of, service, call, entry) for entry in entries]
    refuse_duplicates(steps)
    addresses = _addresses(steps, call.base)
    addresses |= _conditional_references(service, call, steps)
    writes = sorted((step for step in steps if step.writes), key=lambda step: _ORDER[step.entry.method])
    outcomes = _apply(service, call, writes, [_change(service, step, addresses) for step in writes])
    by_position = {step.entry.position: outcome for step, outcome in zip(writes, outcomes, strict=True)}
    answers = [_answer(service, call, step, by_position.get(step.entry.position), respond) for step in steps]
    return Answer(200, bundle("transaction-response", [response_entry(answer) for answer in answers]))


def _all_readable(entries: Sequence[BundleEntry | Invalid]) -> list[BundleEntry]:
    problems = [
        each for entry in entries if isinstance(entry, Invalid) for each in entry.as_problems("Bundle")
    ]
    if problems:
        raise Invalid("The transaction has bad entries.", problems=tuple(problems))
    return [entry for entry in entries if isinstance(entry, BundleEntry)]


def _at(entry: BundleEntry, work: Callable[..., Any], *arguments: Any) -> Any:
    """Do the work; an error says at which entry it happened."""
    try:
        return work(*arguments)
    except KangshuError as error:
        issues = issues_of(error)
        problems = tuple(
            Problem("error", issue.code, f"{entry.where}: {issue.expression}".rstrip(": "), issue.diagnostics)
            for issue in issues
        )
        raise Failure(status_of(error), error.code, error.message, problems=problems) from None


def _addresses(steps: Sequence[Step], base: str) -> dict[str, str]:
    """From what entries call each other to where they are stored."""
    found: dict[str, str] = {}
    for step in steps:
        if step.id and step.entry.full_url and step.entry.method != "GET":
            found[step.entry.full_url] = step.address
            found[f"{base}/{step.address}"] = step.address
    return found


def _conditional_references(service: Service, call: Call, steps: Sequence[Step]) -> dict[str, str]:
    found: dict[str, str] = {}
    for step in steps:
        if not step.writes or step.entry.resource is None or step.entry.method == "PATCH":
            continue
        for reference in references_of(step.entry.resource):
            parts = conditional_parts(reference)
            if parts is not None and reference not in found:
                found[reference] = _at(step.entry, _target, service, call, *parts)
    return found


def _target(service: Service, call: Call, type: str, criteria: str) -> str:
    if type not in service.platform.catalogue.types:
        raise Invalid("A conditional reference names a type that there is not.", code="value")
    found = match(service, call, type, criteria_of(criteria))
    if found is None:
        raise Failure(412, "not-found", "A conditional reference matches nothing.")
    return f"{found.type}/{found.id}"


def _change(service: Service, step: Step, addresses: dict[str, str]) -> Change:
    entry = step.entry
    if entry.method == "DELETE":
        return Change(entry.type, step.id, None, step.if_version)
    if entry.method == "PATCH" and step.current is not None:
        text, media = body_of(entry)
        body = _at(entry, patched, service.elements, step.current, media, text)
        return Change(entry.type, step.id, body, step.if_version)
    resource = rewrite(entry.resource or {}, addresses, base_of(entry.full_url))
    if any(reference.startswith("urn:uuid:") for reference in references_of(resource)):
        raise Invalid.at(entry.where, "A reference leads to no entry of this Bundle.", "not-found")
    rest = {key: value for key, value in resource.items() if key not in ("resourceType", "id")}
    body = write({"resourceType": entry.type, "id": step.id, **rest})
    return Change(entry.type, step.id, body, step.if_version)


def _apply(
    service: Service, call: Call, steps: Sequence[Step], changes: Sequence[Change]
) -> list[Outcome | None]:
    if not steps:
        return []
    actions = {ACTIONS[step.entry.method] for step in steps}
    action = next(action for action in ("delete", "update", "create") if action in actions)
    types = {step.entry.type for step in steps}
    grant = grant_for(service, call, action, types.pop() if len(types) == 1 else None)
    try:
        return store(service, call, grant, changes)
    except Conflict as error:
        conditional = any(step.entry.conditions["ifMatch"] for step in steps)
        raise Failure(412 if conditional else 409, "conflict", error.message, remedy=error.remedy) from None
    except Failure as error:
        problems = _placed_problems(service.platform.writer(grant), steps, changes)
        raise Failure(error.status, error.code, error.message, problems=problems or error.problems) from None


def _placed_problems(writer: Writer, steps: Sequence[Step], changes: Sequence[Change]) -> tuple[Problem, ...]:
    """What is wrong with each resource, with its place in the Bundle."""
    return tuple(
        replace(problem, path=f"{step.entry.where}.resource{problem.path.removeprefix(step.entry.type)}")
        for step, change in zip(steps, changes, strict=True)
        if change.body is not None
        for problem in writer.validate(change.body, change.type)
        if problem.severity == "error"
    )


def _answer(
    service: Service, call: Call, step: Step, outcome: Outcome | None, respond: Callable[[Call], Answer]
) -> Answer:
    if step.entry.method in ("GET", "HEAD"):
        return respond(call_of(step.entry, call))
    if step.entry.method == "DELETE":
        return deleted(call, 1 if outcome else 0)
    if outcome is None:
        return existing(call, step.current) if step.current else Answer(200)
    return written(service, call, outcome)
