"""Where a value goes: `name[]` appends, `contact[nk].name` goes into the entry with that label.

`contact[nk?].gender` goes there only if something is there already: what says something of another
value is nothing by itself.

A path is compiled once into a function. Labels are kept beside the body, never in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

from kangshu.domains.intake.hl7v2.run import Body
from kangshu.kernel.base.errors import Invalid

Put = Callable[[Body, dict[str, Body], Any], None]

_COMPARED = 200
"""Entries of a list among which none stands twice; of more it would take too long to tell."""
_DICT = msgspec.json.Decoder(dict[str, Any])
_STEP = re.compile(r"(\*|[A-Za-z_][A-Za-z0-9_]*)(?:\[(\w*\??)\])?")


def is_list(target: str) -> bool:
    """Whether each repetition of a field is wanted: the path appends somewhere."""
    return "[]" in target


def put_at(target: str) -> Put:
    """The function that puts a value at a path. `*`, at its end, merges an object into what is there."""
    steps: list[tuple[str, str | None]] = []
    for written in target.split("."):
        match = _STEP.fullmatch(written)
        if match is None:
            raise Invalid(f"{target} is not a path: a.b, a[].b or a[label].b.")
        steps.append((match[1], match[2]))
    return _compile(steps, "")


def _merge(body: Body, _labels: dict[str, Body], value: Any) -> None:
    made: Body = _DICT.decode(value) if isinstance(value, msgspec.Raw) else value
    for name, each in made.items():
        body.setdefault(name, each)


def _compile(steps: list[tuple[str, str | None]], path: str) -> Put:
    (name, label), *rest = steps
    if not rest:
        return _merge if name == "*" else _leaf(name, label)
    inner = _compile(rest, f"{path}{name}[{label}].")
    if label is None:
        return _into(name, inner)
    if label == "":
        return _into_new(name, inner)
    if label.endswith("?"):
        return _into_existing(f"{path}{name}[{label[:-1]}]", inner)
    return _into_labelled(name, f"{path}{name}[{label}]", inner)


def _into(name: str, inner: Put) -> Put:
    def put(body: Body, labels: dict[str, Body], value: Any) -> None:
        child: Body | msgspec.Raw | None = body.get(name)
        if child is None:
            child = body[name] = {}
        elif isinstance(child, msgspec.Raw):
            # Made before, and kept as JSON so that nobody changes it: here is a copy to add to.
            child = body[name] = _DICT.decode(child)
        inner(child, labels, value)

    return put


def _into_new(name: str, inner: Put) -> Put:
    def put(body: Body, labels: dict[str, Body], value: Any) -> None:
        child: Body = {}
        body.setdefault(name, []).append(child)
        inner(child, labels, value)

    return put


def _into_existing(key: str, inner: Put) -> Put:
    def put(body: Body, labels: dict[str, Body], value: Any) -> None:  # noqa: ARG001
        child = labels.get(key)
        if child is not None:
            inner(child, labels, value)

    return put


def _into_labelled(name: str, key: str, inner: Put) -> Put:
    def put(body: Body, labels: dict[str, Body], value: Any) -> None:
        child = labels.get(key)
        if child is None:
            child = labels[key] = {}
            body.setdefault(name, []).append(child)
        inner(child, labels, value)

    return put


def _leaf(name: str, label: str | None) -> Put:
    if label is None:

        def put(body: Body, _labels: dict[str, Body], value: Any) -> None:
            if body.get(name) is None:
                body[name] = value

        return put

    def append(body: Body, _labels: dict[str, Body], value: Any) -> None:
        values: list[Any] | None = body.get(name)
        if values is None:
            values = body[name] = []
        if len(values) >= _COMPARED or value not in values:
            values.append(value)

    return append
