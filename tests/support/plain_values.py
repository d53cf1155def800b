"""What stands in a resource, found with nothing but Python: independent of Kangshu on purpose."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.world import Resource

LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"
UCUM = "http://unitsofmeasure.org"
TAG = "https://smarthealthit.org/tags"


def every(value: Any, *steps: str) -> list[Any]:
    """All values at the end of a path; lists are entered."""
    values = value if isinstance(value, list) else [value]
    for step in steps:
        below = [each[step] for each in values if isinstance(each, dict) and step in each]
        values = [one for each in below for one in (each if isinstance(each, list) else [each])]
    return values


def one(value: Any, *steps: str) -> Any:
    return next(iter(every(value, *steps)), None)


def coded(value: Any, system: str | None, code: str | None, *steps: str) -> bool:
    """Whether a concept at the path has a coding with this system and code (None: any)."""
    return any(
        (system is None or coding.get("system") == system) and (code is None or coding.get("code") == code)
        for coding in every(value, *steps, "coding")
    )


def span(text: str) -> tuple[float, float]:
    """From when to when a date lasts, in seconds; what names no zone is UTC."""
    if len(text) <= 10:
        parts = [int(part) for part in text.split("-")]
        start = datetime(parts[0], *[*parts[1:], 1, 1][:2], tzinfo=UTC)
        if len(parts) == 3:
            end = start + timedelta(days=1)
        elif len(parts) == 2:
            end = (start + timedelta(days=32)).replace(day=1)
        else:
            end = start.replace(year=start.year + 1)
        return start.timestamp(), end.timestamp()
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    tail = text.partition("T")[2].rstrip("Z")
    seconds = 60.0 if tail.split("+")[0].split("-")[0].count(":") == 1 else 0.001 if "." in tail else 1.0
    return moment.timestamp(), moment.timestamp() + seconds


def period(value: Any) -> tuple[float, float]:
    start = span(value["start"])[0] if "start" in value else float("-inf")
    end = span(value["end"])[1] if "end" in value else float("inf")
    return start, end


def within(stored: tuple[float, float], asked: str) -> bool:
    low, high = span(asked)
    return low <= stored[0] and stored[1] <= high


def spans(resource: Resource, name: str) -> list[tuple[float, float]]:
    """The stretches of a choice element such as effective[x]."""
    found = [span(text) for text in every(resource, f"{name}DateTime")]
    return found + [period(each) for each in every(resource, f"{name}Period")]


def plain(text: str) -> str:
    folded = unicodedata.normalize("NFD", text)
    return "".join(c for c in folded if unicodedata.category(c) != "Mn").lower()


def names(resource: Resource) -> list[str]:
    """Every part of every name."""
    return [
        part
        for name in every(resource, "name")
        for key in ("family", "given", "prefix", "suffix", "text")
        for part in every(name, key)
    ]


def tagged(system: str | None, code: str) -> Callable[[Resource], bool]:
    return lambda r: any(
        tag.get("code") == code and (system is None or tag.get("system") == system)
        for tag in every(r, "meta", "tag")
    )


def subject(resource: Resource) -> str | None:
    return one(resource, "subject", "reference") or one(resource, "patient", "reference")


def quantity(resource: Resource) -> float | None:
    return one(resource, "valueQuantity", "value")


def measured(code: str, test: Callable[[float], bool], unit: str | None = None) -> Callable[[Resource], bool]:
    def condition(r: Resource) -> bool:
        value = quantity(r)
        if value is None or not coded(r, LOINC, code, "code"):
            return False
        return test(value) and unit in (None, one(r, "valueQuantity", "code"))

    return condition
