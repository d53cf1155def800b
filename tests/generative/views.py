"""Random views over real resources: paths that lead somewhere, conditions, unnestings and unions of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from hypothesis import strategies as st

from kangshu.kernel.views.elements import Elements, kind_of
from kangshu.kernel.views.reference.items import Item, members

Draw = Any
_TRIMS = ("", "", "", "", ".first()", ".last()", "[0]", "[1]", ".tail()", ".skip(1)", ".take(1)")
_TEXT_CALLS = (
    ".length()",
    ".substring(1)",
    ".substring(0, 3)",
    ".startsWith('h')",
    ".contains('a')",
    ".indexOf('e')",
    ".replace('a', 'bb')",
    ".matches('^[a-z]+$')",
    " & 'x'",
    " + '\\u00e4\\''",
    ".toInteger()",
)
_NUMBER_CALLS = (" + 1", " * 3", " - 0.5", " div 2", " mod 3", " / 4", " > 5", ".lowBoundary()", ".abs()")
_LITERALS = {
    "text": ("'final'", "'http://loinc.org'", "'a'", "%text", "''"),
    "integer": ("1", "0", "2.0", "%number"),
    "decimal": ("1", "6.3", "185", "%decimal"),
    "boolean": ("true", "false"),
    "moment": ("@2012", "@2013-04", "@2012-09-17", "@2016-03-18T22:00:00Z", "'2015'", "%day"),
    "time": ("@T12", "@T12:00:00", "'12:00'"),
}
CONSTANTS = [
    {"name": "text", "valueString": "o'; -- \u5eb7"},
    {"name": "number", "valueInteger": 2},
    {"name": "decimal", "valueDecimal": 1.5},
    {"name": "day", "valueDate": "2012-09-17"},
]


_ITEM = "QuestionnaireResponse.item"
_REPEATED: dict[str, tuple[tuple[list[str], str], ...]] = {
    "QuestionnaireResponse": ((["item"], _ITEM), (["item", "answer.item"], _ITEM)),
    _ITEM: ((["item"], _ITEM), (["answer.item", "item.where(linkId.exists())"], _ITEM)),
    "Patient": ((["extension"], "Extension"),),
}


class Used:
    """Which elements of which types some resources have."""

    def __init__(self, elements: Elements, resources: Iterable[Mapping[str, Any]]) -> None:
        self.elements = elements
        self.names: dict[str, set[tuple[str, str]]] = defaultdict(set)
        self._below: dict[str, set[str]] = defaultdict(set)
        for path in elements.by_path:
            parent, _, name = path.rpartition(".")
            self._below[parent].add(name.removesuffix("[x]"))
        for resource in resources:
            self._note(Item(resource, resource["resourceType"]))

    def _note(self, item: Item) -> None:
        if item.kind != "complex" or not isinstance(item.value, dict):
            return
        for name in self._below[item.type] | {"id", "extension"}:
            for found in members(item, name, self.elements):
                if found.type != "Resource" and not found.type[0].isspace():
                    self.names[item.type].add((name, found.type))
                    self._note(found)


def chain(draw: Draw, used: Used, type_name: str, *, depth: int = 0) -> tuple[str, str]:
    """A path from a type, and the type it leads to."""
    text, at = "", type_name
    for _ in range(draw(st.integers(1, 4))):
        options = sorted(used.names.get(at, ()))
        if not options:
            break
        name, found = draw(st.sampled_from(options))
        element = used.elements.child(at, name)
        assert element is not None
        text += ("." if text else "") + name
        text += f".ofType({found})" if element.choice else ""
        text += draw(st.sampled_from(_TRIMS))
        at = found
        if depth < 2 and draw(st.integers(0, 5)) == 0:
            text += f".where({condition(draw, used, at, depth=depth + 1)})"
    return text or "id", at if text else "id"


def condition(draw: Draw, used: Used, type_name: str, *, depth: int = 0) -> str:
    """Something true, false or empty."""
    if kind_of(type_name) != "complex":
        literal = draw(st.sampled_from(_LITERALS[kind_of(type_name)]))
        return f"$this {draw(st.sampled_from(('=', '!=')))} {literal}"
    path, found = chain(draw, used, type_name, depth=depth)
    kind = kind_of(found)
    form = draw(st.integers(0, 6)) if depth < 3 else 6
    if form == 0:
        one, other = (condition(draw, used, type_name, depth=depth + 1) for _ in range(2))
        return f"({one} {draw(st.sampled_from(('and', 'or', 'xor', 'implies')))} {other})"
    if form == 1:
        return f"({condition(draw, used, type_name, depth=depth + 1)}).not()"
    if form == 2:
        return f"{path}.count() > {draw(st.integers(0, 2))}"
    if form == 3:
        return f"{path}.exists({condition(draw, used, found, depth=depth + 1)})"
    if form == 4:
        return f"{path}.all({condition(draw, used, found, depth=depth + 1)})"
    if kind == "complex" or form == 5:
        return f"{path}.{draw(st.sampled_from(('exists()', 'empty()')))}"
    signs = ("=", "!=") if kind == "boolean" else ("=", "!=", "<", ">", "<=", ">=")
    return f"{path}.first() {draw(st.sampled_from(signs))} {draw(st.sampled_from(_LITERALS[kind]))}"


def column(draw: Draw, used: Used, type_name: str, name: str) -> dict[str, Any]:
    """A column below a type."""
    form = draw(st.integers(0, 5))
    if form == 0:
        return {"name": name, "path": condition(draw, used, type_name)}
    if kind_of(type_name) != "complex":
        return {"name": name, "path": "$this"}
    path, found = chain(draw, used, type_name)
    kind = kind_of(found)
    if form == 1 and kind == "text":
        return {"name": name, "path": f"{path}.first(){draw(st.sampled_from(_TEXT_CALLS))}"}
    if form == 1 and kind in ("integer", "decimal"):
        return {"name": name, "path": f"{path}.first(){draw(st.sampled_from(_NUMBER_CALLS))}"}
    if form == 1 and kind in ("moment", "time"):
        return {"name": name, "path": f"{path}.first().{draw(st.sampled_from(('low', 'high')))}Boundary()"}
    if form == 2 and kind != "complex":
        return {"name": name, "path": f"{path}.join('|')"}
    if form == 3:
        return {"name": name, "path": f"{path}.count()"}
    if form == 4 and found == "Reference":
        return {"name": name, "path": f"{path}.getReferenceKey(Patient)", "collection": True}
    if draw(st.booleans()):
        return {"name": name, "path": f"{path}.first()" if draw(st.booleans()) else path}
    return {"name": name, "path": path, "collection": True}


def select(draw: Draw, used: Used, type_name: str, names: list[str], *, depth: int = 0) -> dict[str, Any]:
    """A select below a type, with a column for each name."""
    made: dict[str, Any] = {}
    at = type_name
    if depth and draw(st.integers(0, 2)) and kind_of(at) == "complex":
        path, at = chain(draw, used, type_name)
        made[draw(st.sampled_from(("forEach", "forEachOrNull")))] = path
    elif draw(st.integers(0, 2)) == 0 and at in _REPEATED:
        made["repeat"], at = draw(st.sampled_from(_REPEATED[at]))
    if len(names) < 2 or depth > 2:
        made["column"] = [column(draw, used, at, name) for name in names]
        return made
    cut = draw(st.integers(1, len(names) - 1))
    form = draw(st.integers(0, 2))
    if form == 0:
        made["unionAll"] = [select(draw, used, at, names, depth=depth + 1) for _ in range(2)]
        return made
    if form == 1:
        made["select"] = [
            select(draw, used, at, part, depth=depth + 1) for part in (names[:cut], names[cut:])
        ]
        return made
    made["column"] = [column(draw, used, at, name) for name in names[:cut]]
    made["select"] = [select(draw, used, at, names[cut:], depth=depth + 1)]
    return made


@st.composite
def views(draw: Draw, used: Mapping[str, Used]) -> dict[str, Any]:
    """A ViewDefinition."""
    resource = draw(st.sampled_from(sorted(used)))
    names = ["a", "b", "c", "d"][: draw(st.integers(1, 4))]
    made = {
        "resource": resource,
        "constant": CONSTANTS,
        "select": [
            {"column": [{"name": "id", "path": "getResourceKey()"}, {"name": "row", "path": "%rowIndex"}]},
            select(draw, used[resource], resource, names),
        ],
    }
    if draw(st.integers(0, 2)) == 0:
        made["where"] = [{"path": condition(draw, used[resource], resource)}]
    return made
