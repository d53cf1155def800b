"""The terminology suite of the HL7 ecosystem: its tests, its forms of R5, and its rules of comparison.

Rules: input/pagecontent/testcases.md of HL7/fhir-tx-ecosystem-ig. The order of arrays never matters.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_EQUIVALENCE = {
    "equivalent": "equivalent",
    "source-is-broader-than-target": "narrower",
    "source-is-narrower-than-target": "wider",
    "not-related-to": "unmatched",
    "related-to": "relatedto",
}
_PROPERTY = "http://hl7.org/fhir/5.0/StructureDefinition/extension-ValueSet.expansion.property"
_CONTAINED = "http://hl7.org/fhir/5.0/StructureDefinition/extension-ValueSet.expansion.contains.property"
_ADDRESSES = {
    "expand": "ValueSet/$expand",
    "validate-code": "ValueSet/$validate-code",
    "cs-validate-code": "CodeSystem/$validate-code",
    "lookup": "CodeSystem/$lookup",
    "translate": "ConceptMap/$translate",
    "metadata": "metadata",
    "term-caps": "metadata?mode=terminology",
}
MODES = frozenset({"general", "version:4"})
"""What this server claims to be: no mode of one particular server, FHIR R4."""

_PATTERNS = {
    "$instant$": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)",
    "$date$": r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d))?",
    "$uuid$": r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "$id$": r"[A-Za-z0-9.-]{1,64}",
    "$url$": r"(https?://|www\.)\S+",
    "$token$": r"[0-9a-zA-Z_][0-9a-zA-Z_.-]*",
    "$semver$": r"\d+\.\d+\.\d+([-+].*)?",
    "$string$": r"\S(.*\S)?",
    "$version$": r".*",
    "$$": r"[\s\S]*",
}


@dataclass(frozen=True)
class Case:
    """One test: what is sent, and which answers are right (any of them)."""

    name: str
    address: str
    parameters: Mapping[str, Any] | None
    headers: Mapping[str, str]
    status: str
    expected: tuple[Mapping[str, Any], ...]


def cases(folder: Path) -> Iterator[Case]:
    """Every test, with the resources of its suite sent along (`tx-resource`), as the official runner does."""
    listed = _read(folder, "test-cases.json")
    names: dict[str, int] = {}
    for suite in listed["suites"]:
        setup = [_as_r4(_read(folder, name)) for name in suite["setup"]]
        for test in suite["tests"]:
            # Some tests stand in the list twice.
            number = names[test["name"]] = names.get(test["name"], 0) + 1
            name = f"{suite['name']}/{test['name']}" + (f"-{number}" if number > 1 else "")
            yield _case(folder, name, test, setup)


def _case(folder: Path, name: str, test: Mapping[str, Any], setup: list[Any]) -> Case:
    body = None
    if "request" in test:
        body = _read(folder, test["request"])
        extra = _read(folder, test["profile"])["parameter"] if "profile" in test else []
        extra = [each for each in extra if each["name"] != "uuid"]
        sent = [{"name": "tx-resource", "resource": each} for each in setup]
        body["parameter"] = [*body["parameter"], *extra, *sent]
    headers = {test["header"]["name"]: test["header"]["value"]} if "header" in test else {}
    if "Accept-Language" in test:
        headers["Accept-Language"] = test["Accept-Language"]
    answers = [test[key] for key in ("response", "response2") if key in test]
    return Case(
        name, _ADDRESSES[test["operation"]], body, headers, test.get("http-code", "2xx"),
        tuple(_read(folder, each) for each in answers),
    )  # fmt: skip


def difference(case: Case, status: int, answer: Any) -> str:
    """What is wrong with an answer, "" if nothing is."""
    found = [_compared(case, expected, status, answer) for expected in case.expected]
    return "" if "" in found else found[0]


def _compared(case: Case, expected: Mapping[str, Any], status: int, answer: Any) -> str:
    wanted = "4xx" if expected.get("resourceType") == "OperationOutcome" else case.status
    if not str(status).startswith(wanted[0]):
        return f"HTTP {status} instead of {wanted}"
    if case.parameters is None:
        return _pattern(expected, answer, "")
    return _object(expected, _as_r5(answer), "")


def _pattern(expected: Any, actual: Any, path: str) -> str:
    """For what a server says of itself: all that is expected is there, in order; more does no harm."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        for name, value in expected.items():
            if name not in actual:
                return f"{path}.{name}: missing"
            problem = _pattern(value, actual[name], f"{path}.{name}")
            if problem:
                return problem
        return ""
    if isinstance(expected, list) and isinstance(actual, list):
        rest = iter(actual)
        for number, want in enumerate(expected):
            if not any(not _pattern(want, have, path) for have in rest):
                return f"{path}[{number}]: missing {_short(want)}"
        return ""
    return _node(expected, actual, path)


# -- R4 and R5


def _as_r4(resource: dict[str, Any]) -> dict[str, Any]:
    if resource["resourceType"] != "ConceptMap":
        return resource
    for end in ("source", "target"):
        if f"{end}ScopeUri" in resource:
            resource[f"{end}Uri"] = resource.pop(f"{end}ScopeUri")
    for group in resource["group"]:
        targets = [target for element in group["element"] for target in element["target"]]
        for target in targets:
            target["equivalence"] = _EQUIVALENCE[target.pop("relationship")]
        group.get("unmapped", {}).pop("relationship", None)
    return resource


def _as_r5(resource: Any) -> Any:
    """The answer, with what R4 has as extensions where R5 has elements for it."""
    if resource.get("resourceType") == "ValueSet" and "expansion" in resource:
        _lift(resource["expansion"], _PROPERTY)
        waiting = list(resource["expansion"].get("contains", []))
        while waiting:
            each = waiting.pop()
            _lift(each, _CONTAINED)
            waiting += each.get("contains", [])
    return resource


def _lift(element: dict[str, Any], url: str) -> None:
    extensions = element.pop("extension", [])
    rest = [each for each in extensions if each["url"] != url]
    lifted: list[dict[str, Any]] = []
    for each in extensions:
        if each["url"] == url:
            parts = {part["url"]: part for part in each["extension"]}
            one = {"code": parts["code"]["valueCode"]}
            if "uri" in parts:
                one["uri"] = parts["uri"]["valueUri"]
            if "value" in parts:
                one |= {name: value for name, value in parts["value"].items() if name != "url"}
            lifted.append(one)
    if rest:
        element["extension"] = rest
    if lifted:
        element["property"] = lifted


# -- comparison


def _object(expected: Any, actual: Any, path: str) -> str:
    optional = set(expected.get("$optional-properties$", ()))
    counted = set(expected.get("$count-arrays$", ()))
    for name in actual:
        if name not in expected:
            return f"{path}.{name}: unexpected"
    for name, value in expected.items():
        if name.startswith("$"):
            continue
        if name not in actual:
            if name in optional or _all_optional(value):
                continue
            return f"{path}.{name}: missing"
        if name in counted:
            if len(value) != len(actual[name]):
                return f"{path}.{name}: {len(actual[name])} items instead of {len(value)}"
            continue
        problem = _node(value, actual[name], f"{path}.{name}")
        if problem:
            return problem
    return ""


def _all_optional(value: Any) -> bool:
    if isinstance(value, dict):
        return _is_optional(value)
    return isinstance(value, list) and all(isinstance(each, dict) and _is_optional(each) for each in value)


def _is_optional(item: Mapping[str, Any]) -> bool:
    token = item.get("$optional$", False)
    if not isinstance(token, str):
        return bool(token)
    if token.startswith("!"):
        return token[1:] not in MODES
    return token.startswith("warning:") or token in MODES


def _node(expected: Any, actual: Any, path: str) -> str:
    if isinstance(expected, dict) and isinstance(actual, dict):
        return _object(expected, actual, path)
    if isinstance(expected, list) and isinstance(actual, list):
        return _array(expected, actual, path)
    if isinstance(expected, str) and isinstance(actual, str):
        return "" if _fits(expected, actual) else f"{path}: {actual!r} instead of {expected!r}"
    if type(expected) is type(actual) or {type(expected), type(actual)} <= {int, float}:
        return "" if expected == actual else f"{path}: {actual!r} instead of {expected!r}"
    return f"{path}: {actual!r} instead of {expected!r}"


def _array(expected: list[Any], actual: list[Any], path: str) -> str:
    """Each item of the answer fits one of the expected, each of those that are not optional fits one."""
    fits = [[not _node(want, have, path) for want in expected] for have in actual]
    taken: dict[int, int] = {}
    for number in range(len(actual)):
        if not _assign(number, fits, taken, set()):
            return _closest(expected, actual[number], path)
    for number, want in enumerate(expected):
        if number in taken or (isinstance(want, dict) and _is_optional(want)):
            continue
        # Give it an item that an optional one took, if it fits.
        candidates = [have for have in range(len(actual)) if fits[have][number]]
        if not any(_can_move(have, number, fits, taken, expected) for have in candidates):
            return f"{path}: missing {_short(want)}"
    return ""


def _assign(number: int, fits: list[list[bool]], taken: dict[int, int], tried: set[int]) -> bool:
    for want, is_fit in enumerate(fits[number]):
        if not is_fit or want in tried:
            continue
        tried.add(want)
        if want not in taken or _assign(taken[want], fits, taken, tried):
            taken[want] = number
            return True
    return False


def _can_move(
    have: int, number: int, fits: list[list[bool]], taken: dict[int, int], expected: list[Any]
) -> bool:
    holder = next((want for want, each in taken.items() if each == have), None)
    if holder is None or not (isinstance(expected[holder], dict) and _is_optional(expected[holder])):
        return False
    del taken[holder]
    taken[number] = have
    return fits[have][number]


def _closest(expected: list[Any], actual: Any, path: str) -> str:
    """What is wrong with an item that fits none: said against the one it resembles most."""

    def resemblance(want: Any) -> int:
        if not (isinstance(want, dict) and isinstance(actual, dict)):
            return 0
        return sum(1 for name, value in want.items() if actual.get(name) == value)

    best = max(expected, key=resemblance, default=None)
    if best is None or not resemblance(best):
        return f"{path}: unexpected {_short(actual)}"
    return _node(best, actual, path)


def _short(item: Any) -> str:
    return json.dumps(item, ensure_ascii=False)[:200]


def _fits(expected: str, actual: str) -> bool:
    if not (expected.startswith("$") and expected.endswith("$")):
        return expected == actual
    if expected in _PATTERNS:
        return re.fullmatch(_PATTERNS[expected], actual) is not None
    kind, _, rest = expected[1:-1].partition(":")
    if kind == "choice":
        return actual in rest.split("|")
    if kind == "external":
        # The official runner takes what follows up to the next colon: of a URL, that is `http`.
        rest = rest.partition(":")[2].partition(":")[0]
    return all(part.lower() in actual.lower() for part in rest.split("|"))


def _read(folder: Path, name: str) -> Any:
    return json.loads((folder / name).read_text("utf-8-sig"))
