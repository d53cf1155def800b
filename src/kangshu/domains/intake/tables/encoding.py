"""CSV as the parser wants it: UTF-8, one kind of line end, no bytes of nothing, no rows without end.

A file that is so already is used as it is; of others a copy is made.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kangshu.domains.intake.tables.raw import DAMAGED
from kangshu.domains.intake.tables.refusal import refusal

PIECE = 1 << 20
_PEEK = 4096

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""That of UTF-32 begins as that of UTF-16 does."""
_WIDE = re.compile("[\u0800-\uffff]")
_END_OF_FILE = "\x1a"
"""What programs of DOS wrote behind the last line."""


@dataclass(frozen=True, slots=True)
class _Bytes:
    """What a look over the bytes found: the first line that is no UTF-8 (0: none), whether there are
    characters of Chinese in UTF-8, line ends of several kinds, bytes of nothing or an end-of-file mark."""

    fault: int
    wide: bool
    mixed: bool
    nothing: bool


def as_utf8(path: Path, place: str, encoding: str) -> Path:
    """The file itself if it can be parsed as it is, else a copy that can. Raises `Invalid`."""
    wanted = _marked(path) or encoding
    found = _look(path)
    if wanted in ("auto", "gb18030"):
        # Text in GB18030 is by chance UTF-8 only where it is a word long, and then in pairs of bytes.
        utf8 = found.fault == 0 and (wanted == "auto" or found.wide)
        wanted = "utf-8" if utf8 else "gb18030"
    if wanted == "utf-8":
        if found.fault:
            raise refusal(
                f"{place} line {found.fault}",
                "It is not UTF-8.",
                'If it is GB18030, write encoding = "gb18030".',
            )
        if not (found.mixed or found.nothing):
            return path
    return _copied(path, place, wanted)


def _marked(path: Path) -> str | None:
    """The encoding a mark at the beginning says; UTF-16 also where bytes of nothing are every other one."""
    with path.open("rb") as file:
        start = file.read(_PEEK)
    bom = next((name for mark, name in _BOMS if start.startswith(mark)), None)
    if bom:
        return bom
    high, low = start[1::2].count(0), start[::2].count(0)
    if max(high, low) > len(start) // 20 and min(high, low) * 4 < max(high, low):
        return "utf-16-le" if high > low else "utf-16-be"
    return None


def _look(path: Path) -> _Bytes:
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    fault = 0
    wide = nothing = False
    lines = returns = pairs = 0
    before = b""
    for piece in _pieces(path):
        if not fault:
            try:
                text = decoder.decode(piece)
                wide = wide or (not text.isascii() and _WIDE.search(text) is not None)
            except UnicodeDecodeError as error:
                fault = lines + 1 + piece[: error.start].count(b"\n")
        nothing = nothing or b"\0" in piece
        lines += piece.count(b"\n")
        if found := piece.count(b"\r"):
            returns += found
            pairs += piece.count(b"\r\n")
        pairs += before == b"\r" and piece.startswith(b"\n")
        before = piece[-1:]
    if not fault and decoder.getstate()[0]:
        fault = lines + 1
    mixed = returns > 0 and not returns == pairs == lines
    return _Bytes(fault, wide, mixed, nothing or before == b"\x1a")


def _copied(path: Path, place: str, encoding: str) -> Path:
    copy = path.with_name(f"{path.stem}.utf8")
    try:
        with (
            path.open("r", encoding=encoding, newline=None) as source,
            copy.open("w", encoding="utf-8", newline="") as target,
        ):
            piece = source.read(PIECE)
            while piece:
                following = source.read(PIECE)
                kept = piece if following else piece.removesuffix(_END_OF_FILE)
                target.write(kept.replace("\0", DAMAGED))
                piece = following
    except UnicodeError:
        line = _first_fault(path, encoding)
        raise refusal(
            f"{place} line {line}",
            f"It cannot be read as {encoding.upper()}.",
            "Export it as UTF-8 or GB18030.",
        ) from None
    return copy


def _first_fault(path: Path, encoding: str) -> int:
    """The line in which bytes begin that are not of that encoding."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    lines = 1
    for piece in _pieces(path):
        try:
            lines += decoder.decode(piece).count("\n")
        except UnicodeDecodeError as error:
            good = error.object[: error.start].decode(encoding, "ignore")
            return lines + good.count("\n")
        except UnicodeError:
            return lines
    return lines


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece
