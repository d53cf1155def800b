"""A code system larger than one fact may be: stored in parts, read as one.

A part is a CodeSystem of its own, a fragment, and says which part of what it is. The first part is stored
last and has the id of the whole; it says how many there are, and a seal of everything. A part with another
seal is one of an earlier import: it is left out, and what is read is then a fragment, until it is imported
again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson

from kangshu.kernel.base.garbage import uncollected
from kangshu.kernel.codes.code_system import CodeSystem, parse_code_system
from kangshu.kernel.codes.coding import Json, objects_of, text_of, value_of
from kangshu.kernel.codes.library import Deferred

PART = "urn:kangshu:extension:part"
"""On a CodeSystem: `number` and `of`, the `seal` of the whole, and its `content`."""

MOST_BYTES = 12 << 20
"""Of the concepts in one part."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part as stored."""

    url: str
    version: str
    value_set: str
    number: int
    of: int
    seal: str
    content: str
    body: bytes


def split(resource: Mapping[str, Any], most: int = MOST_BYTES) -> list[dict[str, Any]]:
    """The resource, or its parts in the order in which they are to be stored."""
    written = [orjson.dumps(each) for each in resource["concept"]]
    if sum(map(len, written)) <= most:
        return [dict(resource)]
    slices = list(_slices(list(map(len, written)), most))
    seal = hashlib.sha256(b"\n".join([str(resource["version"]).encode(), *written])).hexdigest()[:16]
    parts = [
        _part(resource, number, len(slices), seal, slice(start, end))
        for number, (start, end) in enumerate(slices, 1)
    ]
    return [*parts[1:], parts[0]]


def _slices(sizes: list[int], most: int) -> Iterable[tuple[int, int]]:
    start, size = 0, 0
    for number, each in enumerate(sizes):
        if size and size + each > most:
            yield start, number
            start, size = number, 0
        size += each
    yield start, len(sizes)


def _part(resource: Mapping[str, Any], number: int, of: int, seal: str, which: slice) -> dict[str, Any]:
    concepts = resource["concept"][which]
    said = [
        {"url": "number", "valueInteger": number},
        {"url": "of", "valueInteger": of},
        {"url": "seal", "valueString": seal},
        {"url": "content", "valueCode": resource["content"]},
    ]
    return {
        **resource,
        "id": resource["id"] if number == 1 else f"{resource['id']}-part-{number}",
        "extension": [{"url": PART, "extension": said}],
        "title": f"{resource['title']} ({number}/{of})",
        "content": "fragment",
        "count": len(resource["concept"]),
        "concept": concepts,
    }


def part_of(resource: Json, body: bytes) -> Part | None:
    """What a CodeSystem says of itself as a part, None if it is none."""
    for extension in objects_of(resource, "extension"):
        if extension.get("url") == PART:
            said = {text_of(each, "url"): value_of(each)[1] for each in objects_of(extension, "extension")}
            return Part(
                url=text_of(resource, "url"),
                version=text_of(resource, "version"),
                value_set=text_of(resource, "valueSet"),
                number=int(said.get("number", 0)),
                of=int(said.get("of", 0)),
                seal=str(said.get("seal", "")),
                content=str(said.get("content", "complete")),
                body=body,
            )
    return None


def joined(parts: Iterable[Part]) -> list[Deferred]:
    """The code systems the parts make, by URL. Parts without a first one make none."""
    by_url: dict[str, dict[int, Part]] = {}
    for each in parts:
        by_url.setdefault(each.url, {})[each.number] = each
    return [_joined(found) for found in by_url.values() if 1 in found]


def _joined(found: Mapping[int, Part]) -> Deferred:
    first = found[1]
    chosen = [
        found[number]
        for number in range(1, first.of + 1)
        if number in found and found[number].seal == first.seal
    ]
    content = first.content if len(chosen) == first.of else "fragment"
    load = partial(_load, tuple(each.body for each in chosen), content)
    return Deferred(first.url, first.version, content, first.value_set, load)


def _load(bodies: tuple[bytes, ...], content: str) -> CodeSystem:
    with uncollected():
        resources = [orjson.loads(each) for each in bodies]
        concepts = [concept for each in resources for concept in each["concept"]]
        title = str(resources[0]["title"]).rpartition(" (")[0]
        return parse_code_system({**resources[0], "title": title, "content": content, "concept": concepts})
