"""A FHIR resource in the making: what is put into it, asked of it and taken out of it."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from kangshu.domains.intake.cda.context import Json, Typed
from kangshu.domains.intake.cda.definition import Step


def written(body: Json) -> bytes:
    """The JSON of a resource; numbers as they came."""
    return msgspec.json.encode(body)


def digest(body: Json) -> str:
    """What two resources have in common that say the same, whatever their ids."""
    return hashlib.sha256(written({name: value for name, value in body.items() if name != "id"})).hexdigest()


def has(body: Json, name: str) -> bool:
    """Whether the element is there; `value[x]` whatever its type."""
    if name.endswith("[x]"):
        return any(key.startswith(name[:-3]) for key in body)
    return name in body


def put(body: Json, path: tuple[Step, ...], value: Typed) -> None:
    """Put a value at a path of the tables; what is there already stays, a list takes what it has not."""
    suffix, content = value
    for name, mode in path[:-1]:
        body = _down(body, name, mode)
    name, mode = path[-1]
    if mode == "[x]":
        if not any(key.startswith(name) and key[len(name) : len(name) + 1].isupper() for key in body):
            body[name + suffix] = content
    elif mode == "[]":
        held = body.setdefault(name, [])
        if content not in held:
            held.append(content)
    elif mode:
        held = body.setdefault(name, [])
        if not held:
            held.append(content)
    else:
        body.setdefault(name, content)


def _down(body: Json, name: str, mode: str) -> Json:
    if not mode:
        return body.setdefault(name, {})
    held = body.setdefault(name, [])
    if not held or mode == "[]":
        held.append({})
    return held[-1 if mode == "[]" else 0]


def completed(first: Json, second: Json) -> Json:
    """What is said at one place, with what is only said at another."""
    return {**second, **first}


def prune(body: Json, path: str) -> bool:
    """Take out the element a problem names; whether it was there. The resource's own properties stay."""
    steps: list[str | int] = []
    for part in path.split(".")[1:]:
        name, _, number = part.partition("[")
        steps.append(name)
        if number.rstrip("]").isdigit():
            steps.append(int(number.rstrip("]")))
    place: Any = body
    trail: list[tuple[Any, str | int]] = []
    for step in steps:
        try:
            following = place[step]
        except (KeyError, IndexError, TypeError):
            break
        trail.append((place, step))
        place = following
    return _cut(trail)


def _cut(trail: list[tuple[Any, str | int]]) -> bool:
    """Remove the last of the trail, and what becomes empty by that."""
    if not trail:
        return False
    for holder, step in reversed(trail):
        if step in ("resourceType", "id") and holder is trail[0][0]:
            return False
        del holder[step]
        if holder:
            return True
    return True
