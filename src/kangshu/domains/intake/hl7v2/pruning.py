"""What is left of a resource without those that were set aside."""

from __future__ import annotations

from collections.abc import Set
from typing import Any, cast

from kangshu.domains.intake.hl7v2.run import Body


def has(body: Body, element: str) -> bool:
    """Whether one of `a|b` is there; `a.b` inside."""
    for each in element.split("|"):
        value: Any = body
        for name in each.split("."):
            value = cast(Body, value).get(name) if isinstance(value, dict) else None
        if value not in (None, [], {}, ""):
            return True
    return False


def _is_about(value: Any, refs: Set[int]) -> bool:
    """Whether an entry of a list says something of one of them: without it the rest says nothing."""
    return isinstance(value, dict) and any(id(each) in refs for each in cast(Body, value).values())


def prune(value: Any, refs: Set[int]) -> bool:
    """Take references out (by their identity), and what is empty without them; whether nothing is left."""
    if isinstance(value, dict):
        if id(cast(Body, value)) in refs:
            return True
        body = cast(Body, value)
        for name in [name for name, each in body.items() if prune(each, refs)]:
            del body[name]
        return not body
    if isinstance(value, list):
        values = cast(list[Any], value)
        values[:] = [each for each in values if not _is_about(each, refs) and not prune(each, refs)]
        return not values
    return False
