"""Links between the entries of one Bundle, rewritten to the addresses they get.

https://hl7.org/fhir/R4/bundle.html#references and http.html#trules
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

Json = dict[str, Any]

_NARRATIVE = re.compile(r"""((?:href|src)\s*=\s*)(["'])([^"']+)\2""")
_RESTFUL = re.compile(r"(.*/)([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/[^/]+)?")
_CONDITIONAL = re.compile(r"([A-Z][A-Za-z]+)\?(.+)")

_PLAIN_TEXT = frozenset(
    {"value", "display", "system", "code", "data", "valueString", "valueMarkdown", "resourceType"}
)
"""Members whose text is never an address to follow: `Identifier.value` may hold a urn:uuid of its own."""


def base_of(full_url: str) -> str:
    """The base that the relative references of an entry are resolved against; "" for a urn."""
    found = _RESTFUL.fullmatch(full_url)
    return found[1] if found else ""


def conditional_parts(reference: str) -> tuple[str, str] | None:
    """Type and criteria of a conditional reference (`Patient?identifier=…`), None for any other."""
    found = _CONDITIONAL.fullmatch(reference)
    return (found[1], found[2]) if found else None


def references_of(resource: Json) -> Iterator[str]:
    """Every `Reference.reference` of a resource."""
    pending: list[Any] = [resource]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            members = cast(Json, item)
            reference = members.get("reference")
            if isinstance(reference, str):
                yield reference
            pending.extend(members.values())
        elif isinstance(item, list):
            pending.extend(cast("list[Any]", item))


def rewrite(resource: Json, addresses: Mapping[str, str], base: str) -> Json:
    """A copy of the resource with every link to one of `addresses` replaced.

    Links are references, uri, url, oid, uuid and canonical elements, and links in the narrative.
    `base` completes relative references (see `base_of`).
    """

    def resolve(text: str) -> str:
        plain, mark, fragment = text.partition("#")
        target = addresses.get(plain)
        if target is None and base and not plain.startswith("#"):
            target = addresses.get(base + plain)
        return text if target is None else target + mark + fragment

    return cast(Json, _rewritten("", resource, resolve))


def without_base(value: Any, base: str) -> Any:
    """A copy of a resource whose `Reference.reference` do not begin with `base`."""
    if isinstance(value, list):
        return [without_base(item, base) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    return {
        name: item.removeprefix(base)
        if name == "reference" and isinstance(item, str)
        else without_base(item, base)
        for name, item in cast(Json, value).items()
    }


def _rewritten(name: str, value: Any, resolve: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {key: _rewritten(key, item, resolve) for key, item in cast(Json, value).items()}
    if isinstance(value, list):
        return [_rewritten(name, item, resolve) for item in cast("list[Any]", value)]
    if not isinstance(value, str) or name in _PLAIN_TEXT:
        return value
    if name == "div":
        return _NARRATIVE.sub(lambda found: found[1] + found[2] + resolve(found[3]) + found[2], value)
    return resolve(value)
