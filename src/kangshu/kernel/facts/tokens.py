"""Tokens: exact keys such as `status=final`, stored and compared as 64-bit numbers."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256


@lru_cache(maxsize=65_536)
def token_hash(token: str) -> int:
    """The number a token is stored under: the first 8 bytes of its SHA-256, signed.

    Two tokens share a number once in 2⁶⁴ pairs; most tokens repeat, so recent ones are remembered.
    """
    # A lone surrogate is legal in a JSON escape but not in UTF-8.
    return int.from_bytes(sha256(token.encode("utf-8", "surrogatepass")).digest()[:8], "big", signed=True)
