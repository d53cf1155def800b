"""Derive the FHIR R4 pack from the CC0 definitions of HL7: types, search parameters, patient compartment.

Run:    python tools/derive_fhir_r4.py [--definitions FOLDER] [--pack FOLDER]
Reads:  Bundle-resources.json.gz, Bundle-types.json.gz, Bundle-searchParams.json.gz, Bundle-valuesets.json.gz
        and CompartmentDefinition-patient.json.gz of the npm package hl7.fhir.r4.examples 4.0.1
Writes: types.tsv, search_parameters.tsv, compartment_patient.tsv (same input, same bytes)

A search parameter is defined by a FHIRPath expression. The expressions of R4 use a small part of the
language; here each is turned into the JSON properties that hold its values, with the datatype found there:
`(Observation.value as Quantity)` becomes `valueQuantity:Quantity`. The grammar of the written paths is
described in `src/kangshu/kernel/facts/parameters.py`, which reads them.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

Json = dict[str, Any]

RANGE_KINDS = frozenset({"date", "number", "quantity"})
MAX_SLOTS = 5

KIND_DATATYPES: dict[str, frozenset[str]] = {
    "token": frozenset(
        {"CodeableConcept", "Coding", "Identifier", "ContactPoint", "code", "boolean", "truth"}
        | {"string", "id", "uri", "canonical", "oid", "uuid", "url"}
    ),
    "string": frozenset({"string", "markdown", "HumanName", "Address", "code", "uri"}),
    "reference": frozenset({"Reference", "canonical", "uri", "Resource"}),
    "date": frozenset({"date", "dateTime", "instant", "Period", "Timing"}),
    "number": frozenset({"decimal", "integer", "positiveInt", "unsignedInt"}),
    "quantity": frozenset(
        {"Quantity", "Age", "Duration", "Count", "Distance", "Money", "Range", "SampledData"}
    ),
    "uri": frozenset({"uri", "url", "canonical", "oid", "uuid"}),
}
"""What a parameter of a kind can be made from; other datatypes of a choice hold nothing it could match."""

SEVERAL_IN_ONE = frozenset({"Timing"})
"""Datatypes that hold several values of the parameter's kind in one."""

COLUMNS = frozenset({"_id", "_lastUpdated"})
"""Parameters of every type that the store answers from a column of its own."""

NOT_FROM_ELEMENTS = {"_text": "text.div:xhtml", "_content": ".:Resource", "_query": ""}
"""R4 gives these no expression (https://hl7.org/fhir/R4/search.html#content, #query)."""

ERRATA = {
    ("http://hl7.org/fhir/SearchParameter/DocumentReference-relatesto", "code"): "target",
    ("http://hl7.org/fhir/SearchParameter/DocumentReference-relation", "target"): "code",
}
"""Component expressions that R4 4.0.1 has wrong: (part, as published) -> as meant (these two are swapped)."""

HELPERS = (
    ("Location", "near:lat", "number", "position.latitude:decimal"),
    ("Location", "near:lon", "number", "position.longitude:decimal"),
)
"""A position as two numbers, so that `near` can be answered from ranges."""

HIGH_VOLUME = frozenset(
    """AllergyIntolerance Appointment AuditEvent CarePlan CareTeam Claim ClaimResponse Communication
    Composition Condition Consent Coverage DiagnosticReport DocumentReference Encounter ExplanationOfBenefit
    ImagingStudy Immunization MedicationAdministration MedicationDispense MedicationRequest
    MedicationStatement Observation Patient Procedure Provenance QuestionnaireResponse ServiceRequest
    Specimen Task""".split()
)
"""Types of which a city holds millions: each gets a table partition of its own, the rest share one."""

HAPPENED: dict[str, str] = {
    "AllergyIntolerance": "onset,date,last-date",
    "ChargeItem": "occurrence,entered-date",
    "Communication": "sent,received",
    "CommunicationRequest": "occurrence,authored",
    "Composition": "date,period",
    "Condition": "onset-date,recorded-date",
    "DetectedIssue": "identified",
    "DeviceRequest": "event-date,authored-on",
    "DocumentReference": "date,period",
    "Goal": "start-date,target-date",
    "ImagingStudy": "started",
    "MeasureReport": "period,date",
    "MedicationAdministration": "effective-time",
    "MedicationDispense": "whenhandedover,whenprepared",
    "MedicationRequest": "authoredon,date",
    "MedicationStatement": "effective",
    "NutritionOrder": "datetime",
    "Provenance": "recorded,when",
    "ServiceRequest": "occurrence,authored",
    "Specimen": "collected",
    "Task": "authored-on,period,modified",
    "VisionPrescription": "datewritten",
}
"""The date parameters that say when a fact happened, best first; other types: see `_happened`."""

HAPPENED_ORDER = ("date", "created", "authored", "period", "start", "onset", "issued")


# --- elements of the types ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in the JSON of a type: how it is reached, what stands there.

    `element` is the definition to look for children in (`Patient.contact`, `CodeableConcept`),
    `definition` the one that says what stands here (`Observation.value[x]`), `system` the code system
    that its binding implies, `repeats` whether there can be several.
    """

    steps: tuple[str, ...]
    datatype: str
    element: str
    only_type: str = ""
    definition: str = ""
    system: str = ""
    repeats: bool = False

    def written(self) -> str:
        more = self.only_type or self.system
        datatype = f"{self.datatype}({more})" if more else self.datatype
        return f"{'.'.join(self.steps) or '.'}:{datatype}"


class Definitions:
    """The elements of every type and datatype, by path."""

    def __init__(self, structures: Iterable[Json], value_sets: Iterable[Json]) -> None:
        self._systems = {each["url"]: _only_system(each) for each in value_sets}
        self._elements: dict[str, Json] = {}
        self.types: list[str] = []
        for structure in structures:
            if structure["resourceType"] != "StructureDefinition" or structure["kind"] == "logical":
                continue
            if structure.get("derivation") == "constraint":
                continue
            for element in structure["snapshot"]["element"]:
                self._elements[element["path"]] = element
            if structure["kind"] == "resource" and not structure["abstract"]:
                self.types.append(structure["type"])
        self.types.sort()

    def children(self, spot: Spot, name: str) -> list[Spot]:
        """The spots named `name` below `spot`; several if it is a choice of datatypes."""
        plain = self._elements.get(f"{spot.element}.{name}")
        if plain is not None:
            return [self._child(spot, name, plain, code) for code in self._codes(plain)]
        choice = self._elements.get(f"{spot.element}.{name}[x]")
        if choice is None:
            return []
        return [
            self._child(spot, name + code[0].upper() + code[1:], choice, code) for code in self._codes(choice)
        ]

    def _codes(self, element: Json) -> list[str]:
        if "contentReference" in element:
            return ["BackboneElement"]
        codes = [kind["code"] for kind in element["type"]]
        return ["string" if code.startswith("http://hl7.org/fhirpath/") else code for code in codes]

    def _child(self, spot: Spot, step: str, element: Json, code: str) -> Spot:
        if "contentReference" in element:
            inside = element["contentReference"].removeprefix("#")
        elif code in ("BackboneElement", "Element"):
            inside = element["path"]
        else:
            inside = code
        return Spot(
            steps=(*spot.steps, step),
            datatype=code,
            element=inside,
            definition=element["path"],
            system=self._system(element) if code == "code" else "",
            repeats=spot.repeats or element["max"] != "1" or code in SEVERAL_IN_ONE,
        )

    def _system(self, element: Json) -> str:
        binding = element.get("binding", {})
        value_set = binding.get("valueSet", "").split("|")[0]
        return self._systems.get(value_set, "") if binding.get("strength") == "required" else ""


def _only_system(value_set: Json) -> str:
    """The code system of a value set if all its codes are of one."""
    includes = value_set.get("compose", {}).get("include", ())
    systems = {include.get("system", "") for include in includes}
    return systems.pop() if len(systems) == 1 else ""


# --- expressions --------------------------------------------------------------------------------------

_STEP = re.compile(
    r"""\.?(?: as\((?P<cast>\w+)\)
          | where\(resolve\(\)\ is\ (?P<only>\w+)\)
          | where\((?P<property>\w+)='(?P<value>[\w-]+)'\)
          | (?P<name>\w+) (?:\[(?P<index>\d+)\])? )""",
    re.VERBOSE,
)
_EXISTS_AND_NOT_FALSE = re.compile(r"(?P<path>[\w.]+)\.exists\(\) and (?P=path) != false")


def spots_of(definitions: Definitions, start: Spot, expression: str) -> Iterator[Spot]:
    """Every spot that `expression` (alternatives joined by `|`), seen from `start`, can take values from."""
    for alternative in expression.split("|"):
        text = re.sub(r"\(([\w.]+) as (\w+)\)", r"\1.as(\2)", alternative.strip())
        truth = _EXISTS_AND_NOT_FALSE.fullmatch(text)
        if truth is not None:
            found = _walk(definitions, start, truth["path"])
            yield from (replace(spot, datatype="truth") for spot in found)
            continue
        yield from _walk(definitions, start, text)


def _walk(definitions: Definitions, start: Spot, text: str) -> list[Spot]:
    root = text.split(".")[0]
    if root in (start.element, "Resource", "DomainResource"):
        text = text[len(root) :]
    elif root[0].isupper():
        return []
    spots = [start]
    while text:
        step = _STEP.match(text)
        if step is None:
            raise ValueError(f"unknown step in search expression at {text!r}")
        text = text[step.end() :]
        spots = list(_take(definitions, spots, step))
    return spots


def _take(definitions: Definitions, spots: list[Spot], step: re.Match[str]) -> Iterator[Spot]:
    for spot in spots:
        if step["cast"]:
            # R4 writes `DateTime` in one composite where the datatype is `dateTime`.
            if spot.datatype.lower() == step["cast"].lower():
                yield spot
        elif step["only"]:
            yield replace(spot, only_type=step["only"])
        elif step["property"]:
            condition = f"{spot.steps[-1]}[{step['property']}={step['value']}]"
            yield replace(spot, steps=(*spot.steps[:-1], condition))
        else:
            index = f"[{step['index']}]" if step["index"] else ""
            for child in definitions.children(spot, step["name"]):
                yield replace(child, steps=(*spot.steps, child.steps[-1] + index))


# --- search parameters --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """A line of search_parameters.tsv."""

    type: str
    name: str
    kind: str
    targets: str
    paths: str
    components: str = ""
    single: bool = False
    slot: str = ""

    def line(self) -> str:
        head = (self.type, self.name, self.kind, self.slot, "yes" if self.single else "no")
        return "\t".join((*head, self.targets, self.paths, self.components))


class Deriver:
    """Turns SearchParameter resources into rows."""

    def __init__(self, definitions: Definitions, parameters: Iterable[Json]) -> None:
        self._definitions = definitions
        self._parameters = list(parameters)
        self._by_url = {parameter["url"]: parameter for parameter in self._parameters}

    def rows(self) -> list[Row]:
        rows = [self._row(parameter, base) for parameter in self._parameters for base in parameter["base"]]
        rows += [Row(type_, name, kind, "", paths, single=True) for type_, name, kind, paths in HELPERS]
        rows.sort(key=lambda row: (row.type, row.name))
        return list(_with_slots(rows))

    def _row(self, parameter: Json, base: str) -> Row:
        type_ = "*" if base in ("Resource", "DomainResource") else base
        name: str = parameter["code"]
        if name in NOT_FROM_ELEMENTS:
            return Row(type_, name, "special", "", NOT_FROM_ELEMENTS[name])
        kind: str = parameter["type"]
        start = Spot((), base, base)
        if kind == "composite":
            spots = list(spots_of(self._definitions, start, parameter["expression"]))
            components = self._components(parameter["component"], start, spots)
            return Row(type_, name, kind, "", _written(spots), components)
        spots = self._values(kind, start, parameter["expression"])
        if not spots:
            raise ValueError(f"{base} {name}: no element holds a value for this parameter")
        return Row(type_, name, kind, self._targets(parameter, spots), _written(spots), single=_single(spots))

    def _values(self, kind: str, start: Spot, expression: str) -> list[Spot]:
        spots = list(spots_of(self._definitions, start, expression))
        allowed = KIND_DATATYPES.get(kind)
        return spots if allowed is None else [spot for spot in spots if spot.datatype in allowed]

    def _components(self, components: list[Json], start: Spot, elements: list[Spot]) -> str:
        written: list[str] = []
        for component in components:
            part = self._by_url[component["definition"]]
            expression: str = component["expression"]
            expression = ERRATA.get((part["url"], expression), expression)
            if expression.startswith("%resource."):
                spots = self._values(part["type"], start, expression.removeprefix("%resource."))
                paths = [f"/{spot.written()}" for spot in spots]
            else:
                inside = [
                    spot
                    for element in elements
                    for spot in self._values(part["type"], replace(element, steps=()), expression)
                ]
                paths = [spot.written() for spot in inside]
            if not paths:
                raise ValueError(f"{start.element}: no element holds the part {part['code']}")
            written.append(f"{part['code']}={','.join(dict.fromkeys(paths))}")
        return " ".join(written)

    def _targets(self, parameter: Json, spots: list[Spot]) -> str:
        targets: list[str] = sorted(parameter.get("target", ()))
        if all(spot.only_type for spot in spots):
            targets = sorted({spot.only_type for spot in spots})
        if len(targets) > 100 or (parameter["type"] == "reference" and not targets):
            return "*"
        return ",".join(targets)


def _single(spots: list[Spot]) -> bool:
    """Whether a fact can have no more than one value: nothing repeats, alternatives exclude each other."""
    return len({spot.definition for spot in spots}) == 1 and not any(spot.repeats for spot in spots)


def _written(spots: Iterable[Spot]) -> str:
    return " ".join(dict.fromkeys(spot.written() for spot in spots))


def _with_slots(rows: Iterable[Row]) -> Iterator[Row]:
    taken: dict[str, int] = {}
    for row in rows:
        if row.kind not in RANGE_KINDS or row.name in COLUMNS:
            yield row
            continue
        slot = taken.get(row.type, 0)
        taken[row.type] = slot + 1
        if slot >= MAX_SLOTS:
            raise ValueError(f"{row.type} has more than {MAX_SLOTS} range parameters")
        yield replace(row, slot=str(slot))


def _happened(type_: str, dates: list[str]) -> str:
    if type_ in HAPPENED:
        unknown = set(filter(None, HAPPENED[type_].split(","))) - set(dates)
        if unknown:
            raise ValueError(f"{type_} has no date parameter {', '.join(sorted(unknown))}")
        return HAPPENED[type_]
    return ",".join(name for name in HAPPENED_ORDER if name in dates)


# --- files --------------------------------------------------------------------------------------------


def _resources(path: Path) -> list[Json]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [entry["resource"] for entry in json.load(file)["entry"]]


def _table(header: str, lines: Iterable[str]) -> str:
    return "\n".join([header, *lines]) + "\n"


def derive(folder: Path) -> dict[str, str]:
    """The pack files made from the definitions in `folder`: file name -> text."""
    structures = _resources(folder / "Bundle-types.json.gz") + _resources(folder / "Bundle-resources.json.gz")
    value_sets = (
        each for each in _resources(folder / "Bundle-valuesets.json.gz") if each["resourceType"] == "ValueSet"
    )
    definitions = Definitions(structures, value_sets)
    rows = Deriver(definitions, _resources(folder / "Bundle-searchParams.json.gz")).rows()
    with gzip.open(folder / "CompartmentDefinition-patient.json.gz", "rt", encoding="utf-8") as file:
        compartment: Json = json.load(file)
    return {
        "search_parameters.tsv": _table(
            "type\tparameter\tkind\tslot\tsingle\ttargets\tpaths\tcomponents", (row.line() for row in rows)
        ),
        "types.tsv": _table("type\tpartitioned\thappened", _type_lines(definitions.types, rows)),
        "compartment_patient.tsv": _table("type\tparameters", _compartment_lines(compartment)),
    }


def _type_lines(types: list[str], rows: list[Row]) -> Iterator[str]:
    for type_ in types:
        dates = [row.name for row in rows if row.type == type_ and row.kind == "date"]
        yield f"{type_}\t{'yes' if type_ in HIGH_VOLUME else 'no'}\t{_happened(type_, dates)}"


def _compartment_lines(compartment: Json) -> Iterator[str]:
    for resource in sorted(compartment["resource"], key=lambda resource: resource["code"]):
        names: list[str] = list(resource.get("param", ()))
        if resource["code"] == compartment["code"]:
            names.insert(0, "_id")
        if names:
            yield f"{resource['code']}\t{','.join(names)}"


def main() -> None:
    """Write the files into the pack."""
    root = Path(__file__).resolve().parent.parent
    data = Path(os.environ.get("KANGSHU_TESTDATA", root.parent / "shared" / "data"))
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--definitions", type=Path, default=data / "fhir_r4_definitions")
    arguments.add_argument("--pack", type=Path, default=root / "packs" / "standards" / "fhir_r4")
    chosen = arguments.parse_args()
    chosen.pack.mkdir(parents=True, exist_ok=True)
    for name, text in derive(chosen.definitions).items():
        (chosen.pack / name).write_text(text, encoding="utf-8")
        print(f"{name}: {text.count(chr(10)) - 1} rows")


if __name__ == "__main__":
    main()
