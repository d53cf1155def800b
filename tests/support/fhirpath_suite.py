"""The official tests of FHIRPath, each run as a view with one column."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from lxml import etree

from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.views.elements import Elements, kind_of

FHIR = "{http://hl7.org/fhir}"


@dataclass(frozen=True)
class Case:
    """One test: what is asked, of which resource, and what is expected; `invalid` where an error is."""

    group: str
    name: str
    expression: str
    input: str
    expected: tuple[tuple[str, str], ...]
    invalid: bool


def cases(folder: Path) -> Iterator[Case]:
    """All tests in their order."""
    tree = etree.parse(folder / "tests-fhir-r4.xml")
    for group in tree.getroot().iter("group"):
        for test in group.iter("test"):
            asked = test.find("expression")
            outputs = tuple((each.get("type") or "", each.text or "") for each in test.iter("output"))
            invalid = bool(asked.get("invalid") or test.get("invalid"))
            yield Case(
                group.get("name") or "",
                test.get("name") or "",
                (asked.text or "").strip(),
                test.get("inputfile") or "patient-example.xml",
                outputs,
                invalid,
            )


def resource(path: Path, elements: Elements) -> str:
    """A resource of the suite as JSON, from XML too."""
    if path.suffix == ".json":
        return path.read_text("utf-8")
    return json.dumps(_object(etree.parse(path).getroot(), None, elements), default=_number)


def _number(value: Any) -> Any:
    assert isinstance(value, Decimal)
    return float(value)


def _object(node: Any, type_name: str | None, elements: Elements) -> dict[str, Any]:
    made: dict[str, Any] = {"id": node.get("id")} if node.get("id") else {}
    if node.get("url"):
        made["url"] = node.get("url")
    if type_name is None:
        type_name = str(node.tag).removeprefix(FHIR)
        made["resourceType"] = type_name
    for child in node:
        if not isinstance(child.tag, str) or not child.tag.startswith(FHIR):
            continue
        name = child.tag.removeprefix(FHIR)
        value_type, many = _type(name, type_name, elements)
        if value_type == "Resource":
            value: Any = _object(child[0], None, elements)
        elif kind_of(value_type) == "complex":
            value = _object(child, value_type, elements)
        else:
            value = _primitive(child.get("value"), kind_of(value_type))
            beside = _object(child, "Element", elements)
            if beside:
                made[f"_{name}"] = [*made.get(f"_{name}", []), beside] if many else beside
        made[name] = [*made.get(name, []), value] if many else value
    return made


def _type(name: str, of: str, elements: Elements) -> tuple[str, bool]:
    element = elements.child(of, name)
    if element is not None:
        return elements.types_of(element)[0], element.many
    for cut in range(len(name) - 1, 0, -1):
        element = elements.child(of, name[:cut])
        if element is not None and element.choice:
            for shown, value_type in zip(element.types, elements.types_of(element), strict=True):
                if element.member(shown) == name:
                    return value_type, False
    raise AssertionError(f"{of} has no {name}")


def _primitive(text: str | None, kind: str) -> Any:
    if text is None or kind not in ("boolean", "integer", "decimal"):
        return text
    return text == "true" if kind == "boolean" else int(text) if kind == "integer" else Decimal(text)


def as_output(value: Any, type_name: str) -> str:
    """A value as the suite writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal | int):
        return f"{Decimal(str(value)).normalize():f}"
    return str(value).removeprefix("@T").removeprefix("@")


def refusal(error: Invalid) -> str:
    """What was refused, in few words."""
    return error.problems[0].message if error.problems else error.message
