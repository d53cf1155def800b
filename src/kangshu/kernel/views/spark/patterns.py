"""Patterns of texts: written for RE2, which DuckDB has, and read by Java, which Spark has."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from kangshu.kernel.base.errors import NotSupported

_SPACES = r"\t\n\f\r "
_OF_POSIX = {
    "alpha": r"\p{Alpha}",
    "digit": "0-9",
    "alnum": r"\p{Alnum}",
    "upper": "A-Z",
    "lower": "a-z",
    "punct": r"\p{Punct}",
    "space": r"\t\n\x0B\f\r ",
    "blank": r"\t ",
    "xdigit": "0-9A-Fa-f",
    "word": r"\w",
}
_FLAGS = {"": "", "c": "", "i": "i", "s": "s"}


def java_pattern(pattern: exp.Expr, flags: exp.Expr | None = None) -> str:
    """The pattern in Java's words. Raises `NotSupported` for one that is computed, and for unknown flags."""
    if not pattern.is_string or (flags is not None and flags.name not in _FLAGS):
        raise NotSupported(
            "A pattern that is computed, or has flags other than i and s, is not known on Spark.",
            remedy="Write the pattern out.",
        )
    named = _FLAGS[flags.name] if flags is not None else ""
    # d: only \n ends a line. u: letters of all languages have capitals.
    return f"(?d{named}{'u' if named == 'i' else ''})" + "".join(_pieces(str(pattern.name)))


def java_replacement(new: str) -> str:
    r"""What takes the place of what matched: `\1` is a group, and a dollar sign is one."""
    found, place = "", 0
    while place < len(new):
        letter, after = new[place], new[place + 1 : place + 2]
        if letter == "\\" and after.isdigit():
            found, place = found + f"${after}", place + 2
        elif letter == "\\":
            found, place = found + "\\\\", place + (2 if after == "\\" else 1)
        else:
            found, place = found + ("\\$" if letter == "$" else letter), place + 1
    return found


def _pieces(pattern: str) -> Iterator[str]:
    place = 0
    while place < len(pattern):
        if pattern[place] == "\\":
            piece, place = _escaped(pattern, place)
            yield f"[{_SPACES}]" if piece == r"\s" else f"[^{_SPACES}]" if piece == r"\S" else piece
        elif pattern[place] == "[":
            piece, place = _class(pattern, place)
            yield piece
        elif pattern[place] == "$":
            # Java's `$` also stands before a line's end that ends the text.
            place += 1
            yield r"\z"
        elif pattern.startswith("(?P<", place):
            place += 4
            yield "(?<"
        elif pattern.startswith("(?i)", place):
            place += 4
            yield "(?iu)"
        else:
            place += 1
            yield pattern[place - 1]


def _escaped(pattern: str, place: int) -> tuple[str, int]:
    """A backslash and what belongs to it. A script is `Han` in one and `IsHan` in the other."""
    if pattern[place + 1 : place + 2] in ("p", "P") and pattern[place + 2 : place + 3] == "{":
        end = pattern.index("}", place)
        name = pattern[place + 3 : end]
        head, bare = pattern[place : place + 3], name.removeprefix("^")
        head = head if bare == name else head.swapcase()
        return f"{head}{'' if len(bare) <= 2 else 'Is'}{bare}}}", end + 1
    return pattern[place : place + 2], place + 2


def _class(pattern: str, start: int) -> tuple[str, int]:
    """A class of characters. In Java `[` opens another inside, and `&&` is what both have."""
    place = start + 1
    found = "["
    if pattern.startswith("^", place):
        found, place = found + "^", place + 1
    first = place
    while place < len(pattern) and (pattern[place] != "]" or place == first):
        letter = pattern[place]
        end = pattern.find(":]", place)
        if letter == "\\":
            piece, place = _escaped(pattern, place)
            found += _SPACES if piece == r"\s" else piece
        elif pattern.startswith("[:", place) and pattern[place + 2 : end] in _OF_POSIX:
            found, place = found + _OF_POSIX[pattern[place + 2 : end]], end + 2
        else:
            found, place = found + (f"\\{letter}" if letter in "[]&" else letter), place + 1
    return found + "]", place + 1
