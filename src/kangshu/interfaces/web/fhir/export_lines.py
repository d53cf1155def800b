"""Files of an export: each is complete or not there, and none is written on once the job is cancelled."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

CANCELLED = "cancelled"
"""The file in the folder of a job that says so."""

_LINES = 1000
"""How often writing looks whether the job is cancelled."""


class Cancelled(Exception):
    """The job was deleted while it ran."""


def write_lines(target: Path, folder: Path, lines: Iterable[bytes]) -> int:
    """Write lines to a file, which is not there if there are none. Raises `Cancelled`."""

    def write(part: Path) -> int:
        count = 0
        with part.open("wb") as stream:
            for line in lines:
                stream.write(_one_line(line))
                stream.write(b"\n")
                count += 1
                if count % _LINES == 0 and (folder / CANCELLED).exists():
                    raise Cancelled
        return count

    return _put(target, folder, write, is_wanted=bool)


def write_whole(target: Path, folder: Path, write: Callable[[Path], int]) -> int:
    """Let something write a file and say how many rows are in it. Raises `Cancelled`."""
    return _put(target, folder, write, is_wanted=lambda _: True)


def _put(
    target: Path, folder: Path, write: Callable[[Path], int], *, is_wanted: Callable[[int], bool]
) -> int:
    part = target.with_suffix(".part")
    try:
        count = write(part)
        if (folder / CANCELLED).exists():
            raise Cancelled
        if is_wanted(count):
            part.replace(target)
    except FileNotFoundError:
        raise Cancelled from None
    finally:
        with suppress(FileNotFoundError):
            part.unlink()
    return count


def _one_line(text: bytes) -> bytes:
    """A JSON text without line breaks: they can stand between its values only."""
    return text.replace(b"\r", b" ").replace(b"\n", b" ") if b"\n" in text or b"\r" in text else text
