"""Where local codes must lead: the standard per type and element, from a pack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from kangshu.kernel.base.errors import Invalid, Problem
from kangshu.kernel.base.toml import parse_toml

_TEXTS = ("type", "element", "search", "system")


@dataclass(frozen=True, slots=True)
class Target:
    """An element (a property of the type, of type CodeableConcept) and the standard its codes must lead to.

    search  the search parameter that finds facts by it; `also` standards that are as good
    """

    type: str
    element: str
    search: str
    system: str
    also: tuple[str, ...] = ()


Targets = Mapping[str, tuple[Target, ...]]
"""By type."""


def parse_targets(text: str, where: str) -> Targets:
    """Targets from TOML. Raises `Invalid` with a problem for each key that is wrong or missing."""
    data = parse_toml(text, where)
    problems = [Problem.at(key, "This is not a key of targets.") for key in data if key != "target"]
    raw: Any = data.get("target", [])
    found: dict[str, tuple[Target, ...]] = {}
    for number, each in enumerate(cast("list[Any]", raw) if isinstance(raw, list) else []):
        item = cast("dict[str, Any]", each) if isinstance(each, dict) else {}
        wrong = _problems(item, f"target[{number}]")
        problems += wrong
        if not wrong:
            texts = {name: str(item[name]) for name in _TEXTS}
            target = Target(**texts, also=tuple(item.get("also", ())))
            found[target.type] = (*found.get(target.type, ()), target)
    if problems:
        listed = "; ".join(f"{each.path}: {each.message}" for each in problems)
        raise Invalid(f"{where}: {listed}", problems=tuple(problems))
    return found


def _problems(item: Mapping[str, Any], at: str) -> list[Problem]:
    found = [Problem.at(f"{at}.{key}", "This is not a key.") for key in item if key not in (*_TEXTS, "also")]
    found += [
        Problem.at(f"{at}.{name}", "This must be a text.")
        for name in _TEXTS
        if not isinstance(item.get(name), str) or not item[name]
    ]
    also: Any = item.get("also", [])
    if not isinstance(also, list) or not all(isinstance(each, str) for each in cast("list[Any]", also)):
        found.append(Problem.at(f"{at}.also", "This must be a list of texts."))
    return found
