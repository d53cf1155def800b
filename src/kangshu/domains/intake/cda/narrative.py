"""The narrative block of a section as XHTML that is safe to show: only what is on the list comes through.

No scripts, styles, forms, images, events or addresses outside of the document. What is not on the list
loses its markup and keeps its text; `script`-like elements lose both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from kangshu.domains.intake.cda.texts import Texts, tidy
from kangshu.domains.intake.cda.xml import Element

MAX_CHARACTERS = 2_000_000
"""Of one section; the rest is in the original."""
MAX_CELLS = 1000
MAX_LINES = 2000
_NAMES = (
    "code",
    "consumable/manufacturedProduct/manufacturedLabeledDrug/name",
    "consumable/manufacturedProduct/manufacturedMaterial/name",
    "consumable/manufacturedProduct/manufacturedMaterial/code",
)

_ELEMENTS = {
    "paragraph": "p",
    "content": "span",
    "sub": "sub",
    "sup": "sup",
    "item": "li",
    "table": "table",
    "thead": "thead",
    "tbody": "tbody",
    "tfoot": "tfoot",
    "tr": "tr",
    "td": "td",
    "th": "th",
    "footnote": "div",
    "div": "div",
    "p": "p",
    "ul": "ul",
    "ol": "ol",
    "li": "li",
    "span": "span",
    "b": "b",
    "i": "i",
    "u": "u",
    "em": "em",
    "strong": "strong",
}
_DROPPED = frozenset(
    {"script", "style", "object", "embed", "iframe", "applet", "form", "input", "head", "colgroup", "col"}
)
_EMPHASES = {"bold": "b", "italics": "i", "underline": "u", "strikethrough": "s", "emphasis": "em"}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,63}")
_BLANK = re.compile(r"[ \t\r\n\f]+")


def render(text: Element, media: dict[str, str]) -> str | None:
    """An XHTML `div` for `Narrative.div`, None if there is nothing to read.

    media  caption of a picture by the ID of its entry; the picture itself stays in the original
    """
    pieces: list[str] = []
    size = 0
    for piece in _inside(text, media):
        size += len(piece)
        if size > MAX_CHARACTERS:
            return _too_long(text)
        pieces.append(piece)
    body = "".join(pieces).strip()
    if not _BLANK.sub("", re.sub(r"<[^>]*>", "", body)):
        return None
    return f'<div xmlns="http://www.w3.org/1999/xhtml">{body}</div>'


def from_entries(section: Element, texts: Texts) -> str | None:
    """A list of what the entries of a section say, for one that brings no words of its own."""
    lines: list[str] = []
    for entry in section.iterfind("entry"):
        for node in entry.iter("observation", "procedure", "substanceAdministration"):
            said = _said(node, texts)
            if said and len(lines) < MAX_LINES:
                lines.append(f"<li>{escape(said, quote=False)}</li>")
    return f'<div xmlns="http://www.w3.org/1999/xhtml"><ul>{"".join(lines)}</ul></div>' if lines else None


def _said(node: Element, texts: Texts) -> str | None:
    """A statement in one line: its name, and its value or when it was."""
    name = next((text for path in _NAMES if (text := _text_at(node, path, texts))), None)
    value = next((text for each in node.iterfind("value") if (text := _value(each, texts))), None)
    if value is None and node.tag == "observation":
        return None
    return "：".join(part for part in (name, value) if part) or None


def _text_at(node: Element, path: str, texts: Texts) -> str | None:
    found = node.find(path)
    return None if found is None else tidy(found.get("displayName")) or texts.of(found)


def _value(value: Element, texts: Texts) -> str | None:
    shown = tidy(value.get("displayName")) or texts.of(value) or tidy(value.get("code"))
    if shown:
        return shown
    amount = tidy(value.get("value"))
    return (
        {"true": "是", "false": "否"}.get(amount, f"{amount} {value.get('unit') or ''}".strip())
        if amount
        else None
    )


def plain(text: str) -> str:
    """An XHTML `div` around a text."""
    lines = "<br/>".join(escape(line, quote=False) for line in text.splitlines())
    return f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{lines}</p></div>'


def _too_long(text: Element) -> str:
    return plain("".join(text.itertext())[: MAX_CHARACTERS // 2])


def _inside(element: Element, media: dict[str, str]) -> Iterator[str]:
    yield _written(element.text)
    for child in element:
        yield from _element(child, media)
        yield _written(child.tail)


def _element(element: Element, media: dict[str, str]) -> Iterator[str]:
    name = str(element.tag)
    if name in _DROPPED:
        return
    if name == "br":
        yield "<br/>"
    elif name == "list":
        yield from _list(element, media)
    elif name == "caption":
        yield from _caption(element, media)
    elif name == "footnoteRef":
        yield from _footnote_mark(element)
    elif name == "linkHtml":
        yield from _link(element, media)
    elif name == "renderMultiMedia":
        yield from _picture(element, media)
    elif name in _ELEMENTS:
        yield from _wrapped(element, _ELEMENTS[name], media)
    else:
        yield from _inside(element, media)


def _wrapped(element: Element, name: str, media: dict[str, str]) -> Iterator[str]:
    emphases = _emphases(element)
    yield f"<{name}{_id(element)}{_spans(element, name)}>"
    yield from (f"<{each}>" for each in emphases)
    yield from _inside(element, media)
    yield from (f"</{each}>" for each in reversed(emphases))
    yield f"</{name}>"


def _list(element: Element, media: dict[str, str]) -> Iterator[str]:
    name = "ol" if (element.get("listType") or "").lower() == "ordered" else "ul"
    caption = element.find("caption")
    if caption is not None:
        yield from _caption(caption, media)
    items = [child for child in element if child.tag == "item"]
    if items:
        yield f"<{name}{_id(element)}>"
        for item in items:
            yield from _wrapped(item, "li", media)
        yield f"</{name}>"


def _caption(element: Element, media: dict[str, str]) -> Iterator[str]:
    parent = element.getparent()
    if parent is not None and parent.tag == "table":
        yield from _wrapped(element, "caption", media)
    elif parent is None or parent.tag != "list" or parent.find("caption") is element:
        yield f"<b{_id(element)}>"
        yield from _inside(element, media)
        yield "</b> "


def _footnote_mark(element: Element) -> Iterator[str]:
    target = element.get("IDREF") or ""
    if _NAME.fullmatch(target):
        yield f'<sup><a href="#n-{target}">*</a></sup>'


def _link(element: Element, media: dict[str, str]) -> Iterator[str]:
    """A link within the document stays one; of any other, the words stay."""
    target = (element.get("href") or "").strip()
    local = target.startswith("#") and _NAME.fullmatch(target[1:])
    if local:
        yield f'<a href="#n-{target[1:]}">'
    yield from _inside(element, media)
    if local:
        yield "</a>"


def _picture(element: Element, media: dict[str, str]) -> Iterator[str]:
    captions = [media.get(name, "") for name in (element.get("referencedObject") or "").split()]
    said = "、".join(caption for caption in captions if caption)
    yield f"<i>[{_written(said or '图像见原文')}]</i>"
    yield from _inside(element, media)


def _emphases(element: Element) -> list[str]:
    styles = (element.get("styleCode") or "").lower().split()
    return [_EMPHASES[style] for style in styles if style in _EMPHASES][:3]


def _id(element: Element) -> str:
    """Names get a prefix, lest they mean something else on the page they are shown on."""
    name = element.get("ID") or ""
    return f' id="n-{name}"' if _NAME.fullmatch(name) else ""


def _spans(element: Element, name: str) -> str:
    if name not in ("td", "th"):
        return ""
    found = ""
    for attribute in ("colspan", "rowspan"):
        value = element.get(attribute) or ""
        if value.isascii() and value.isdigit() and 1 < int(value[:5]) <= MAX_CELLS:
            found += f' {attribute}="{int(value[:5])}"'
    return found


def _written(text: str | None) -> str:
    return escape(_BLANK.sub(" ", text), quote=False) if text else ""
