"""Texts of a document: ED and ST, with references into the narrative followed."""

from __future__ import annotations

import base64
import re

from kangshu.domains.intake.cda.xml import Element

MAX_TEXT = 100_000
"""Characters of one text taken into an element; the narrative has the whole of it."""

_BLANKS = re.compile(r"\s+")


def tidy(text: str | None) -> str | None:
    """Without blanks at the ends and without line breaks of the layout; None when nothing is left."""
    cleaned = _BLANKS.sub(" ", text or "").strip()
    return cleaned[:MAX_TEXT] or None


def inside(element: Element) -> str | None:
    """All text of an element and of what is in it, as far as it is taken."""
    pieces: list[str] = []
    size = 0
    for piece in element.itertext():
        pieces.append(piece)
        size += len(piece)
        if size > 2 * MAX_TEXT:
            break
    return tidy("".join(pieces)[: 2 * MAX_TEXT])


def _decoded(element: Element) -> str | None:
    """The words of a text in base64; None of what is no text."""
    if not (element.get("mediaType") or "text/plain").startswith("text/plain"):
        return None
    try:
        return tidy(base64.b64decode("".join(element.itertext())).decode())
    except ValueError:
        return None


class Texts:
    """What the narrative of one document says under each `ID`."""

    def __init__(self, root: Element) -> None:
        self._root = root
        self._by_id: dict[str, Element] | None = None
        self._said: dict[str, str | None] = {}

    def of(self, element: Element) -> str | None:
        """The text of an ED or ST: that of the narrative it refers to, or its own."""
        reference = element.get("value") if element.tag == "reference" else None
        if reference is None:
            child = element.find("reference")
            reference = None if child is None else child.get("value")
        if reference:
            found = self.at(reference)
            if found:
                return found
        if (element.get("representation") or "TXT") == "B64":
            return _decoded(element)
        return inside(element)

    def at(self, reference: str) -> str | None:
        """The text that `#med1` leads to; None when it leads out of the document or nowhere."""
        name = reference.strip().removeprefix("#")
        if name not in self._said:
            target = self._index().get(name)
            self._said[name] = None if target is None else inside(target)
        return self._said[name]

    def _index(self) -> dict[str, Element]:
        if self._by_id is None:
            self._by_id = {}
            for text in self._root.iter("text"):
                for element in text.iter():
                    name = element.get("ID")
                    if name:
                        self._by_id.setdefault(name, element)
        return self._by_id
