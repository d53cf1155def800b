"""Resources read from files with nothing but Python, to count over: independent of Kangshu on purpose."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

Resource = dict[str, Any]
Case = tuple[str, str, Callable[[Resource], bool]]
"""(type, search as it stands in a URL, condition on a resource)"""


class World:
    """All resources of some files, each address once."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self.at = {f"{r['resourceType']}/{r['id']}": r for r in resources}
        self.by_type: dict[str, list[Resource]] = defaultdict(list)
        for resource in self.at.values():
            self.by_type[resource["resourceType"]].append(resource)

    def count(self, case: Case) -> int:
        return sum(1 for resource in self.by_type[case[0]] if case[2](resource))

    def any(self, type_: str, condition: Callable[[Resource], bool]) -> bool:
        return any(condition(resource) for resource in self.by_type[type_])

    def follow(self, reference: str | None, type_: str) -> Resource:
        """What a reference leads to; {} where it leads nowhere or to another type."""
        found = self.at.get(reference or "", {})
        return found if found.get("resourceType") == type_ else {}


def world_of_bundles(paths: Iterable[Path]) -> World:
    return World(resource for path in paths for resource in resources_of_bundle(path))


def resources_of_bundle(path: Path, **how: Any) -> Iterator[Resource]:
    """The resources of a transaction, references between its entries as `Type/id`."""
    content = path.read_bytes()
    entries = json.loads(gzip.decompress(content) if path.suffix == ".gz" else content, **how)["entry"]
    places = {e["fullUrl"]: f"{e['resource']['resourceType']}/{e['resource']['id']}" for e in entries}
    for entry in entries:
        yield resolved(entry["resource"], places)


def resolved(value: Any, places: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [resolved(each, places) for each in value]
    if isinstance(value, dict):
        return {
            name: places.get(each, each) if name == "reference" else resolved(each, places)
            for name, each in value.items()
        }
    return value


def world_of_lines(path: Path) -> World:
    return World(json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip())
