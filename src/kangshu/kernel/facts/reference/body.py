"""What stands in the body of a fact, by the jsonpaths that the PostgreSQL store uses."""

from __future__ import annotations

import json
import re
from typing import Any, cast

from kangshu.kernel.facts.definition import Fact

Json = dict[str, Any]

_STEP = re.compile(r'\."(?P<name>\w+)"\[(?P<at>\*|\d+)\](?: \? \(@\."(?P<key>\w+)" == "(?P<value>[^"]+)"\))?')


def document(fact: Fact) -> Json:
    """The body, parsed."""
    return json.loads(fact.body)


def narrative(fact: Fact) -> str:
    """Its text for people, as XHTML."""
    return "".join(
        text for text in values_at(document(fact), '$."text"[*]."div"[*]') if isinstance(text, str)
    )


def values_at(body: Any, path: str) -> list[Any]:
    """What a jsonpath of the form `ValuePath.json_path` writes chooses."""
    values: list[Any] = [body]
    for step in _STEP.finditer(path):
        values = [value for parent in values for value in _below(parent, step)]
    return values


def _below(parent: Any, step: re.Match[str]) -> list[Any]:
    if not isinstance(parent, dict) or step["name"] not in parent:
        return []
    values = _listed(cast(Json, parent)[step["name"]])
    if step["at"] != "*":
        number = int(step["at"])
        values = values[number : number + 1]
    if step["key"]:
        objects = [cast(Json, value) for value in values if isinstance(value, dict)]
        values = [each for each in objects if each.get(step["key"]) == step["value"]]
    return values


def _listed(value: Any) -> list[Any]:
    return cast(list[Any], value) if isinstance(value, list) else [value]


def written(value: Any) -> str:
    """A JSON value as PostgreSQL's `#>> '{}'` writes it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
