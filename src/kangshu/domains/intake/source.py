"""The code of the institution that sends a message."""

from __future__ import annotations

import re

from kangshu.kernel.base.errors import Invalid

_CODE = re.compile(r"\w[\w.\-]{0,63}")


def parse_source(text: str) -> str:
    """The code as given. Raises Invalid when it is none: it becomes the institution of every fact sent."""
    if not _CODE.fullmatch(text):
        raise Invalid(
            "The source is not the code of an institution: 1 to 64 letters, digits, '_', '-' or '.'.",
            remedy="Name it as the institution is registered, H44098300001 for example.",
            code="value",
        )
    return text
