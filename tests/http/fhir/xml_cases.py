"""The official FHIR Patch cases, read from XML into the JSON they mean."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree

from kangshu.interfaces.web.fhir.elements import Elements

FHIR = "{http://hl7.org/fhir}"
NUMBERS = {"decimal", "integer", "unsignedInt", "positiveInt"}


@dataclass(frozen=True)
class Case:
    name: str
    before: dict[str, Any]
    patch: dict[str, Any]
    after: dict[str, Any] | None


def read_cases(path: Path, elements: Elements) -> list[Case]:
    root = etree.fromstring(path.read_bytes(), etree.XMLParser(resolve_entities=False, no_network=True))
    return [_case(node, elements) for node in root.findall("case")]


def _case(node: Any, elements: Elements) -> Case:
    output = node.find("output")
    return Case(
        node.get("name"),
        _resource(node.find("input")[0], elements),
        _resource(node.find("diff")[0], elements),
        None if output is None else _resource(output[0], elements),
    )


def _resource(node: Any, elements: Elements) -> dict[str, Any]:
    kind = etree.QName(node).localname
    return {"resourceType": kind, **_members(node, kind, elements)}


def _members(node: Any, path: str, elements: Elements) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for child in node:
        if not isinstance(child.tag, str):
            continue
        name = etree.QName(child).localname
        if name == "div":
            found[name] = etree.tostring(child, encoding="unicode").strip()
            continue
        _put(found, name, child, path, elements)
    return found


def _put(found: dict[str, Any], name: str, child: Any, path: str, elements: Elements) -> None:
    element = elements.child(path, name)
    repeats = name == "extension" or (element is not None and element.repeats)
    below = "Extension" if name == "extension" else elements.path_below(path, name) or f"{path}.{name}"
    inner = _members(child, below, elements)
    if child.get("url"):
        inner = {"url": child.get("url"), **inner}
    if child.get("value") is None:
        if repeats:
            found.setdefault(name, []).append(inner)
        else:
            found[name] = inner
        return
    value = _primitive(child.get("value"), name, element)
    if repeats:
        found.setdefault(name, []).append(value)
    else:
        found[name] = value
        if inner:
            found["_" + name] = inner


def _primitive(text: str, name: str, element: Any) -> Any:
    types = set(element.types) if element else set()
    if element is not None and element.path.endswith("[x]"):
        chosen = name[len(element.path.rpartition(".")[2]) - 3 :]
        types = {chosen[0].lower() + chosen[1:]}
    if types == {"boolean"}:
        return text == "true"
    return int(text) if types & NUMBERS else text
