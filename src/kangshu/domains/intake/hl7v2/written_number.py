"""A number as laboratories write it into OBX-5: with a comparator, an arrow, its unit, or grouped digits.

Only what can be read in one way is a number; everything else is none, and stays text.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

import msgspec

from kangshu.domains.intake.hl7v2.moments import narrow
from kangshu.domains.intake.hl7v2.primitives import number

LONGEST = 100
"""Characters of a number or a range with all that stands around it."""
_PLAIN = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_GROUPED = r"[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?"
_WRITTEN = re.compile(
    rf"(?P<before>[↑↓]{{1,3}})?\s*(?P<comparator><=|>=|<|>|≤|≥|＜|＞|=)?\s*"
    rf"(?P<number>{_GROUPED}|{_PLAIN})(?P<unit>[^↑↓]{{0,30}}?)\s*(?P<after>[↑↓]{{1,3}})?",
    re.ASCII,
)
_COMPARATOR = {"≤": "<=", "≥": ">=", "＜": "<", "＞": ">", "=": ""}
_PER = re.compile(r"[A-Za-zμµ%]{1,5}/(?:[A-Za-zμµ]{1,6}|10\^\d{1,2}/L|1\.73m2)")
_MEANT = str.maketrans({"µ": "μ", "×": "*", "x": "*", "X": "*", "℃": "C", "°": "", " ": ""})


@dataclass(frozen=True, slots=True)
class Written:
    """`comparator` as FHIR writes it; `arrow` is ↑ or ↓; `unit` only where one stands behind the number."""

    value: msgspec.Raw
    comparator: str = ""
    arrow: str = ""
    unit: str = ""


def read_number(written: str, said: Collection[str], units: Collection[str]) -> Written | None:
    """The number in a text, or None. `said`: the unit of OBX-6; `units`: what else may follow."""
    match = _WRITTEN.fullmatch(narrow(written)) if len(written) <= LONGEST else None
    if match is None:
        return None
    value = number(match["number"].replace(",", ""))
    arrows = {*(match["before"] or ""), *(match["after"] or "")}
    behind = match["unit"].strip()
    if value is None or len(arrows) > 1 or (behind and not _is_unit(behind, said, units)):
        return None
    comparator = match["comparator"] or ""
    return Written(value, _COMPARATOR.get(comparator, comparator), "".join(arrows), behind)


def _is_unit(behind: str, said: Collection[str], units: Collection[str]) -> bool:
    """Where OBX-6 names a unit it must be that one; else one of the table, or one thing per another."""
    if said:
        return any(_bare(behind) == _bare(each) for each in said)
    return behind in units or _PER.fullmatch(behind) is not None


def _bare(unit: str) -> str:
    return unit.translate(_MEANT).lstrip("*")
