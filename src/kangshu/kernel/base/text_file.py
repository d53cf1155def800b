"""A text file of a pack: UTF-8, and no larger than a person could have written."""

from __future__ import annotations

from pathlib import Path

from kangshu.kernel.base.errors import Invalid

LARGEST = 32 << 20
"""Bytes."""


def read_text_file(path: Path) -> str:
    """The text of a file. Raises `Invalid` for what is not UTF-8, too large, or cannot be read."""
    try:
        if path.stat().st_size > LARGEST:
            raise Invalid(
                f"{path.name} has more than {LARGEST >> 20} MB.",
                remedy="It is no file that somebody writes: land large data, and read it through a view.",
            )
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise Invalid(f"{path.name} is not UTF-8: line {line}.", remedy="Save it as UTF-8.") from None
    except OSError as error:
        raise Invalid(
            f"{path.name} cannot be read: {error.strerror}.", remedy="Put it there, and let it be read."
        ) from None
