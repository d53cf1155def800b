"""Versions of code systems and value sets: which one is meant, and which is the latest."""

from __future__ import annotations

import re
from collections.abc import Iterable

_PARTS = re.compile(r"\d+|[^\d.]+")
_WILD = frozenset("xX*")


def is_pattern(version: str) -> bool:
    """Whether the version leaves parts open (`1.0.x`)."""
    return any(part in _WILD for part in version.split("."))


def matches(asked: str, version: str) -> bool:
    """Whether a version is the one asked for: equal, or equal in all parts that are not left open."""
    if asked == version:
        return True
    if not is_pattern(asked):
        return False
    wanted, given = asked.split("."), version.split(".")
    if len(given) < len(wanted):
        return False
    return all(part in _WILD or part == have for part, have in zip(wanted, given, strict=False))


def latest(versions: Iterable[str]) -> str | None:
    """The highest version, numbers compared as numbers; None if there is none."""
    return max(versions, key=order, default=None)


def order(version: str) -> tuple[tuple[int, int, str], ...]:
    """A key that sorts versions: `1.10` after `1.9`, a text after numbers, dates as they are."""
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in _PARTS.findall(version))
