"""Derive `packs/standards/fhir_r4/elements.tsv` from the FHIR R4 definitions (CC0).

    python tools/derive_fhir_elements.py DEFINITIONS packs/standards/fhir_r4/elements.tsv

DEFINITIONS is the folder of the definitions, `../shared/data/fhir_r4_definitions` for the tests.

One row per element of every resource and data type: `path`, `flags` (`*` repeats, `s` in the
summary, `r` required, `m` modifier, `-` none of these), `types` (joined by `|`; `#path` where the
element has the content of another one). The elements every resource has are left out.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SHARED = {
    "id", "meta", "implicitRules", "language", "text", "contained", "extension", "modifierExtension",
}  # fmt: skip
BUNDLES = ("Bundle-types.json.gz", "Bundle-resources.json.gz")


def definitions(folder: Path) -> Iterator[dict[str, Any]]:
    for name in BUNDLES:
        with gzip.open(folder / name, "rt", encoding="utf-8") as stream:
            bundle = json.load(stream)
        for entry in bundle["entry"]:
            resource = entry["resource"]
            if (
                resource["resourceType"] != "StructureDefinition"
                or resource.get("derivation") == "constraint"
            ):
                continue
            if resource["kind"] in ("resource", "complex-type") and not resource["abstract"]:
                yield resource


def type_name(code: str) -> str:
    """`http://hl7.org/fhirpath/System.String` is how the definitions write `string` of a primitive."""
    return code.rpartition("/System.")[2].lower() if "System." in code else code


def row(element: dict[str, Any]) -> tuple[str, str, str]:
    flags = "".join(
        (
            "*" if element["max"] != "1" else "",
            "s" if element.get("isSummary") else "",
            "r" if element["min"] > 0 else "",
            "m" if element.get("isModifier") else "",
        )
    )
    if "contentReference" in element:
        types = element["contentReference"]
    else:
        types = "|".join(type_name(kind["code"]) for kind in element.get("type", []))
    return element["path"], flags or "-", types


def rows(folder: Path) -> list[tuple[str, str, str]]:
    found: dict[str, tuple[str, str, str]] = {}
    for definition in definitions(folder):
        for element in definition["snapshot"]["element"][1:]:
            if element["path"].rpartition(".")[2] not in SHARED:
                found[element["path"]] = row(element)
    return sorted(found.values())


def main(folder: str, target: str) -> None:
    lines = ["path\tflags\ttypes", *("\t".join(line) for line in rows(Path(folder)))]
    Path(target).write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
