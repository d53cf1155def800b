"""TOML, read so that what is wrong with it is told by file and line."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from typing import Any

from kangshu.kernel.base.errors import Invalid


def parse_toml(text: str, where: str, *, parse_float: Callable[[str], Any] = float) -> dict[str, Any]:
    """The table a text says. Raises `Invalid` for what is not TOML; `where` is the file's name for it."""
    try:
        return tomllib.loads(text, parse_float=parse_float)
    except tomllib.TOMLDecodeError as error:
        raise Invalid(f"{where} is not TOML: {error}.", remedy="Correct the line named.") from error
