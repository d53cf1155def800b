"""The characters that part a message, and what is written instead where they are meant themselves."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

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
    }

    def meant(found: re.Match[str]) -> str:
        if found["plain"]:
            return plain.get(found["plain"], "")
        if found["command"]:
            times = found["times"] if found["command"] in ("sp", "sk") else ""
            return _FORMAT[found["command"]] * (min(int(times), 100) if times.isdigit() else 1)
        if found["hex"] is not None:
            text = bytes.fromhex(found["hex"]).decode(codec, "replace")
            return text.translate(_CONTROL).replace("\r", "\n")
        return ""

    return _sequence(delimiters.escape).sub(meant, written)


@lru_cache(100)
def _sequence(escape: str) -> re.Pattern[str]:
    """A sequence of chapter 2.7. Another character set (C, M: ISO 2022) and Z mean nothing here."""
    mark = re.escape(escape)
    return re.compile(
        rf"{mark}(?:(?P<plain>[FSTREPHN])"
        rf"|\.(?P<command>{'|'.join(_FORMAT)})[\s+]*(?P<times>-?[0-9]{{0,20}})\s*"
        rf"|X(?P<hex>(?:[0-9A-Fa-f]{{2}}|[ \t\r\n])*)|[CM][0-9A-F]{{4,6}}|Z[^{mark}]*){mark}"
    )
