"""Extraction: from the body of a fact to the terms it can be found by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from math import isfinite
from typing import Any

from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.facts.definition import Terms
from kangshu.kernel.facts.parameters import (
    COLUMN_PARAMETERS,
    Catalogue,
    FactType,
    Kind,
    Parameter,
)
from kangshu.kernel.facts.paths import Take, ValuePath, Walk
from kangshu.kernel.facts.strings import normalise
from kangshu.kernel.facts.terms import MAKERS
from kangshu.kernel.facts.terms.codes import untrue
from kangshu.kernel.facts.terms.place import Place, Use
from kangshu.kernel.facts.terms.references import target_of
from kangshu.kernel.facts.tokens import token_hash

__all__ = ["Extractor", "normalise", "token_hash"]

Json = dict[str, Any]
ALL = "*"


class Extractor:
    """Finds the terms of facts. Everything that depends on the catalogue is worked out here, once.

    `zone` is the time zone of times that name none.
    """

    def __init__(self, catalogue: Catalogue, zone: tzinfo = UTC) -> None:
        self._catalogue = catalogue
        self._zone = zone
        self._plans: dict[str, _Plan] = {}
        self._walks: dict[tuple[str, str], Walk] = {}

    def extract(self, type: str, resource: Json) -> Terms:
        """The terms of `resource`, a parsed JSON body; `NotSupported` if the type is unknown."""
        plan = self._plans.get(type)
        if plan is None:
            plan = self._plans[type] = _make_plan(self._catalogue, self._catalogue.type(type), self._zone)
        return plan.run(resource)

    def references(self, type: str, parameter: str, resource: Json) -> list[str]:
        """Addresses that `resource` points to under a reference parameter (`*`: under all of them).

        `Type/id` where the reference is relative, otherwise the URL as it stands; versions are cut off
        references, not canonicals. Each address once.
        """
        walk = self._walks.get((type, parameter))
        if walk is None:
            chosen = self._reference_parameters(type, parameter)
            walk = Walk((path, _collect_address(path)) for each in chosen for path in each.paths)
            self._walks[type, parameter] = walk
        found: list[str] = []
        walk.run(resource, found)
        return list(dict.fromkeys(found))

    def _reference_parameters(self, type: str, name: str) -> list[Parameter]:
        if name == ALL:
            return [each for each in self._catalogue.parameters(type) if each.kind == "reference"]
        parameter = self._catalogue.parameter(type, name)
        if parameter.kind != "reference":
            raise Invalid(f"{name} is not a reference parameter of {type}.", code="not-supported")
        return [parameter]


def _collect_address(path: ValuePath) -> Take:
    only = path.only_type
    if path.datatype == "Resource":
        return lambda value, found: found.extend(_address_of_resource(value))
    if path.datatype != "Reference":
        return lambda value, found: found.append(value) if type(value) is str else None

    def take(value: Json, found: list[str]) -> None:
        reference = value.get("reference") if type(value) is dict else None
        target = target_of(reference) if isinstance(reference, str) else None
        if target is not None and only in (None, target[1] or value.get("type")):
            found.append(target[0])

    return take


def _address_of_resource(value: Json) -> list[str]:
    if type(value) is dict and "resourceType" in value and "id" in value:
        return [f"{value['resourceType']}/{value['id']}"]
    return []


# --- plans --------------------------------------------------------------------------------------------


def _no_terms() -> Terms:
    # The default factories of the class cost five times as much, and this is done for every element.
    return Terms([], [], {}, {}, None, [])


@dataclass(frozen=True, slots=True)
class _Composite:
    """A composite on repeating elements.

    parts        names of the parts; the ranges of a part come under its place in this list
    present      for each part the token that says it has a value
    needed       for each part in the element the properties of which there must be one
    on_document  once there are such elements, the document itself counts as one more
    """

    name: str
    parts: tuple[str, ...]
    present: tuple[str, ...]
    needed: tuple[frozenset[str], ...]
    in_element: Walk
    in_document: Walk | None
    on_document: bool

    def entries(self, elements: list[Json], document: Json) -> list[dict[str, Any]]:
        """One entry for each element in which no part is missing."""
        if self.on_document:
            elements = [*elements, document]
        entries = [self._entry(element, document) for element in elements]
        return [entry for entry in entries if entry is not None]

    def _entry(self, element: Json, document: Json) -> dict[str, Any] | None:
        for names in self.needed:
            if names.isdisjoint(element):
                return None
        terms = _no_terms()
        self.in_element.run(element, terms)
        if self.in_document is not None:
            self.in_document.run(document, terms)
        tokens = dict.fromkeys(terms.tokens)
        for present in self.present:
            if present not in tokens:
                return None
            del tokens[present]
        return {
            "t": list(tokens),
            "r": {self.parts[slot]: list(ranges[0]) for slot, ranges in terms.ranges.items()},
        }


@dataclass(frozen=True, slots=True)
class _Plan:
    """How facts of one type are read.

    own_subject  the type itself, if its facts are subjects
    happened     slots that say when it happened, best first
    truths       parameters that are false where nothing stands
    """

    walk: Walk
    own_subject: str | None
    happened: tuple[int, ...]
    truths: tuple[str, ...]
    composites: tuple[_Composite, ...]

    def run(self, resource: Json) -> Terms:
        terms = _no_terms()
        self.walk.run(resource, terms)
        if self.own_subject is not None and isinstance(resource.get("id"), str):
            address = f"{self.own_subject}/{resource['id']}"
            terms.subjects.append(address)
            terms.tokens.append(f"@{address}")
        for name in self.truths:
            if f"{name}=true" not in terms.tokens:
                terms.tokens.extend(untrue(name))
        if terms.composites:
            terms.composites = self._composites(terms.composites, resource)
        terms.tokens = list(dict.fromkeys(terms.tokens))
        if len(terms.strings) > 1:
            terms.strings = list(dict.fromkeys(terms.strings))
        if len(terms.subjects) > 1:
            terms.subjects = list(dict.fromkeys(terms.subjects))
        terms.happened = _happened(self.happened, terms.ranges)
        return terms

    def _composites(self, elements: dict[str, list[Json]], resource: Json) -> dict[str, list[dict[str, Any]]]:
        """The entries of each composite from the elements that the walk has collected for it."""
        found: dict[str, list[dict[str, Any]]] = {}
        for composite in self.composites:
            if composite.name in elements:
                found[composite.name] = composite.entries(elements[composite.name], resource)
        return found


def _happened(slots: Iterable[int], ranges: Mapping[int, Sequence[tuple[float, float]]]) -> float | None:
    """The first known end of a range in the first of these slots that has one; epoch seconds."""
    for slot in slots:
        for low, high in ranges.get(slot, ()):
            if isfinite(low):
                return low
            if isfinite(high):
                return high
    return None


def _make_plan(catalogue: Catalogue, type_: FactType, zone: tzinfo) -> _Plan:
    parameters = catalogue.parameters(type_.name)
    composites = [each for each in parameters if each.elements()]
    takes = _takes(parameters, type_, catalogue.subject_type, zone)
    takes += [(path, _keep_element(each.name)) for each in composites for path in each.elements()]
    slots = (catalogue.parameter(type_.name, name).slot for name in type_.happened)
    return _Plan(
        walk=Walk(takes),
        own_subject=type_.name if "_id" in type_.subjects else None,
        happened=tuple(slot for slot in slots if slot is not None),
        truths=tuple(
            each.name for each in parameters if any(path.datatype == "truth" for path in each.paths)
        ),
        composites=tuple(_make_composite(each, zone) for each in composites),
    )


def _takes(
    parameters: list[Parameter], type_: FactType, subject_type: str, zone: tzinfo
) -> list[tuple[ValuePath, Take]]:
    """One take for each place and kind, however many parameters use it."""
    uses: dict[tuple[ValuePath, Kind], list[Use]] = {}
    for parameter in parameters:
        if parameter.kind in ("composite", "special") or parameter.name in COLUMN_PARAMETERS:
            continue
        subject_of = subject_type if parameter.name in type_.subjects else None
        for path in parameter.paths:
            use = Use(parameter.name, parameter.slot, path.only_type, subject_of)
            uses.setdefault((replace(path, only_type=None), parameter.kind), []).append(use)
    return [(path, _make_take(path, kind, Place(tuple(found), zone))) for (path, kind), found in uses.items()]


def _make_take(path: ValuePath, kind: Kind, place: Place) -> Take:
    maker = MAKERS.get((kind, path.datatype))
    if maker is None:
        names = ", ".join(place.names)
        raise Invalid(f"A {kind} parameter cannot be made from {path.datatype}: {names}.")
    return maker(place)


def _keep_element(name: str) -> Take:
    def take(element: Json, terms: Terms) -> None:
        if type(element) is dict:
            terms.composites.setdefault(name, []).append(element)

    return take


def _make_composite(parameter: Parameter, zone: tzinfo) -> _Composite:
    parts = tuple(part.name for part in parameter.components)
    takes = [
        (path, _make_take(path, part.kind, Place((Use(part.name, slot),), zone)))
        for slot, part in enumerate(parameter.components)
        for path in part.paths
    ]
    in_document = [(path, take) for path, take in takes if path.from_document]
    in_element = [
        [path.steps[0].name for path in part.paths if not path.from_document] for part in parameter.components
    ]
    return _Composite(
        name=parameter.name,
        parts=parts,
        present=tuple(f"{part}:present" for part in parts),
        needed=tuple(frozenset(names) for names in in_element if names),
        in_element=Walk((path, take) for path, take in takes if not path.from_document),
        in_document=Walk(in_document) if in_document else None,
        on_document=parameter.on_document(),
    )
