"""Separators and backslashes in search values (https://hl7.org/fhir/R4/search.html#escaping)."""

from __future__ import annotations

import re


def split(value: str, separator: str) -> list[str]:
    r"""Split at a separator that is not escaped with a backslash; escapes are kept."""
    if "\\" not in value:
        return value.split(separator)
    parts: list[str] = []
    current: list[str] = []
    escaped = False
    for character in value:
        if escaped or character == "\\":
            current.append(character)
            escaped = not escaped and character == "\\"
        elif character == separator:
            parts.append("".join(current))
            current = []
        else:
            current.append(character)
    parts.append("".join(current))
    return parts


def unescape(value: str) -> str:
    r"""`\,` `\|` `\$` `\\` as the characters they stand for."""
    return re.sub(r"\\([,|$\\])", r"\1", value) if "\\" in value else value
