"""XML from outside, made safe before anything reads it: bytes in, a plain tree out.

There are no entities, no network, and limits on size, tags, attributes, depth and the length of one text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from lxml import etree

from kangshu.domains.intake.cda.decoding import decoded
from kangshu.domains.intake.cda.plain import plain
from kangshu.domains.intake.cda.xml import SDTC, XSI, Element, invalid, place_of
from kangshu.kernel.base.errors import Invalid, TooCostly

MAX_BYTES = 20 << 20
"""Bytes of one document; with its base64 copy it must fit into one resource."""
MAX_MARKS = 600_000
"""Opening, closing and empty tags, comments, CDATA sections."""
MAX_QUOTES = 1_500_000
"""Quotation marks: two for each attribute."""
MAX_PARTS = 2000
"""Elements directly within one statement; some rows look at all of them for each of them."""

_PROLOG = re.compile(r"\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*)*", re.DOTALL)
_FIRST_TAG = re.compile(r"<([^\s<>/]+)")
_CAST = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_UNDECLARED = re.compile(r"Namespace prefix (xsi|sdtc) ")
_STANDARD = {"xsi": XSI, "sdtc": SDTC}
_TYPES = etree.ErrorTypes
_FAULTS: Mapping[int, str] = {
    _TYPES.ERR_TAG_NAME_MISMATCH: "This is not well-formed XML: an element is closed by the name of another.",
    _TYPES.ERR_TAG_NOT_FINISHED: "This is not well-formed XML: the document ends within an element.",
    _TYPES.ERR_DOCUMENT_END: "This is not well-formed XML: something follows the end of the root.",
    _TYPES.ERR_DOCUMENT_EMPTY: "The document has no XML element.",
    _TYPES.ERR_GT_REQUIRED: "This is not well-formed XML: a tag is not closed.",
    _TYPES.ERR_UNDECLARED_ENTITY: "An entity is used that XML does not know.",
    _TYPES.ERR_ATTRIBUTE_REDEFINED: "This is not well-formed XML: an attribute comes twice.",
    _TYPES.NS_ERR_UNDEFINED_NAMESPACE: "A namespace prefix is used that nothing declares.",
}


def gather(parts: Iterable[bytes]) -> bytes:
    """All the bytes of a document. Raises `TooCostly` at the first byte too many."""
    pieces: list[bytes] = []
    size = 0
    for part in parts:
        size += len(part)
        if size > MAX_BYTES:
            raise TooCostly(
                f"The document is larger than {MAX_BYTES >> 20} MB.",
                remedy="Send large images and recordings on their own, not inside the document.",
            )
        pieces.append(part)
    return b"".join(pieces)


def parse(raw: bytes) -> Element:
    """The root of a document. Raises `Invalid` or `TooCostly`, naming the line; no content is repeated."""
    text = _without_declaration(decoded(raw))
    _within_limits(text)
    return plain(_tree(text), text)


def _without_declaration(text: str) -> str:
    """The root, on the line it stands on. A DTD, the door of every entity, can only stand before it."""
    start = text.lstrip()
    if start.startswith("<?xml") and "?>" in start:
        start = start[start.index("?>") + 2 :]
    prolog = _PROLOG.match(start)
    assert prolog is not None
    after = start[prolog.end() :]
    if after.startswith("<!--"):
        line = text.count("\n", 0, len(text) - len(after)) + 1
        raise invalid(f"line {line}", "This is not well-formed XML: a comment does not end.")
    if after[:2] == "<!":
        line = text.count("\n", 0, len(text) - len(after)) + 1
        raise invalid(
            f"line {line}",
            "The document has a DTD, which could declare entities.",
            remedy="Send it without <!DOCTYPE …>.",
        )
    if not after.startswith("<"):
        line = text.count("\n", 0, len(text) - len(after)) + 1
        raise invalid(f"line {line}", "The document has no XML element.")
    return "\n" * text.count("\n", 0, len(text) - len(after)) + after


def _within_limits(text: str) -> None:
    if text.count("<") > MAX_MARKS:
        raise TooCostly(f"The document has more than {MAX_MARKS:,} tags.", remedy="Send it in parts.")
    if text.count('"') + text.count("'") > MAX_QUOTES:
        raise TooCostly(
            f"The document has more than {MAX_QUOTES // 2:,} attributes.", remedy="Send it in parts."
        )
    bad = _CAST.search(text)
    if bad:
        line = text.count("\n", 0, bad.start()) + 1
        raise invalid(f"line {line}", "The document holds a control character, which XML forbids.")


def _tree(text: str) -> Element:
    """Prefixes that every CDA document uses may be left undeclared; nothing else is mended."""
    for _ in range(len(_STANDARD) + 1):
        try:
            return etree.fromstring(text.encode(), _parser())
        except etree.XMLSyntaxError as error:
            message = str(error.msg)
            missing = _UNDECLARED.match(message)
            if missing is None:
                raise _broken(error, message) from None
            text = _declaring(text, missing[1])
    raise invalid("line 1", "A namespace prefix is used that nothing declares.")


def _parser() -> Any:
    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        recover=False,
    )


def _declaring(text: str, prefix: str) -> str:
    return _FIRST_TAG.sub(lambda match: f'<{match[1]} xmlns:{prefix}="{_STANDARD[prefix]}"', text, count=1)


def _broken(error: Any, message: str) -> Invalid:
    """What is wrong, in words of our own: those of the parser quote the document."""
    line = int(error.lineno or 1)
    said = _FAULTS.get(int(error.code or 0), "This is not well-formed XML.")
    if "depth" in message.lower():
        said = "The elements are nested too deeply."
    elif "huge" in message.lower() or "too long" in message.lower():
        said = "One text is too long."
    return invalid(f"line {line}", said)


def check_breadth(root: Element, names: tuple[str, ...]) -> None:
    """Raises `TooCostly` when one of the elements so named holds more than anyone would write."""
    for element in root.iter(*names):
        if len(element) > MAX_PARTS:
            raise TooCostly(
                f"{place_of(element)} holds more than {MAX_PARTS:,} elements.", remedy="Send it in parts."
            )
