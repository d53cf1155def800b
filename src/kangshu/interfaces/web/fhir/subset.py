"""Parts of a resource: `_summary` and `_elements`.

https://hl7.org/fhir/R4/search.html#summary
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, cast

import orjson

from kangshu.interfaces.web.fhir.call import Call
from kangshu.interfaces.web.fhir.elements import COMMON, Elements
from kangshu.interfaces.web.fhir.json_text import parse_object, write
from kangshu.interfaces.web.fhir.representation import SUBSETTED
from kangshu.kernel.base.errors import Invalid

Json = dict[str, Any]

SUMMARIES = ("true", "text", "data", "count", "false")

_TAG = orjson.loads(SUBSETTED)


@dataclass(frozen=True, slots=True)
class Subset:
    """Takes the part of a resource that was asked for, and tags it as a part."""

    choose: Callable[[str, Json], Json]

    def apply(self, type: str, body: bytes) -> bytes:
        chosen = self.choose(type, parse_object(body))
        meta = cast(Json, dict(chosen.get("meta", {})))
        meta["tag"] = [*meta.get("tag", ()), _TAG]
        rest = {key: value for key, value in chosen.items() if key not in COMMON}
        start = {key: value for key, value in chosen.items() if key in ("resourceType", "id")}
        common = {key: value for key, value in chosen.items() if key in COMMON}
        return write({**start, "meta": meta, **{k: v for k, v in common.items() if k != "meta"}, **rest})


def parse_subset(call: Call, elements: Elements) -> Subset | None:
    """The part asked for; None for the whole. `_elements` comes before `_summary`."""
    names = [name.rpartition(".")[2] if name[:1].isupper() else name for name in call.values("_elements")]
    summary = call.param("_summary")
    if summary and summary not in SUMMARIES:
        raise Invalid("_summary is not one of " + ", ".join(SUMMARIES) + ".", code="value")
    if names:
        wanted = frozenset(names)
        return Subset(lambda type, body: _chosen(elements, type, body, wanted))
    if summary == "true":
        return Subset(lambda type, body: _summary(elements, type, body))
    if summary == "text":
        return Subset(lambda type, body: _chosen(elements, type, body, frozenset(("text",))))
    if summary == "data":
        return Subset(lambda _, body: {key: value for key, value in body.items() if key != "text"})
    return None


def choose_elements(elements: Elements, type: str, body: bytes, names: Iterable[str]) -> bytes:
    """The elements named, with what cannot be left out."""
    wanted = frozenset(names)
    return Subset(lambda type, body: _chosen(elements, type, body, wanted)).apply(type, body)


def _chosen(elements: Elements, type: str, body: Json, wanted: frozenset[str]) -> Json:
    """The elements named, and those a receiver must not be without: mandatory ones and modifiers."""
    return {key: value for key, value in body.items() if _stays(elements, type, key.lstrip("_"), wanted)}


def _stays(elements: Elements, type: str, name: str, wanted: frozenset[str]) -> bool:
    if name in ("resourceType", "id", "meta", "implicitRules", "modifierExtension") or name in wanted:
        return True
    element = elements.child(type, name)
    if element is None:
        return False
    bare = element.path.rpartition(".")[2].removesuffix("[x]")
    return bare in wanted or element.required or element.modifier


def _summary(elements: Elements, path: str, body: Json) -> Json:
    found: Json = {}
    for key, value in body.items():
        name = key.lstrip("_")
        element = elements.child(path, name)
        if name in COMMON or name in ("url", "modifierExtension"):
            found[key] = value
        elif element is not None and (element.summary or element.required):
            found[key] = _summary_below(elements, elements.path_below(path, name), value)
    return found


def _summary_below(elements: Elements, path: str, value: Any) -> Any:
    if not path or "." not in path:
        # A data type is given whole: its parts mean little one by one.
        return value
    if isinstance(value, list):
        return [_summary_below(elements, path, item) for item in cast("list[Any]", value)]
    return _summary(elements, path, cast(Json, value)) if isinstance(value, dict) else value
