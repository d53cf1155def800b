"""Steps of a transaction: what each entry comes to, found out before anything is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kangshu.interfaces.web.fhir.access import grant_for, reader_for
from kangshu.interfaces.web.fhir.bundle_entries import BundleEntry
from kangshu.interfaces.web.fhir.call import Call
from kangshu.interfaces.web.fhir.conditional import criteria_of, match
from kangshu.interfaces.web.fhir.negotiation import version_of
from kangshu.interfaces.web.fhir.outcome import Failure
from kangshu.interfaces.web.fhir.service import Service
from kangshu.interfaces.web.fhir.write import check_id, check_type, id_mismatch, own_id
from kangshu.kernel.base.errors import Invalid, KangshuError, NotFound, Problem
from kangshu.kernel.base.ids import new_id
from kangshu.kernel.facts.definition import Fact

ACTIONS = {"DELETE": "delete", "POST": "create", "PUT": "update", "PATCH": "update"}
"""What an entry wants leave for, by its method."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one entry comes to.

    id        of the resource it is about; "" for a read and for a delete that matched nothing
    current   the fact that a condition or an id found, where it was looked for
    writes    False where there is nothing to do (conditional create of what exists, delete of nothing)
    """

    entry: BundleEntry
    id: str
    current: Fact | None
    if_version: int | None
    writes: bool

    @property
    def address(self) -> str:
        return f"{self.entry.type}/{self.id}"


def step_of(service: Service, call: Call, entry: BundleEntry) -> Step:
    """What an entry comes to, for whoever may do it. Raises `KangshuError` where it cannot be done."""
    if entry.method in ("GET", "HEAD"):
        return Step(entry, "", None, None, writes=False)
    if (
        not entry.segments
        or entry.segments[0] not in service.platform.catalogue.types
        or len(entry.segments) > 2
    ):
        raise Invalid.at(
            f"{entry.where}.request.url", "A transaction takes URLs of a type or a resource.", "not-supported"
        )
    if any(part.startswith(("$", "_")) for part in entry.segments):
        raise Invalid.at(f"{entry.where}.request.url", "A transaction takes no operations.", "not-supported")
    grant_for(service, call, ACTIONS[entry.method], entry.type)
    if entry.method == "POST":
        return _create_step(service, call, entry)
    if len(entry.segments) == 2:
        return _instance_step(service, call, entry)
    return _conditional_step(service, call, entry)


def _create_step(service: Service, call: Call, entry: BundleEntry) -> Step:
    if len(entry.segments) != 1 or entry.resource is None:
        raise Invalid.at(f"{entry.where}.request.url", "A POST goes to a type.", "value")
    check_type(entry.resource, entry.type)
    condition = entry.conditions["ifNoneExist"]
    found = match(service, call, entry.type, criteria_of(condition)) if condition else None
    if found is not None:
        return Step(entry, found.id, found, None, writes=False)
    return Step(entry, new_id(), None, 0, writes=True)


def _instance_step(service: Service, call: Call, entry: BundleEntry) -> Step:
    id = entry.segments[1]
    expected = version_of(entry.conditions["ifMatch"]) if entry.conditions["ifMatch"] else None
    if entry.method == "PUT" and entry.resource is not None:
        check_type(entry.resource, entry.type)
        check_id(entry.resource, id)
        if entry.conditions["ifNoneMatch"].strip() == "*":
            expected = 0
    if entry.method == "PUT":
        return Step(entry, id, None, expected, writes=True)
    try:
        current = reader_for(service, call, "read", entry.type).read(entry.type, id)
    except KangshuError:
        if entry.method == "PATCH":
            raise
        return Step(entry, id, None, expected, writes=False)
    return Step(entry, id, current, _checked(expected, current), writes=True)


def _conditional_step(service: Service, call: Call, entry: BundleEntry) -> Step:
    found = match(service, call, entry.type, entry.params)
    if entry.method == "PUT" and entry.resource is not None:
        check_type(entry.resource, entry.type)
        own = own_id(entry.resource)
        if found is None:
            return Step(entry, own or new_id(), None, 0, writes=True)
        if own not in (None, found.id):
            raise id_mismatch("the resource that matches")
    if found is None and entry.method == "PATCH":
        raise NotFound("The criteria match nothing.")
    if found is None:
        return Step(entry, "", None, None, writes=False)
    expected = version_of(entry.conditions["ifMatch"]) if entry.conditions["ifMatch"] else None
    return Step(entry, found.id, found, _checked(expected, found), writes=True)


def _checked(expected: int | None, current: Fact) -> int:
    if expected not in (None, current.version):
        raise Failure(412, "conflict", "The version in ifMatch is not the current one.")
    return current.version


def refuse_duplicates(steps: Sequence[Step]) -> None:
    """Raises `Invalid` where two entries are about one resource, or have one fullUrl."""
    seen: dict[str, str] = {}
    problems: list[Problem] = []
    full_urls: set[str] = set()
    for step in steps:
        if step.entry.method in ("GET", "HEAD"):
            continue
        url = step.entry.full_url
        if url and url in full_urls:
            problems.append(Problem("error", "duplicate", step.entry.where, "The fullUrl is used twice."))
        full_urls.add(url)
        if not step.writes:
            continue
        first = seen.setdefault(step.address, step.entry.where)
        if first != step.entry.where:
            message = f"The entry is about the same resource as {first}."
            problems.append(Problem("error", "duplicate", step.entry.where, message))
    if problems:
        raise Invalid("A resource may stand only once in a transaction.", problems=tuple(problems))
