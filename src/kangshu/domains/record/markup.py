"""The narrative of a source with its tables and lists, written anew: every tag on the page is one of ours.

The text is taken apart and only what is on the list is put together again, balanced and without attributes
but the spans of cells, names with a prefix and links within the same text. So nothing a source wrote can act.
"""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser

MAX_TEXT = 200_000
"""Characters of text shown; the rest is in the source."""
MAX_DEPTH = 40

_KEPT = frozenset(
    "p div span b i u s em strong sub sup ul ol li table caption thead tbody tfoot tr th td a br".split()
)
_DROPPED = frozenset({"script", "style", "title", "head", "template", "noscript", "textarea", "select"})
_STRUCTURE = re.compile(r"<(?:table|ul|ol|sub|sup)[\s>]", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]{0,70}")
_PREFIX = "n-"


def has_structure(div: str) -> bool:
    """Whether a narrative says something that plain lines of text would lose."""
    return _STRUCTURE.search(div) is not None


def safe_markup(div: str) -> str:
    """The narrative as markup that can stand on a page as it is."""
    writer = _Writer()
    writer.feed(div)
    writer.close()
    return writer.finished()


class _Writer(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._pieces: list[str] = []
        self._open: list[str] = []
        self._silent = 0
        self._left = MAX_TEXT

    def finished(self) -> str:
        """What was written, with everything closed."""
        while self._open:
            self._pieces.append(f"</{self._open.pop()}>")
        return "".join(self._pieces)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Write the tag anew, if it is one of ours."""
        if tag in _DROPPED:
            self._silent += 1
        if self._silent or tag not in _KEPT or self._left <= 0:
            return
        if tag == "br":
            self._pieces.append("<br>")
        elif len(self._open) < MAX_DEPTH:
            self._pieces.append(f"<{tag}{_attributes(tag, dict(attrs))}>")
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An empty element says nothing, but for a line break."""
        if tag == "br":
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """Close the tag, and what was left open in it."""
        if tag in _DROPPED:
            self._silent = max(0, self._silent - 1)
        if self._silent or tag not in self._open:
            return
        while self._open:
            last = self._open.pop()
            self._pieces.append(f"</{last}>")
            if last == tag:
                return

    def handle_data(self, data: str) -> None:
        """Text, escaped."""
        if self._silent or self._left <= 0:
            return
        self._pieces.append(escape(data[: self._left], quote=False))
        self._left -= len(data)


def _attributes(tag: str, given: dict[str, str | None]) -> str:
    found = ""
    if tag in ("td", "th"):
        for name in ("colspan", "rowspan"):
            value = given.get(name) or ""
            if value.isascii() and value.isdigit() and len(value) < 4:
                found += f' {name}="{int(value)}"'
    target = given.get("href") or ""
    if tag == "a" and target.startswith("#") and _NAME.fullmatch(target[1:]):
        found += f' href="#{_prefixed(target[1:])}"'
    name = given.get("id") or ""
    if _NAME.fullmatch(name):
        found += f' id="{_prefixed(name)}"'
    return found


def _prefixed(name: str) -> str:
    """Names of a source never meet those of the page."""
    return name if name.startswith(_PREFIX) else _PREFIX + name
