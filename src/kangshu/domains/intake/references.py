"""References inside messages: found, and rewritten to the address under which the target is stored."""

from __future__ import annotations

import re
from collections.abc import Mapping

_PLAIN = re.compile(rb'("reference"\s*:\s*")([^"\\]+)(")')
_ESCAPED = re.compile(rb'("reference"\s*:\s*")((?:[^"\\]|\\.)+)(")')
_LOCAL = re.compile(r"([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?(?:#.*)?")

Address = tuple[str, str]


def rewrite(body: bytes, targets: Mapping[bytes, bytes]) -> bytes:
    """The body with every reference that stands in `targets` replaced. Only values of `reference` change."""

    def replaced(match: re.Match[bytes]) -> bytes:
        target = targets.get(match[2])
        return match[0] if target is None else match[1] + target + match[3]

    return _pattern(body).sub(replaced, body)


def written(body: bytes) -> list[bytes]:
    """Every reference of a body, as written."""
    return [reference for _, reference, _ in _pattern(body).findall(body)]


def _pattern(body: bytes) -> re.Pattern[bytes]:
    """Some writers escape the slash (`Patient\\/1`); looking for that costs time that the others need not pay."""
    return _ESCAPED if b"\\/" in body else _PLAIN


def local_address(reference: str) -> Address | None:
    """(type, id) of a reference to something in the same system; None for any other."""
    match = _LOCAL.fullmatch(reference)
    return (match[1], match[2]) if match else None
