"""Derive `packs/standards/fhir_r4/required_codes.tsv` from the FHIR R4 definitions (CC0).

    python tools/derive_required_codes.py DEFINITIONS packs/standards/fhir_r4/required_codes.tsv

DEFINITIONS is the folder of the definitions, `../shared/data/fhir_r4_definitions` for the tests.

One row per element of type `code` whose binding is required and whose value set lists its codes in the
definitions themselves: `path`, `codes` (separated by blanks). Left out are value sets of other bodies
(media types, languages, currencies), which no list in FHIR is complete for.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

Json = dict[str, Any]

LISTS = ("Bundle-valuesets.json.gz", "Bundle-v3-valuesets.json.gz", "Bundle-v2-valuesets.json.gz")
FHIR = ("http://hl7.org/fhir/", "http://terminology.hl7.org/")


def definitions(folder: Path) -> Iterator[Json]:
    """Of every resource and data type."""
    for resource in resources(folder, ("Bundle-types.json.gz", "Bundle-resources.json.gz")):
        is_base = resource["resourceType"] == "StructureDefinition"
        is_base = is_base and resource.get("derivation") != "constraint" and not resource["abstract"]
        if is_base and resource["kind"] in ("resource", "complex-type"):
            yield resource


def resources(folder: Path, bundles: tuple[str, ...]) -> Iterator[Json]:
    for name in bundles:
        with gzip.open(folder / name, "rt", encoding="utf-8") as stream:
            for entry in json.load(stream)["entry"]:
                yield entry["resource"]


def codes_of(concepts: list[Json]) -> Iterator[str]:
    for concept in concepts:
        yield concept["code"]
        yield from codes_of(concept.get("concept", []))


def codes_of_set(value_set: Json, systems: Mapping[str, Json], sets: Mapping[str, Json]) -> set[str] | None:
    """Every code of a value set; None where the definitions do not list them."""
    compose = value_set.get("compose", {})
    if compose.get("exclude"):
        return None
    found: set[str] = set()
    for include in compose.get("include", []):
        part = codes_of_include(include, systems, sets)
        if part is None:
            return None
        found |= part
    return found or None


def codes_of_include(include: Json, systems: Mapping[str, Json], sets: Mapping[str, Json]) -> set[str] | None:
    if include.get("filter"):
        return None
    if "system" not in include:
        parts = [
            codes_of_set(sets[url], systems, sets) if url in sets else None for url in include["valueSet"]
        ]
        return None if None in parts else set[str]().union(*(part for part in parts if part))
    if not include["system"].startswith(FHIR):
        return None
    if "concept" in include:
        return {concept["code"] for concept in include["concept"]}
    system = systems.get(include["system"])
    if system is None or system.get("content") != "complete":
        return None
    return set(codes_of(system.get("concept", [])))


def rows(folder: Path) -> list[tuple[str, str]]:
    found = list(resources(folder, LISTS))
    systems = {each["url"]: each for each in found if each["resourceType"] == "CodeSystem"}
    sets = {each["url"]: each for each in found if each["resourceType"] == "ValueSet"}
    lines: dict[str, str] = {}
    for definition in definitions(folder):
        for element in definition["snapshot"]["element"][1:]:
            binding = element.get("binding", {})
            kinds = [kind["code"] for kind in element.get("type", [])]
            value_set = sets.get(binding.get("valueSet", "").partition("|")[0])
            if kinds != ["code"] or binding.get("strength") != "required" or value_set is None:
                continue
            codes = codes_of_set(value_set, systems, sets)
            if codes:
                lines[element["path"]] = " ".join(sorted(codes))
    return sorted(lines.items())


def main(folder: str, target: str) -> None:
    lines = ["path\tcodes", *("\t".join(line) for line in rows(Path(folder)))]
    Path(target).write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
