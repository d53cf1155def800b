"""Where in a JSON document values stand, and the walk that finds them.

A path is written as its steps and the datatype at its end:

    code:CodeableConcept                     the property `code`
    component.valueQuantity:Quantity         lists on the way are entered
    telecom[system=phone]:ContactPoint       only elements whose property `system` is `phone`
    entry[0].resource:Resource               only the first element
    subject:Reference(Patient)               only references to that type
    status:code(http://…/status)             a code whose system is not written but implied
    /referenceSeq.chromosome:CodeableConcept from the document, inside a path that starts at an element
    .:Observation                            the document itself
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from kangshu.kernel.base.errors import Invalid

Json = dict[str, Any]

_STEP = re.compile(r"(?P<name>[A-Za-z]\w*)(?:\[(?:(?P<index>\d+)|(?P<property>\w+)=(?P<value>[\w-]+))\])?")
_PATH = re.compile(r"(?P<root>/?)(?P<steps>\.|[^:/]+):(?P<datatype>\w+)(?:\((?P<more>[^()\s]+)\))?")


@dataclass(frozen=True, slots=True)
class Step:
    """One property; `index` keeps one element of a list, `where` those with (property, value)."""

    name: str
    index: int | None = None
    where: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class ValuePath:
    """A place that holds values of one datatype. No steps: the document (or element) itself."""

    steps: tuple[Step, ...]
    datatype: str
    only_type: str | None = None
    system: str | None = None
    from_document: bool = False

    def json_path(self, *below: str) -> str:
        """The place as a PostgreSQL jsonpath in lax mode, continued by the properties `below`.

        It chooses single values: lists are entered to the last, as `Walk` does.
        """
        written = "$"
        for step in self.steps:
            written += f'."{step.name}"[{"*" if step.index is None else step.index}]'
            if step.where is not None:
                written += f' ? (@."{step.where[0]}" == "{step.where[1]}")'
        return written + "".join(f'."{name}"[*]' for name in below)


def parse_path(text: str) -> ValuePath:
    """Read a written path; `Invalid` if it does not follow the grammar above."""
    path = _PATH.fullmatch(text)
    if path is None:
        raise Invalid(f"{text!r} is not an element path.", remedy="Write it as steps:Datatype.")
    written = [] if path["steps"] == "." else path["steps"].split(".")
    steps = tuple(_parse_step(step) for step in written)
    more = path["more"]
    return ValuePath(
        steps=steps,
        datatype=path["datatype"],
        only_type=None if path["datatype"] == "code" else more,
        system=more if path["datatype"] == "code" else None,
        from_document=path["root"] == "/",
    )


def _parse_step(text: str) -> Step:
    step = _STEP.fullmatch(text)
    if step is None:
        raise Invalid(
            f"{text!r} is not a step of an element path.", remedy="Write name, name[0] or name[p=v]."
        )
    index = int(step["index"]) if step["index"] else None
    where = (step["property"], step["value"]) if step["property"] else None
    return Step(step["name"], index, where)


Take = Callable[[Any, Any], None]
"""Called with a value (never a list) and the sink that the walk was given."""


class Walk:
    """Many paths, followed in one pass over a document.

    Built once: paths are merged by their beginnings, so that a property is looked at once however
    many paths go through it, and properties that no path names cost nothing.
    """

    __slots__ = ("_at_index", "_by_name", "_takes")

    def __init__(self, takes: Iterable[tuple[ValuePath, Take]]) -> None:
        tree = _Tree()
        for path, take in takes:
            tree.add(path.steps, take)
        self._takes = tuple(tree.takes)
        self._by_name = tree.visits()
        self._at_index = tree.visits_at_index()

    def run(self, document: Json, sink: Any) -> None:
        """Call every `Take` with each value that stands at its path."""
        visits = self._by_name
        for name, value in document.items():
            visit = visits.get(name)
            if visit is None:
                continue
            if value.__class__ is list:
                for element in value:
                    visit(element, sink)
            else:
                visit(value, sink)
        for take in self._takes:
            take(document, sink)
        for name, index, visit in self._at_index:
            _visit_index(document.get(name), index, visit, sink)


def _visit_index(elements: list[Any] | None, index: int, visit: Take, sink: Any) -> None:
    if type(elements) is list and len(elements) > index:
        visit(elements[index], sink)


class _Tree:
    """Paths under construction, merged by their beginnings."""

    def __init__(self) -> None:
        self.takes: list[Take] = []
        self.children: dict[Step, _Tree] = {}

    def add(self, steps: tuple[Step, ...], take: Take) -> None:
        node = self
        for step in steps:
            node = node.children.setdefault(step, _Tree())
        node.takes.append(take)

    def visits(self) -> dict[str, Take]:
        """What to do with each element of a property, for the properties below this node."""
        by_name: dict[str, list[Take]] = {}
        for step, child in self.children.items():
            if step.index is None:
                visit = child.visit()
                chosen = visit if step.where is None else _where(*step.where, visit)
                by_name.setdefault(step.name, []).append(chosen)
        return {name: _all(visits) for name, visits in by_name.items()}

    def visits_at_index(self) -> tuple[tuple[str, int, Take], ...]:
        """What to do with a single element of a list, for the properties below this node."""
        return tuple(
            (step.name, step.index, child.visit())
            for step, child in self.children.items()
            if step.index is not None
        )

    def visit(self) -> Take:
        """What to do with an element at this node."""
        takes = list(self.takes)
        visits = tuple(self.visits().items())
        if visits:
            takes.append(_descend(visits))
        takes.extend(_descend_at_index(*each) for each in self.visits_at_index())
        return _all(takes)


def _descend(visits: tuple[tuple[str, Take], ...]) -> Take:
    def descend(element: Json, sink: Any) -> None:
        if type(element) is not dict:
            return
        for name, visit in visits:
            value = element.get(name)
            if value is None:
                continue
            if value.__class__ is list:
                for each in value:
                    visit(each, sink)
            else:
                visit(value, sink)

    return descend


def _descend_at_index(name: str, index: int, visit: Take) -> Take:
    def descend(element: Json, sink: Any) -> None:
        if type(element) is dict:
            _visit_index(element.get(name), index, visit, sink)

    return descend


def _where(name: str, wanted: str, visit: Take) -> Take:
    def where(element: Json, sink: Any) -> None:
        if type(element) is dict and element.get(name) == wanted:
            visit(element, sink)

    return where


def _all(visits: list[Take]) -> Take:
    if len(visits) == 1:
        return visits[0]
    several = tuple(visits)

    def visit_all(value: Any, sink: Any) -> None:
        for visit in several:
            visit(value, sink)

    return visit_all
