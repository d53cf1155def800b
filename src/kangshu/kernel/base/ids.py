"""Identifiers that Kangshu gives out."""

from __future__ import annotations

from uuid import UUID, uuid4, uuid5

_SPACE = UUID("5c8b6a52-3f6e-5d0b-9b1f-6b616e677368")


def new_id() -> str:
    """A fresh random identifier, 36 characters."""
    return str(uuid4())


def derived_id(*parts: str) -> str:
    """The same identifier for the same parts, wherever and whenever it is asked for."""
    return str(uuid5(_SPACE, "\x1f".join(parts)))
