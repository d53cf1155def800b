"""The institutions of the places whose packs are here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from kangshu.kernel.base.tsv import read_tsv

_CODE = re.compile(r"[HP](\d{6})\d{5}")


@dataclass(frozen=True, slots=True)
class Institution:
    """`code` as the insurance bureau gives it (H + division + serial); `county` six digits, '' if unknown."""

    code: str
    name: str
    level: str
    county: str


class Institutions:
    """Look-up by code. A code nobody has listed is still an institution: its division is in the code.

    `registered`: how institutions are called that no pack lists, by code.
    """

    def __init__(
        self, listed: Iterable[Institution], registered: Callable[[], Mapping[str, str]] = dict[str, str]
    ) -> None:
        self._by_code: Mapping[str, Institution] = {each.code: each for each in listed}
        self._registered = registered

    def __iter__(self):
        return iter(self._by_code.values())

    def get(self, code: str) -> Institution:
        found = self._by_code.get(code)
        if found is not None:
            return found
        match = _CODE.fullmatch(code)
        return Institution(code, code, "", match[1] if match else "")

    def naming(self) -> Callable[[str], str]:
        """What names institutions for a page: as packs list them, else as their register does, or by code."""
        registered = self._registered()

        def name_of(code: str) -> str:
            listed = self._by_code.get(code)
            return listed.name if listed else registered.get(code, code)

        return name_of

    def by_county(self) -> dict[str, tuple[str, ...]]:
        """The codes of the listed institutions of each county."""
        found: dict[str, list[str]] = {}
        for each in self._by_code.values():
            if each.county:
                found.setdefault(each.county, []).append(each.code)
        return {county: tuple(codes) for county, codes in sorted(found.items())}


def read_institutions(
    folders: Iterable[Path], registered: Callable[[], Mapping[str, str]] = dict[str, str]
) -> Institutions:
    """From `institutions.tsv` (columns code, name, level, county, …) of each folder that has one."""
    listed: list[Institution] = []
    for folder in folders:
        path = folder / "institutions.tsv"
        if path.exists():
            rows = read_tsv(path)
            listed += [Institution(row["code"], row["name"], row["level"], row["county"]) for row in rows]
    return Institutions(listed, registered)
