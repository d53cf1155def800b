"""Rules of the FHIR R4 base that hold for every resource and that `fhirkit-rs` does not look at.

Codes of required bindings (a status, a gender), empty objects, dates that no calendar has, extensions
with neither or both of value and extensions, and contained resources (dom-2, dom-4, ref-1).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, cast

from kangshu.kernel.base.errors import Problem

Json = dict[str, Any]

_EMPTY = re.compile(rb"\{\s*\}")
_NO_DAY = re.compile(rb"-(?:02-(?:29|3\d)|(?:0[469]|11)-31)")
"""What may be a date that no calendar has; `_is_no_day` then says whether it is one."""
_LOCAL = re.compile(rb'"reference"\s*:\s*"#([^"\\]+)"')

_DAY = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d))?)?)?")
_TEXTS = frozenset({"value", "display", "text", "div", "data", "valueString", "family", "reference", "url"})


@dataclass(slots=True)
class _Element:
    """What may stand in an element: members with a code of a required binding, and members that have such
    members below them. Others are not named."""

    codes: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    below: dict[str, _Element] = field(default_factory=dict[str, "_Element"])
    named: frozenset[str] = frozenset()


class RequiredCodes:
    """The codes that elements may have, by the type of resource."""

    def __init__(self, elements: Mapping[str, _Element]) -> None:
        self._elements = elements

    def broken(self, resource: Json, type_: str) -> list[Problem]:
        """A problem for each code that is none of those allowed."""
        element = self._elements.get(type_)
        return (
            [] if element is None or _is_sound(resource, element) else list(_broken(resource, element, type_))
        )


def _is_sound(value: Json, element: _Element) -> bool:
    """Whether every code is allowed: the quick look, which is all that most resources need."""
    codes = element.codes
    for name in element.named.intersection(value):
        item = value[name]
        if name in codes:
            if item.__class__ is str and item not in codes[name]:
                return False
        elif item.__class__ is dict:
            if not _is_sound(item, element.below[name]):
                return False
        elif item.__class__ is list:
            inner = element.below[name]
            for each in item:
                if each.__class__ is dict and not _is_sound(each, inner):
                    return False
    return True


def _broken(value: Json, element: _Element, place: str) -> Iterator[Problem]:
    for name, codes in element.codes.items():
        code = value.get(name)
        if isinstance(code, str) and code not in codes:
            message = "The code is not one of those allowed here."
            yield Problem("error", "code-invalid", f"{place}.{name}", message)
    for name, inner in element.below.items():
        item = value.get(name)
        if isinstance(item, dict):
            yield from _broken(cast(Json, item), inner, f"{place}.{name}")
        elif isinstance(item, list):
            for number, each in enumerate(cast("list[Any]", item)):
                if isinstance(each, dict):
                    yield from _broken(cast(Json, each), inner, f"{place}.{name}[{number}]")


def load_required_codes(pack: Path) -> RequiredCodes:
    """From `required_codes.tsv` and `elements.tsv` of the pack `standards/fhir_r4`."""
    elements: defaultdict[str, _Element] = defaultdict(_Element)
    for path, listed in _rows(pack / "required_codes.tsv"):
        owner, _, name = path.rpartition(".")
        elements[owner].codes[name] = frozenset(listed.split(" "))
    links = [
        (path, _inner(path, types)) for path, _, types in _rows(pack / "elements.tsv") if "|" not in types
    ]
    # A Reference may hold an Identifier with a use; there are too many references to look into each.
    links = [(path, inner) for path, inner in links if inner != "Reference"]
    leading = set(elements)
    while more := {path.rpartition(".")[0] for path, inner in links if inner in leading} - leading:
        leading |= more
    for path, inner in links:
        if inner in leading:
            owner, _, name = path.rpartition(".")
            elements[owner].below[name] = elements[inner]
    for element in elements.values():
        element.named = frozenset(element.codes.keys() | element.below.keys())
    return RequiredCodes(dict(elements))


def _inner(path: str, type_: str) -> str:
    return path if type_ in ("BackboneElement", "Element") else type_.removeprefix("#")


def broken_rules(body: bytes, resource: Json, required: RequiredCodes) -> list[Problem]:
    """Every rule that a resource breaks; `body` is its text, which says whether a closer look is due."""
    type_ = str(resource["resourceType"])
    found = required.broken(resource, type_)
    if "contained" in resource or (_HASH in body and b'"#' in body):
        found += _contained(body, resource, type_)
    if b'xtension"' in body or _EMPTY.search(body) or _NO_DAY.search(body) or b'"0000' in body:
        found += _walk(resource, type_)
    return found


_HASH = ord("#")
"""One byte is found ten times faster than two."""


def _rows(path: Path) -> Iterator[list[str]]:
    for line in path.read_text("utf-8").splitlines()[1:]:
        yield line.split("\t")


def _walk(value: Any, path: str) -> Iterator[Problem]:
    if isinstance(value, list):
        for number, item in enumerate(cast("list[Any]", value)):
            yield from _walk(item, f"{path}[{number}]")
    elif isinstance(value, dict):
        members = cast(Json, value)
        if not members:
            yield Problem(
                "error", "structure", path, "An empty object is not allowed; leave the element out."
            )
        for name, item in members.items():
            if name in ("extension", "modifierExtension") and isinstance(item, list):
                yield from _extensions(cast("list[Any]", item), f"{path}.{name}")
            if isinstance(item, str) and name not in _TEXTS and _is_no_day(item):
                yield Problem("error", "value", f"{path}.{name}", "No calendar has this date.")
            yield from _walk(item, f"{path}.{name}")


def _extensions(items: list[Any], path: str) -> Iterator[Problem]:
    for number, item in enumerate(items):
        if not isinstance(item, dict):
            continue
        members = cast(Json, item)
        has_value = any(name.startswith(("value", "_value")) for name in members)
        if has_value == ("extension" in members):
            yield Problem(
                "error",
                "invariant",
                f"{path}[{number}]",
                "An extension has either a value or extensions (ext-1).",
            )


def _contained(body: bytes, resource: Json, type_: str) -> Iterator[Problem]:
    contained: Any = resource.get("contained", [])
    items = [cast(Json, item) for item in contained if isinstance(item, dict)]
    ids = [item.get("id") for item in items]
    for number, item in enumerate(items):
        path = f"{type_}.contained[{number}]"
        meta: Any = item.get("meta")
        if "contained" in item:
            yield Problem("error", "invariant", path, "What is contained contains nothing itself (dom-2).")
        if isinstance(meta, dict) and not {"versionId", "lastUpdated"}.isdisjoint(cast(Json, meta)):
            yield Problem("error", "invariant", path, "What is contained has no version (dom-4).")
        if not item.get("id") or ids.index(item.get("id")) < number:
            yield Problem("error", "invariant", path, "What is contained needs an id of its own (dom-3).")
    if {id_.decode("utf-8", "replace") for id_ in _LOCAL.findall(body)} <= set(ids):
        return
    for place in _local_references(resource, type_):
        if place[1] not in ids:
            yield Problem("error", "invariant", place[0], "The reference leads to nothing contained (ref-1).")


def _local_references(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for number, item in enumerate(cast("list[Any]", value)):
            yield from _local_references(item, f"{path}[{number}]")
    elif isinstance(value, dict):
        members = cast(Json, value)
        reference = members.get("reference")
        if isinstance(reference, str) and reference.startswith("#") and len(reference) > 1:
            yield f"{path}.reference", reference[1:]
        for name, item in members.items():
            if name != "resource":  # an entry of a Bundle contains for itself
                yield from _local_references(item, f"{path}.{name}")


def _is_no_day(text: str) -> bool:
    found = _DAY.fullmatch(text)
    if found is None or (found[2] is None and found[1] != "0000"):
        return False
    try:
        date(int(found[1]), int(found[2] or 1), int(found[3] or 1))
    except ValueError:
        return True
    return False
