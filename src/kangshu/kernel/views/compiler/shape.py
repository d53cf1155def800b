"""What a view needs of a resource: it becomes the one structure each body is parsed into."""

from __future__ import annotations

import json
from typing import Any

from kangshu.kernel.views.elements import ANY_RESOURCE, kind_of

_LEAVES = {"boolean": "BOOLEAN", "integer": "BIGINT"}


class Shape:
    """A place in a resource. It grows while the view is compiled, and is written out when that is done.

    A `whole` place keeps its JSON; what is needed below it is parsed from that when it is used.
    """

    def __init__(self, path: tuple[str, ...], type_name: str, *, many: bool, whole: bool) -> None:
        self.path = path
        self.type = type_name
        self.many = many
        self.whole = whole or type_name == ANY_RESOURCE
        self.children: dict[str, Shape] = {}

    def below(self, member: str, type_name: str, *, many: bool, wholes: set[tuple[str, ...]]) -> Shape:
        """The place of a JSON member."""
        path = (*self.path, member)
        if member not in self.children:
            self.children[member] = Shape(path, type_name, many=many, whole=path in wholes)
        return self.children[member]

    def inner(self) -> Any:
        """The structure of one thing, as `json_transform` wants it."""
        return {name: child.outer() for name, child in self.children.items()} or {"id": "VARCHAR"}

    def outer(self) -> Any:
        """The structure of the place, a list of one thing where it repeats."""
        kind = kind_of(self.type)
        if kind != "complex":
            one: Any = _LEAVES.get(kind, "VARCHAR")
        else:
            one = "JSON" if self.whole or not self.children else self.inner()
        return [one] if self.many else one

    def written(self) -> str:
        """The structure of one thing as text."""
        return json.dumps(self.inner(), separators=(",", ":"))
