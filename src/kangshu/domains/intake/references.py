"""References inside messages: found, and rewritten to the address under which the target is stored."""

from __future__ import annotations

import re
from collections.abc import Mapping

_REFERENCE = re.compile(rb'("reference"\s*:\s*")((?:[^"\\]|\\.)+)(")')
_LOCAL = re.compile(r"([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?(?:#.*)?")

Address = tuple[str, str]


def rewrite(body: bytes, targets: Mapping[bytes, bytes]) -> bytes:
    """The body with every reference that stands in `targets` replaced. Only values of `reference` change."""

    def replaced(match: re.Match[bytes]) -> bytes:
        target = targets.get(match[2])
        return match[0] if target is None else match[1] + target + match[3]

    return _REFERENCE.sub(replaced, body)


def written(body: bytes) -> list[bytes]:
    """Every reference of a body, as written."""
    return [match[2] for match in _REFERENCE.finditer(body)]


def local_address(reference: str) -> Address | None:
    """(type, id) of a reference to something in the same system; None for any other."""
    match = _LOCAL.fullmatch(reference)
    return (match[1], match[2]) if match else None
