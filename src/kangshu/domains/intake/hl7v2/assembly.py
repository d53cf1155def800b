"""From a message to resources: walk over its segments, open resources, fill them, give them their ids.

Which segment opens, joins or extends which resource stands in `messages.tsv`. An id is derived from
the institution and a business key (`keys.tsv`), so what is sent again, or corrected, has the same one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import msgspec

from kangshu.domains.intake.hl7v2.conditions import Holds, parse_when
from kangshu.domains.intake.hl7v2.escapes import STANDARD
from kangshu.domains.intake.hl7v2.keys import Keys
from kangshu.domains.intake.hl7v2.mapping import Maps, Step
from kangshu.domains.intake.hl7v2.message import Message, Segment
from kangshu.domains.intake.hl7v2.moments import zone_of
from kangshu.domains.intake.hl7v2.pruning import has, prune
from kangshu.domains.intake.hl7v2.run import Body, Builder, Run
from kangshu.domains.intake.hl7v2.tables import Element, Tables, Use, applies, is_named
from kangshu.domains.intake.hl7v2.targets import Put, put_at
from kangshu.kernel.base.errors import Problem

MAX_RESOURCES = 20_000
SOURCES_REMEMBERED = 64

_REMARKS = ("NTE", "PRT", "TQ1", "TQ2", "CTD", "BLG")
_PASSED = {"ORC": _REMARKS, "RXO": (*_REMARKS, "RXR", "RXC"), "RXE": ()}
"""Segments that ask what comes next (NXT), and what they pass over."""

_FORGOTTEN = {
    "PID": ("OBR", "OBX", "ORC", "RXA", "SPM", "PV1"),
    "ORC": ("OBR", "OBX", "RXA", "SPM"),
}
"""Where a group begins, the segments of the last one no longer speak."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource as JSON. `mode` says what it does to one that is there: see `merging`."""

    type: str
    id: str
    raw: bytes
    mode: str
    assumed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Assembled:
    """What a message holds, and what of it could not be used."""

    resources: list[Resource]
    problems: list[Problem]


@dataclass(frozen=True, slots=True)
class _Step:
    use: Use
    when: Holds | None
    apply: Sequence[Step]


@dataclass(frozen=True, slots=True)
class _Plan:
    """What to do with each segment of one kind of message, and what its event says of itself."""

    named: bool
    linked: bool
    steps: Mapping[str, Sequence[_Step]]
    said: Sequence[tuple[str, Put, Any]]


class Assembler:
    """Messages into resources, by the tables. Stateless between calls."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._maps = Maps(tables)
        self._keys = Keys(tables.keys, tables.codes)
        self._plans: dict[tuple[str, str], _Plan] = {}
        self._elements = {
            type_: [(each, parse_when(each.when, 0)) for each in elements]
            for type_, elements in tables.elements.items()
        }
        self._known: dict[tuple[str, str], dict[tuple[int, str], Any]] = {}
        # Every row is compiled once now, so that a mistake shows when the tables are read.
        for use in tables.uses:
            self._step(use, "", "")

    def knows(self, kind: str, event: str) -> bool:
        """Whether the maps name such messages."""
        return self._plan(kind, event).named

    def assemble(self, message: Message, source: str) -> Assembled:
        """The resources of a message from an institution."""
        run = self._run(message, source)
        plan = self._plan(message.component(message.header, 9, 1), _event(message))
        for number, segment in enumerate(message.segments):
            if segment.name in _PASSED:
                run.latest["NXT"] = _detail(message.segments, number)
            self._take(segment, plan, run)
        if plan.linked:
            _link(run)
        self._keys.name(run)
        self._complete(run)
        return Assembled([_resource(each) for each in run.builders if not each.dropped], run.problems)

    def _run(self, message: Message, source: str) -> Run:
        marks = message.delimiters
        zone = zone_of(message.header.field(7), self._tables.zone)
        known = None
        if marks is STANDARD and message.codec == "utf-8":
            known = self._remembered((source, zone))
        return Run(
            message,
            source,
            zone,
            (marks.repetition, marks.component, marks.subcomponent),
            marks,
            marks.escape,
            known=known,
        )

    def _remembered(self, key: tuple[str, str]) -> dict[tuple[int, str], Any]:
        """What was made of fields of an institution's messages; that of the ones heard last is kept."""
        known = self._known.pop(key, None)
        if known is None:
            known = {}
            if len(self._known) >= SOURCES_REMEMBERED:
                del self._known[next(iter(self._known))]
        self._known[key] = known
        return known

    def _plan(self, kind: str, event: str) -> _Plan:
        plan = self._plans.get((kind, event))
        if plan is None:
            steps: dict[str, list[_Step]] = {}
            for use in self._tables.uses:
                if applies(use.messages, kind, event):
                    steps.setdefault(use.segment, []).append(self._step(use, kind, event))
            said = [
                (each.resource, put_at(each.target), json.loads(each.value))
                for each in self._tables.events
                if applies(each.messages, kind, event)
            ]
            named = any(is_named(use.messages, kind, event) for use in self._tables.uses)
            named = named and not applies(self._tables.refused, kind, event)
            linked = applies(self._tables.linked, kind, event)
            plan = _Plan(named, linked, steps, said)
            if len(self._plans) < 1000 and len(kind) + len(event) < 30:
                self._plans[kind, event] = plan
        return plan

    def _step(self, use: Use, kind: str, event: str) -> _Step:
        rows = self._maps.steps(use.segment.rstrip("*"), use.resource, kind, event)
        return _Step(use, parse_when(use.when, 0), rows)

    # -- segments

    def _take(self, segment: Segment, plan: _Plan, run: Run) -> None:
        name = segment.name
        run.latest[name] = segment
        run.segment, run.number = segment, 0
        if name in _FORGOTTEN and not (name == "ORC" and _name(run.latest.get("PRE")) == "OBR"):
            for each in _FORGOTTEN[name]:
                run.latest.pop(each, None)
        for step in plan.steps.get(name) or (plan.steps.get("Z*", ()) if name.startswith("Z") else ()):
            if step.when is not None and not step.when(segment.fields, run):
                continue
            builder = self._builder(segment, step.use, plan, run)
            if builder is None:
                continue
            builder.segments.setdefault(segment.name, segment)
            fields = segment.fields
            last = len(fields)
            for needed, apply in step.apply:
                if needed < last and (needed < 0 or fields[needed]):
                    apply(fields, run, builder)
        if name != "NTE":
            run.latest["PRE"] = segment

    def _builder(self, segment: Segment, use: Use, plan: _Plan, run: Run) -> Builder | None:
        """The resource a segment is about, by `use.how`."""
        for type_ in use.closes:
            if type_ != "*":
                run.close(type_)
            elif use.resource in run.current:
                run.close()
        builder = run.current.get(use.resource)
        if use.how == "extend":
            return builder
        if use.how == "join" and builder is not None and segment.name not in builder.segments:
            return builder
        if use.how == "once" and builder is not None:
            run.problem(f"A message has one {segment.name}; this one is left out.", "structure")
            return None
        if len(run.builders) >= MAX_RESOURCES:
            run.problem(f"The message holds more than {MAX_RESOURCES} resources.", "too-costly")
            return None
        builder = _open(use, run)
        for name, put, value in plan.said:
            if name == use.resource:
                put(builder.body, builder.labels, value)
        return builder

    # -- what FHIR requires

    def _complete(self, run: Run) -> None:
        """Put defaults where FHIR requires something; set aside what lacks what cannot be guessed."""
        for builder in run.builders:
            self._require(builder, run)
        nobody = {each for each in run.builders if each.dropped and each.name == "Patient"}
        for builder in run.builders if nobody else ():
            # Nobody would know whose it is.
            builder.dropped |= any(parent in nobody for parent in builder.parents.values())
        while gone := [each for each in run.builders if each.dropped and each.ref.get("reference")]:
            refs = {id(each.ref) for each in gone}
            for each in gone:
                each.ref["reference"] = ""
            for builder in run.builders:
                if not builder.dropped:
                    prune(builder.body, refs)
                    self._require(builder, run)

    def _require(self, builder: Builder, run: Run) -> None:
        for element, when in self._elements.get(builder.name) or self._elements.get(builder.type, ()):
            if not has(builder.body, element.element):
                self._lack(builder, element, when, run)

    def _lack(self, builder: Builder, element: Element, when: Holds | None, run: Run) -> None:
        run.latest = builder.segments
        if when is not None and not when((), run):
            return
        if element.default:
            builder.assumed.append(element.element.partition(".")[0].partition("[")[0].partition("|")[0])
            put_at(element.element.split("|")[0])(builder.body, {}, json.loads(element.default))
            return
        builder.dropped = True
        name, _, number = element.source.partition("-")
        segment = builder.segments.get(name)
        place = element.source
        if segment is not None and segment.number > 1:
            place = f"{name}[{segment.number}]-{number}" if number else f"{name}[{segment.number}]"
        wanted = element.element.split("|")[0]
        run.problem_at(place, f"A {builder.type} needs {wanted}, and this says nothing of it.", "required")


def _detail(segments: Sequence[Segment], number: int) -> Segment:
    """The segment that says what an order is about: the next one that is no remark on the order itself."""
    passed = _PASSED[segments[number].name]
    following = (each for each in segments[number + 1 : number + 20] if each.name not in passed)
    return next(following, segments[number])


def _name(segment: Segment | None) -> str:
    return segment.name if segment is not None else ""


def _link(run: Run) -> None:
    """Two persons of a message that says they belong together: each names the other."""
    for one, other in permutations([each for each in run.builders if each.name == "Patient"][:2]):
        one.body["link"] = [{"other": other.ref, "type": "seealso"}]


def _event(message: Message) -> str:
    """The trigger event: MSH-9-2, else EVN-1, else what the structure of MSH-9-3 says."""
    event = message.component(message.header, 9, 2)
    if not event and (found := message.first("EVN")) is not None:
        event = message.component(found, 1)
    return event or message.component(message.header, 9, 3).rpartition("_")[2]


def _open(use: Use, run: Run) -> Builder:
    ref: Body = {"reference": f"#{len(run.builders)}"}
    type_ = use.resource.partition("#")[0]
    builder = Builder(use.resource, use.mode, {"resourceType": type_, "id": ""}, ref)
    run.builders.append(builder)
    run.current[use.resource] = builder
    for at, put in run.waiting.pop(use.resource, ()):
        at.parents.setdefault(use.resource, builder)
        put(at.body, at.labels, ref)
    return builder


def _resource(builder: Builder) -> Resource:
    body = builder.body
    if builder.mode == "replace" and None in body.values():
        body = {name: value for name, value in body.items() if value is not None}
    return Resource(builder.type, builder.id, msgspec.json.encode(body), builder.mode, tuple(builder.assumed))
