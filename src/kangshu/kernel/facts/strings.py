"""Text as it is compared in string search."""

from __future__ import annotations

from functools import lru_cache
from unicodedata import combining
from unicodedata import normalize as unicode_normalize


@lru_cache(maxsize=16_384)
def normalise(text: str) -> str:
    """`text` without case, accents and superfluous blanks; Chinese stays as it is.

    NUL, which PostgreSQL cannot store, counts as a blank.

    https://hl7.org/fhir/R4/search.html#string: matching ignores case, accents and whitespace runs.
    """
    text = text.replace("\0", " ")
    if text.isascii():
        return " ".join(text.lower().split())
    decomposed = unicode_normalize("NFKD", text)
    plain = "".join(mark for mark in decomposed if not combining(mark))
    return " ".join(unicode_normalize("NFC", plain.casefold()).split())
