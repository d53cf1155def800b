"""Applies the tables to the statements of one document. Knows no section and no resource type.

A statement gets the first map that is for it; the map's rows fill a resource. Its id comes from the CDA
ids of the statement (root and extension) and the sending institution, else from its content, so that the
same statement always becomes the same resource.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from math import isnan
from typing import Any, cast

from kangshu.domains.intake.cda.concepts import number_of
from kangshu.domains.intake.cda.context import Context, Json, Typed, is_text
from kangshu.domains.intake.cda.definition import Kind, Map, Row, Tables
from kangshu.domains.intake.cda.resource import completed, digest, has, prune, put, written
from kangshu.domains.intake.cda.standing import STATEMENTS, hindrance, part_hindrance
from kangshu.domains.intake.cda.values import CONVERTERS
from kangshu.domains.intake.cda.xml import Element, place_of
from kangshu.domains.intake.validation import problems_of
from kangshu.kernel.base.errors import Problem, TooCostly
from kangshu.kernel.base.ids import derived_id

MAX_RESOURCES = 20_000
MAX_ITEMS = 2000
"""Repetitions of one element taken from one statement."""
MAX_MENDINGS = 20

Reference = dict[str, str]
Address = tuple[str, str]


@dataclass(slots=True)
class Engine:
    """The work on one document.

    source    code of the institution that sent it
    document  what identifies the document, for ids of statements that have none
    subject, encounter  references that rows ask for by those kinds
    made      the resources, by address, in the order they were finished
    left_out  what became no fact, and why; narrative and original keep it
    """

    context: Context
    source: str
    document: str
    subject: Reference | None = None
    encounter: Reference | None = None
    made: dict[Address, Json] = field(default_factory=dict[Address, Json])
    left_out: list[Problem] = field(default_factory=list[Problem])
    _known: dict[tuple[str, Element], Reference | None] = field(
        default_factory=dict[tuple[str, Element], Reference | None]
    )

    @property
    def tables(self) -> Tables:
        return self.context.tables

    # -- which map

    def map_for(self, node: Element, section: frozenset[str]) -> Map | None:
        """The first map, in the order of the tables, for a statement of a section (its codes and names)."""
        tables = self.tables
        roots = [each.get("root") for each in node.iterfind("templateId")]
        named = {each.order: each for root in roots for each in tables.by_template.get(root or "", ())}
        for order in sorted(named):
            if self._is_for(named[order], node, section):
                return named[order]
        return next((each for each in tables.general if self._is_for(each, node, section)), None)

    def _is_for(self, each: Map, node: Element, section: frozenset[str]) -> bool:
        if node.tag not in each.elements:
            return False
        if each.sections and not each.sections & section:
            return False
        if each.codes:
            code = node.find("code")
            if code is None or code.get("code") not in each.codes:
                return False
        return each.when is None or bool(each.when(node))

    # -- resources

    def resource(self, name: str, node: Element, given: Json | None = None) -> Reference | None:
        """A reference to what the map makes of the node, which is made at the first call. None: nothing.

        `given` are elements that no table can know; they stand beside those of the map.
        """
        key = (name, node)
        if key not in self._known:
            self._known[key] = None
            self._known[key] = self._make(self.tables.maps[name], node, given or {})
        return self._known[key]

    def _make(self, each: Map, node: Element, given: Json) -> Reference | None:
        if len(self.made) >= MAX_RESOURCES:
            raise TooCostly(
                f"The document says more than {MAX_RESOURCES:,} things.", remedy="Send it in parts."
            )
        if self._hindered(hindrance(node, each), node):
            return None
        body = self.part(each, node)
        if body is None:
            if node.tag in STATEMENTS:
                needed = ", ".join("|".join(names) for names in each.needs)
                self.leave_out(node, "required", f"A {each.resource} cannot do without {needed}.")
            return None
        for name, value in given.items():
            body[name] = body[name] | value if isinstance(value, dict) and name in body else value
        whole = self._sound({"resourceType": each.resource, "id": "x"} | body)
        if whole is None:
            return None
        address = self._keep(each, node, whole)
        return {"reference": f"{address[0]}/{address[1]}"}

    def part(self, each: Map, node: Element) -> Json | None:
        """What the rows of a map make of a node; None if something is missing that is needed."""
        body: Json = {}
        taken: set[str] = set()
        for row in each.rows:
            if row.element in taken or (row.when is not None and not row.when(node)):
                continue
            if self._fill(body, row, node):
                taken.add(row.element)
        for names in each.needs:
            if not any(has(body, name) for name in names):
                return None
        return body or None

    def _fill(self, body: Json, row: Row, node: Element) -> bool:
        """Whether the row gave the element the one value it may have."""
        for source in row.sources:
            found = False
            for item in islice(_items(source(node)), MAX_ITEMS):
                value = self._value(row, item, node)
                if value is None:
                    continue
                found = True
                if row.element != "-":
                    put(body, row.path, value)
                if not row.many:
                    return True
            if found:
                return False
        return False

    def _value(self, row: Row, item: Any, node: Element) -> Typed | None:
        for kind in row.kinds:
            value = self._convert(kind, item, node)
            if value is not None:
                return value
        return None

    def _convert(self, kind: Kind, item: Any, node: Element) -> Typed | None:
        converter = CONVERTERS.get(kind.name)
        if converter is not None:
            return converter(self.context, item, kind.argument)
        if kind.name == "map":
            return self._part(self.tables.maps[kind.argument], item, node)
        if kind.name == "ref":
            found = self._referred(self.tables.maps[kind.argument], item)
        else:
            found = self.subject if kind.name == "subject" else self.encounter
        return None if found is None else ("Reference", dict(found))

    def _part(self, each: Map, item: Any, node: Element) -> Typed | None:
        if item is not node and not is_text(item) and self._hindered(part_hindrance(item, each), item):
            return None
        part = self.part(each, item)
        return None if part is None else ("", part)

    def _hindered(self, reason: str | None, node: Element) -> bool:
        if reason is not None:
            self.leave_out(node, "suppressed", reason)
        return reason is not None

    def leave_out(self, node: Element, code: str, reason: str) -> None:
        """Note that something of the document becomes no fact."""
        self.left_out.append(Problem("warning", code, place_of(node), reason))

    def _referred(self, each: Map, node: Element) -> Reference | None:
        """A map made for some elements only is not applied to others."""
        if each.elements and node.tag not in each.elements:
            return None
        if each.when is not None and not each.when(node):
            return None
        return self.resource(each.name, node)

    # -- ids

    def _keep(self, each: Map, node: Element, body: Json) -> Address:
        type_ = each.resource
        number = self._number(each, node)
        content = digest(body)
        # Who copies a document to write the next copies its numbers: they stay with each patient.
        patient = "" if each.shared or self.subject is None else self.subject["reference"]
        if number is None:
            document = "" if each.shared else self.document
            address = (type_, self.id_of(type_, patient, document, content))
        else:
            address = (type_, self.id_of(type_, patient, *number))
            before = self.made.get(address)
            if before is not None and each.shared:
                body = completed(before, body)
            elif before is not None and digest(before) != content:
                # One number for two things: the first keeps it, the other is known by its content too.
                address = (type_, self.id_of(type_, patient, *number, content))
        self.made[address] = body | {"id": address[1]}
        return address

    def id_of(self, type_: str, *parts: str) -> str:
        """The id of a resource of this institution, from what identifies it."""
        return derived_id(self.source, "cda", type_, *parts)

    def _number(self, each: Map, node: Element) -> tuple[str, str] | None:
        for key in each.keys:
            for found in _items(key(node)):
                number = number_of(found, self.context.systems)
                if number is not None:
                    return number
        return None

    # -- soundness

    def _sound(self, body: Json) -> Json | None:
        """The resource without what breaks the rules of FHIR; None if it cannot do without."""
        for _ in range(MAX_MENDINGS):
            errors = [problem for problem in problems_of(written(body)) if problem.severity == "error"]
            if not errors:
                return body
            self.left_out += errors
            if not prune(body, errors[0].path):
                return None
        return None


def _items(found: Any) -> Iterator[Any]:
    """What an XPath gave: nodes and texts. True and numbers stand for the text of themselves."""
    if isinstance(found, list):
        yield from cast(list[Any], found)
    elif isinstance(found, bool):
        if found:
            yield "true"
    elif isinstance(found, float):
        if not isnan(found):
            yield f"{found:g}"
    elif found:
        yield found
