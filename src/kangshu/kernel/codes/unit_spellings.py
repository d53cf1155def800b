"""Units as Chinese hospitals write them, and the expressions of UCUM that they mean.

Case tells in units (`mg`, `Mg`), so nothing is folded that a table does not say; what is folded is what has
no meaning: kinds of blanks, of the letter mu, of wide letters, of exponents written above the line.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kangshu.kernel.base.errors import Invalid

_ABOVE = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_SIGNS = str.maketrans({"×": "x", "✕": "x", "·": ".", "•": ".", "⋅": ".", "µ": "u", "μ": "u"})
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Spellings:
    """What is written, in its plain form -> the expression of UCUM. Made by `spellings_of`."""

    by_plain: Mapping[str, str]

    def ucum(self, written: str) -> str | None:
        """The expression that is meant, None if the table does not have the spelling."""
        return self.by_plain.get(plain(written)) if len(written) <= _LONGEST else None


def spellings_of(pairs: Iterable[tuple[str, str]]) -> Spellings:
    """From pairs of spelling and expression. Raises `Invalid` for a spelling that means two units."""
    found: dict[str, str] = {}
    for written, ucum in pairs:
        if found.setdefault(plain(written), ucum) != ucum:
            raise Invalid(f"The unit {written} is spelled like another one.", code="duplicate")
    return Spellings(found)


def plain(written: str) -> str:
    """The spelling without what has no meaning: `×10⁹／Ｌ` and `x10^9/L` are one."""
    text = unicodedata.normalize("NFKC", _with_exponents(written).translate(_SIGNS)).translate(_SIGNS)
    text = "".join(text.split()).removeprefix("x")
    return text.replace("**", "^").replace("10*", "10^")


def _with_exponents(text: str) -> str:
    """`10⁹` as `10^9`, `m²` as `m2`: only behind a digit must an exponent be told from what it is of."""
    written: list[str] = []
    is_above = False
    for each in text:
        lowered = each.translate(_ABOVE)
        if lowered != each and not is_above and written and written[-1].isdigit():
            written.append("^")
        is_above = lowered != each
        written.append(lowered)
    return "".join(written)
