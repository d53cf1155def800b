"""The paths of the pack choose the same values as the published FHIRPath expressions.

The oracle is the library `fhirpathpy`, which evaluates the expressions themselves. What it is given is the
expression as published, but for three rewritings that every search implementation makes:

- `x as T` becomes `x.ofType(T)`: `as` is defined for a single value, R4 uses it on repeating elements;
- `Resource.…` becomes `<type>.…`: the library does not start at an abstract type;
- `resolve()` answers with an empty resource of the type that the reference names.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from typing import Any

import fhirpathpy
import pytest
from fhirpathpy.engine.nodes import ResourceNode
from fhirpathpy.models import models

from kangshu.kernel.facts.catalogue_tables import read_catalogue
from kangshu.kernel.facts.extract import Extractor
from kangshu.kernel.facts.parameters import Component, Parameter
from kangshu.kernel.facts.paths import Step, ValuePath, Walk
from kangshu.kernel.facts.terms.references import target_of
from kangshu.kernel.packs.find import default_root
from tests.support.sample_facts import official_examples, test_data

Json = dict[str, Any]

CATALOGUE = read_catalogue(default_root() / "standards" / "fhir_r4")

NOT_OF_THE_KIND = {
    ("CarePlan", "activity-date"): "scheduledString is free text, a date parameter cannot match it",
    ("Consent", "source-reference"): "sourceAttachment is not a reference",
    ("Immunization", "date"): "occurrenceString is free text, a date parameter cannot match it",
}
"""Where the expression also chooses values that a parameter of this kind cannot match."""

SAMPLES: Json = {
    "Resource": {"resourceType": "Composition", "id": "1"},
    "boolean": True,
    "integer": 7,
    "decimal": 7,
    "date": "2020-02-03",
    "dateTime": "2020-02-03T04:05:06Z",
    "instant": "2020-02-03T04:05:06Z",
}


# --- what the standard chooses ------------------------------------------------------------------------


@cache
def published() -> dict[tuple[str, str], Json]:
    path = test_data("fhir_r4_definitions", "Bundle-searchParams.json.gz")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        resources = [entry["resource"] for entry in json.load(file)["entry"]]
    return {(base, each["code"]): each for each in resources for base in each["base"]}


def published_for(parameter: Parameter) -> Json | None:
    bases = ("Resource", "DomainResource") if parameter.type == "*" else (parameter.type,)
    found = (published().get((base, parameter.name)) for base in bases)
    return next((each for each in found if each is not None and each.get("expression")), None)


def resolve(references: list[Any]) -> list[Any]:
    types = [named_type(reference) for reference in references if isinstance(reference, dict)]
    return [ResourceNode.create_node({"resourceType": type_}, type_) for type_ in types if type_]


def named_type(reference: Json) -> str | None:
    target = target_of(reference.get("reference", ""))
    return (target[1] if target else None) or reference.get("type")


@cache
def compiled(expression: str) -> Callable[[Any, Any], list[Any]]:
    return fhirpathpy.compile(expression, models["r4"], {"userInvocationTable": {"resolve": {"fn": resolve}}})


def evaluate(expression: str, resource: Json) -> list[Any]:
    return compiled(expression)(resource, {})


def alternatives(expression: str, type_: str) -> Iterator[str]:
    """The parts of a union that start at `type_`, rewritten as said above."""
    for part in expression.split("|"):
        text = re.sub(r"^(Domain)?Resource\.", f"{type_}.", part.strip())
        text = re.sub(r"\(([\w.]+) as (\w+)\)", r"\1.ofType(\2)", text).replace(".as(", ".ofType(")
        root = re.match(r"\(?([A-Za-z]+)", text)
        assert root is not None
        if root[1] == type_ or root[1][0].islower():
            yield text


def chosen_by_standard(type_: str, parameter: Parameter, resource: Json) -> list[Any]:
    definition = published_for(parameter)
    assert definition is not None
    return [
        value for part in alternatives(definition["expression"], type_) for value in evaluate(part, resource)
    ]


# --- what the pack chooses ----------------------------------------------------------------------------


def collect(path: ValuePath) -> Callable[[Any, Any], None]:
    def take(value: Any, found: list[Any]) -> None:
        if path.only_type is None or path.only_type == named_type(value):
            found.append(value)

    return take


def chosen_by_pack(paths: tuple[ValuePath, ...], resource: Json) -> list[Any]:
    found: list[Any] = []
    Walk((path, collect(path)) for path in paths).run(resource, found)
    return found


# --- the comparison -----------------------------------------------------------------------------------


def comparable(values: list[Any]) -> list[str]:
    return sorted(json.dumps(value, sort_keys=True, default=plain) for value in values)


def plain(value: Any) -> Any:
    assert isinstance(value, Decimal)
    return float(value)


def is_truth(parameter: Parameter) -> bool:
    return any(path.datatype == "truth" for path in parameter.paths)


def plain_parameters(type_: str) -> list[Parameter]:
    return [
        parameter
        for parameter in CATALOGUE.parameters(type_)
        if parameter.kind != "composite" and not is_truth(parameter) and published_for(parameter)
    ]


def test_examples_are_read_the_same():
    seen: set[tuple[str, str]] = set()
    differing: dict[tuple[str, str], str] = {}
    for resource in official_examples():
        type_ = resource["resourceType"]
        for parameter in plain_parameters(type_):
            ours = comparable(chosen_by_pack(parameter.paths, resource))
            theirs = comparable(chosen_by_standard(type_, parameter, resource))
            if ours:
                seen.add((type_, parameter.name))
            if ours != theirs:
                differing[type_, parameter.name] = resource["id"]
    assert differing.keys() == NOT_OF_THE_KIND.keys(), differing
    assert len(seen) > 1_200


def document(type_: str, path: ValuePath) -> Json:
    """The smallest resource that has a value at `path`."""
    value = SAMPLES.get(path.datatype, "sample")
    if path.datatype[0].isupper() and path.datatype != "Resource":
        value = (
            {"reference": f"{path.only_type or 'Basic'}/1"} if path.datatype == "Reference" else {"id": "1"}
        )
    for step in reversed(path.steps):
        value = wrapped(step, value)
    return {"resourceType": type_, **value}


def wrapped(step: Step, value: Any) -> Json:
    if step.where is not None:
        value = {**value, step.where[0]: step.where[1]}
    return {step.name: [value] if step.index is not None else value}


@pytest.mark.parametrize("type_", CATALOGUE.types)
def test_every_path_leads_where_the_expression_leads(type_: str):
    for parameter in plain_parameters(type_):
        for path in parameter.paths:
            resource = document(type_, path)
            ours = chosen_by_pack(parameter.paths, resource)
            assert ours, (parameter.name, path)
            assert comparable(ours) == comparable(chosen_by_standard(type_, parameter, resource)), path


def parts_of_standard(type_: str, parameter: Parameter, component: Component, resource: Json) -> list[Any]:
    definition = published_for(parameter)
    assert definition is not None
    published_part = next(
        part for part in definition["component"] if code_of(part["definition"]) == component.name
    )
    values: list[Any] = []
    for part in published_part["expression"].split("|"):
        text = part.strip().replace(".as(DateTime)", ".ofType(dateTime)").replace(".as(", ".ofType(")
        if text.startswith("%resource."):
            values += evaluate(text.replace("%resource", type_), resource)
            continue
        for element in alternatives(definition["expression"], type_):
            values += evaluate(f"{element}.{text}", resource)
    return values


@cache
def codes() -> dict[str, str]:
    return {each["url"]: each["code"] for each in published().values()}


def code_of(url: str) -> str:
    return codes()[url]


def parts_of_pack(parameter: Parameter, component: Component, resource: Json) -> list[Any]:
    in_document = tuple(path for path in component.paths if path.from_document)
    in_element = tuple(path for path in component.paths if not path.from_document)
    elements = chosen_by_pack(parameter.paths, resource)
    found = chosen_by_pack(in_document, resource)
    return found + [value for element in elements for value in chosen_by_pack(in_element, element)]


SWAPPED = ("DocumentReference", "relationship")
"""R4 has the expressions of the two parts the wrong way round; the pack has them right."""

WIDER = {("Group", "characteristic-value"): "its part `value` only takes CodeableConcept and boolean"}


def test_parts_of_composites_are_read_the_same():
    differing: set[tuple[str, str]] = set()
    compared = 0
    for resource in official_examples():
        type_ = resource["resourceType"]
        for parameter in CATALOGUE.parameters(type_):
            if (type_, parameter.name) == SWAPPED:
                continue
            for component in parameter.components:
                ours = comparable(parts_of_pack(parameter, component, resource))
                theirs = comparable(parts_of_standard(type_, parameter, component, resource))
                compared += bool(ours)
                if ours != theirs:
                    differing.add((type_, parameter.name))
    assert differing == WIDER.keys()
    assert compared > 100


@pytest.mark.parametrize(
    "deceased", [{}, {"deceasedBoolean": False}, {"deceasedBoolean": True}, {"deceasedDateTime": "2020"}]
)
def test_truth_is_told_the_same(deceased: Json):
    parameter = CATALOGUE.parameter("Patient", "deceased")
    resource = {"resourceType": "Patient", **deceased}
    theirs = chosen_by_standard("Patient", parameter, resource)
    tokens = Extractor(CATALOGUE).extract("Patient", resource).tokens
    assert [f"deceased={str(truth).lower()}" in tokens for truth in (True, False)] == [
        theirs == [True],
        theirs == [False],
    ]
