"""Regular expressions that others wrote: matched in time that grows with the text only.

Python's own engine goes back and tries again, so that `(a+)+` on forty letters never ends. RE2, which
pyarrow carries, does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from kangshu.kernel.base.errors import Invalid

LONGEST = 1_000
"""Characters a pattern may have."""


def full_matches(pattern: str, texts: Sequence[str]) -> list[bool]:
    """For each text, whether the pattern matches all of it. Raises `Invalid` for a pattern that is none."""
    if len(pattern) > LONGEST:
        raise Invalid("The pattern of a filter is too long.", code="value")
    # Imported late: it takes a tenth of a second, and few filters have patterns.
    arrow: Any = import_module("pyarrow")
    compute: Any = import_module("pyarrow.compute")
    try:
        found = compute.match_substring_regex(arrow.array(texts, arrow.string()), rf"\A(?:{pattern})\z")
    except arrow.ArrowInvalid:
        raise Invalid("The pattern of a filter is not a regular expression.", code="value") from None
    return found.to_pylist()
