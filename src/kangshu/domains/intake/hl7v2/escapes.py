"""The characters that part a message, and what is written instead where they are meant themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_CONTROL = str.maketrans(dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127], " "))


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The characters that MSH-1 and MSH-2 declare."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"
    truncation: str = "#"


STANDARD = Delimiters()


_FORMAT = {"br": "\n", "sp": "\n", "fi": "", "nf": "", "in": "", "ti": "", "sk": " ", "ce": "\n"}


def unescape(written: str, delimiters: Delimiters, codec: str) -> str:
    """Resolve the escape sequences of chapter 2.7. What is no sequence stays as it is written."""
    plain = {
        "F": delimiters.field,
        "S": delimiters.component,
        "T": delimiters.subcomponent,
        "R": delimiters.repetition,
        "E": delimiters.escape,
        "P": delimiters.truncation,
        "H": "",
        "N": "",
    }
    return "".join(_unescaped(written, delimiters.escape, plain, codec))


def _unescaped(written: str, escape: str, plain: Mapping[str, str], codec: str) -> Iterator[str]:
    start = 0
    while (begin := written.find(escape, start)) >= 0:
        end = written.find(escape, begin + 1)
        if end < 0:
            break
        yield written[start:begin]
        meant = _meaning(written[begin + 1 : end], plain, codec)
        if meant is None:
            # Not a sequence: the character was written as itself, and the next one may begin a sequence.
            yield written[begin:end]
            start = end
        else:
            yield meant
            start = end + 1
    yield written[start:]


def _meaning(name: str, plain: Mapping[str, str], codec: str) -> str | None:
    if name in plain:
        return plain[name]
    kind, rest = name[:1], name[1:]
    if kind == ".":
        return _formatted(rest)
    if kind == "X":
        return _hexadecimal(rest, codec)
    if kind in ("C", "M") and re.fullmatch(r"[0-9A-F]{4,6}", rest):
        # Another character set from here on (ISO 2022); messages of one set have no use for it.
        return ""
    if kind == "Z":
        return ""
    return None


def _formatted(command: str) -> str | None:
    name, amount = command[:2], command[2:].strip().lstrip("+")
    if name not in _FORMAT or (amount and not amount.lstrip("-").isdigit()):
        return None
    times = min(int(amount), 100) if name in ("sp", "sk") and amount.isdigit() and amount else 1
    return _FORMAT[name] * times


def _hexadecimal(digits: str, codec: str) -> str | None:
    try:
        found = bytes.fromhex(digits)
    except ValueError:
        return None
    return found.decode(codec, "replace").translate(_CONTROL).replace("\r", "\n")
