"""Identifiers that Kangshu gives out."""

from __future__ import annotations

from hashlib import sha1
from uuid import UUID, uuid4

_SPACE = UUID("5c8b6a52-3f6e-5d0b-9b1f-6b616e677368").bytes


def new_id() -> str:
    """A fresh random identifier, 36 characters."""
    return str(uuid4())


def derived_id(*parts: str) -> str:
    """The same identifier for the same parts, wherever and whenever it is asked for."""
    # uuid5 without the object in between: a message needs a dozen of them.
    digest = bytearray(sha1(_SPACE + "\x1f".join(parts).encode(), usedforsecurity=False).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    text = digest.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
