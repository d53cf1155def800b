"""Where in a JSON document values stand, and the walk that finds them.

A path is written as its steps and the datatype at its end:

    code:CodeableConcept                     the property `code`
    component.valueQuantity:Quantity         lists on the way are entered
    telecom[system=phone]:ContactPoint       only elements whose property `system` is `phone`
    entry[0].resource:Resource               only the first element
    subject:Reference(Patient)               only references to that type
    /referenceSeq.chromosome:CodeableConcept from the document, inside a path that starts at an element
    .:Observation                            the document itself
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from kangshu.kernel.base.errors import Invalid

_STEP = re.compile(r"(?P<name>[A-Za-z]\w*)(?:\[(?:(?P<index>\d+)|(?P<property>\w+)=(?P<value>[\w-]+))\])?")
_PATH = re.compile(r"(?P<root>/?)(?P<steps>\.|[^:/]+):(?P<datatype>\w+)(?:\((?P<only>\w+)\))?")


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
    from_document: bool = False

    def json_path(self, *below: str) -> str:
        """The place as a PostgreSQL jsonpath in lax mode, continued by the properties `below`."""
        written = "$"
        for step in self.steps:
            written += f'."{step.name}"'
            if step.index is not None:
                written += f"[{step.index}]"
            if step.where is not None:
                written += f' ? (@."{step.where[0]}" == "{step.where[1]}")'
        return written + "".join(f'."{name}"' for name in below)


def parse_path(text: str) -> ValuePath:
    """Read a written path; `Invalid` if it does not follow the grammar above."""
    path = _PATH.fullmatch(text)
    if path is None:
        raise Invalid(f"{text!r} is not an element path.", remedy="Write it as steps:Datatype.")
    written = [] if path["steps"] == "." else path["steps"].split(".")
    steps = tuple(_parse_step(step) for step in written)
    return ValuePath(steps, path["datatype"], path["only"], path["root"] == "/")


def _parse_step(text: str) -> Step:
    step = _STEP.fullmatch(text)
    if step is None:
        raise Invalid(f"{text!r} is not a step of an element path.", remedy="Write name, name[0] or name[p=v].")
    index = int(step["index"]) if step["index"] else None
    where = (step["property"], step["value"]) if step["property"] else None
    return Step(step["name"], index, where)


Take = Callable[[Any, Any], None]
"""Called with a value and the sink that the walk was given."""


class Walk:
    """Many paths, followed in one pass over a document.

    Built once: paths are merged by their beginnings, so that a property is looked at once however
    many paths go through it, and properties that no path names cost nothing.
    """

    __slots__ = ("_by_name", "_takes")

    def __init__(self, takes: Iterable[tuple[ValuePath, Take]]) -> None:
        tree = _Tree()
        for path, take in takes:
            tree.add(path.steps, take)
        self._takes = tuple(tree.takes)
        self._by_name = tree.visits()

    def run(self, document: dict[str, Any], sink: Any) -> None:
        """Call every `Take` with each value that stands at its path."""
        visits = self._by_name
        for name, value in document.items():
            visit = visits.get(name)
            if visit is not None:
                visit(value, sink)
        for take in self._takes:
            take(document, sink)


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
        """One function for each property name below this node."""
        by_name: dict[str, list[Take]] = {}
        for step, child in self.children.items():
            by_name.setdefault(step.name, []).append(_select(step, child.visit()))
        return {name: _all(visits) for name, visits in by_name.items()}

    def visit(self) -> Take:
        """The function that handles one element at this node."""
        below = tuple(self.visits().items())
        if not below:
            return _all(self.takes)
        return _all([*self.takes, _descend(below)])


def _descend(below: tuple[tuple[str, Take], ...]) -> Take:
    def descend(element: Any, sink: Any) -> None:
        if type(element) is dict:
            for name, visit in below:
                value = element.get(name)
                if value is not None:
                    visit(value, sink)

    return descend


def _all(visits: list[Take]) -> Take:
    if len(visits) == 1:
        return visits[0]
    several = tuple(visits)

    def visit_all(value: Any, sink: Any) -> None:
        for visit in several:
            visit(value, sink)

    return visit_all


def _select(step: Step, visit: Take) -> Take:
    """Enter lists, and leave out what the step leaves out."""
    if step.index is not None:
        return _select_index(step.index, visit)
    if step.where is not None:
        visit = _select_where(*step.where, visit)

    def each(value: Any, sink: Any) -> None:
        if type(value) is list:
            for element in value:
                visit(element, sink)
        else:
            visit(value, sink)

    return each


def _select_index(index: int, visit: Take) -> Take:
    def at_index(value: Any, sink: Any) -> None:
        if type(value) is list and len(value) > index:
            visit(value[index], sink)

    return at_index


def _select_where(name: str, wanted: str, visit: Take) -> Take:
    def where(element: Any, sink: Any) -> None:
        if type(element) is dict and element.get(name) == wanted:
            visit(element, sink)

    return where
