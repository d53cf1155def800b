"""Packed deliveries: gzip is unpacked, a ZIP gives the files in it."""

from __future__ import annotations

import gzip
import shutil
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO

from kangshu.domains.intake.tables.raw import MOST_BYTES
from kangshu.domains.intake.tables.refusal import refusal

MOST_MEMBERS = 100
_WORKBOOK = "xl/"
MOST_RATIO = 200
"""Tables pack to a tenth or a hundredth of their size; nothing but the same byte again and again to less."""
MOST_UNASKED = 1 << 30
"""Up to here nobody asks."""
_PIECE = 1 << 20


def spool(pieces: Iterable[bytes], folder: Path) -> Path:
    """The bytes of a message as a file in a folder; gzip is unpacked. Raises `Invalid` for broken gzip."""
    path = folder / "message"
    with path.open("wb") as file:
        for piece in pieces:
            file.write(piece)
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    if not packed:
        return path
    unpacked = folder / "unpacked"
    try:
        with gzip.open(path) as source, unpacked.open("wb") as target:
            _copy(source, target, "the file", _room(path))
    except (EOFError, OSError, zlib.error):
        raise refusal("the file", "The gzip file is cut off or damaged.", "Send it again.") from None
    return unpacked


def is_workbook(path: Path) -> bool:
    """Whether a ZIP is an Excel workbook."""
    if not zipfile.is_zipfile(path):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.startswith(_WORKBOOK) for name in archive.namelist())
    except zipfile.BadZipFile:
        return False


def members(path: Path, folder: Path) -> Mapping[str, Path] | None:
    """The files in a ZIP by their names, unpacked into a folder; None if it is no ZIP."""
    if not zipfile.is_zipfile(path):
        return None
    found: dict[str, Path] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            files = [each for each in archive.infolist() if not each.is_dir()]
            if any(each.filename.startswith(_WORKBOOK) for each in files):
                raise refusal(
                    "the file", "It is an Excel workbook.", 'Send CSV, or write kind = "excel" in the feed.'
                )
            if len(files) > MOST_MEMBERS:
                raise refusal(
                    "the ZIP", f"It holds {len(files)} files.", f"At most {MOST_MEMBERS}.", code="too-costly"
                )
            room = _room(path)
            for number, member in enumerate(files):
                _refuse_unreadable(member)
                target = folder / f"member{number}"
                with archive.open(member) as source, target.open("wb") as file:
                    room = _copy(source, file, member.filename, room)
                found[member.filename.rsplit("/", 1)[-1]] = target
    except (zipfile.BadZipFile, RuntimeError, zlib.error, EOFError):
        raise refusal("the ZIP", "It is damaged.", "Send it again.") from None
    return found


_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
"""Ways in which a member may be packed."""
_LOCKED = 0x1


def _refuse_unreadable(member: zipfile.ZipInfo) -> None:
    if member.flag_bits & _LOCKED:
        raise refusal("the ZIP", "It is locked with a password.", "Send it without one.")
    if member.compress_type not in _PACKED:
        raise refusal("the ZIP", "It is packed in a way that is not read here.", "Pack it with Deflate.")


def _room(path: Path) -> int:
    """How much a package may unpack to: bombs are told from data by what they unpack to for their size."""
    packed = path.stat().st_size
    return min(MOST_BYTES, shutil.disk_usage(path.parent).free // 2, max(MOST_UNASKED, MOST_RATIO * packed))


def _copy(source: IO[bytes] | gzip.GzipFile, target: IO[bytes], name: str, room: int) -> int:
    """Copy what fits; the room that is left."""
    while piece := source.read(_PIECE):
        room -= len(piece)
        if room < 0:
            raise refusal(name, "It unpacks to more than fits here.", "Send it in parts.", code="too-costly")
        target.write(piece)
    return room
