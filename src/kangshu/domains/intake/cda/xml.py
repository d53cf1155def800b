"""XML from outside, made safe before anything reads it: bytes in, a tree without namespaces of HL7 out.

The text is decoded here, not by the parser, so that no encoding trick hides a DTD; there are no entities,
no network, and limits on size, tags, attributes, depth and the length of one text. Elements of
`urn:hl7-org:v3` lose their namespace, so that the XPaths of the tables stay readable; those of
`urn:hl7-org:sdtc` keep it; any other markup is taken out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from lxml import etree

from kangshu.kernel.base.errors import Invalid, Problem, TooCostly

Element = Any
"""An element of lxml, which brings no types."""
XPath = Callable[[Element], Any]

MAX_BYTES = 20 << 20
"""Bytes of one document; with its base64 copy it must fit into one resource."""
MAX_MARKS = 600_000
"""Opening, closing and empty tags, comments, CDATA sections."""
MAX_QUOTES = 1_500_000
"""Quotation marks: two for each attribute."""
MAX_PARTS = 2000
"""Elements directly within one statement; some rows look at all of them for each of them."""

V3 = "urn:hl7-org:v3"
SDTC = "urn:hl7-org:sdtc"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
NAMESPACES = {"sdtc": SDTC, "xsi": XSI}
_FOREIGN = "{urn:x-foreign}x"
TYPE = f"{{{XSI}}}type"

_ENCODINGS = {
    "utf-8": "utf-8-sig",
    "utf8": "utf-8-sig",
    "us-ascii": "ascii",
    "ascii": "ascii",
    "gb18030": "gb18030",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "big5": "big5",
    "cp936": "gb18030",
    "gb_2312-80": "gb18030",
    "iso-8859-1": "latin-1",
    "iso_8859-1": "latin-1",
    "latin1": "latin-1",
    "iso-8859-15": "iso8859-15",
    "windows-1252": "cp1252",
    "cp1252": "cp1252",
    "utf-16": "utf-16",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
}
_UTF_32 = (b"\xff\xfe\0\0", b"\0\0\xfe\xff", b"<\0\0\0", b"\0\0\0<")
_DECLARATION = re.compile(r"""\s*<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z0-9._\-]{1,40})["'][^>]*\?>""")
_PROLOG = re.compile(r"\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*)*", re.DOTALL)
_ELEMENT_NAME = re.compile(r"[A-Za-z]{1,40}")
_FIRST_TAG = re.compile(r"<([^\s<>/]+)")
_CAST = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_PADDED: XPath = etree.XPath("//*[@*[starts-with(., ' ') or substring(., string-length(.)) = ' ']]")
_ONES: XPath = etree.XPath("//*[@negationInd='1' or @inversionInd='1' or @inclusive='0']")
_OTHER_SPELLINGS = (
    *(f"{before}{quote}" for quote in "\"'" for before in " \t\n\r"),
    *(f"={quote}{blank}" for quote in "\"'" for blank in " \t\n\r"),
    *(f"{name}={quote}{value}" for name, value in (("Ind", 1), ("inclusive", 0)) for quote in "\"'"),
    "= ",
)
"""Signs that an attribute may be spelled otherwise; to look at each is a fifth of the work."""
_WORDS = {"0": "false", "1": "true"}
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


def looks_like_xml(first: bytes) -> bool:
    """Whether a message that starts so is XML, in any encoding that is read here."""
    text = first.removeprefix(b"\xef\xbb\xbf").lstrip()
    return text[:1] == b"<" or first[:4] in (b"\xff\xfe<\0", b"\xfe\xff\0<") or first[:2] == b"\0<"


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
    text = _decoded(raw)
    body = _without_declaration(text)
    _within_limits(body)
    root = _plain(_tree(body))
    return _spelled(root) if any(sign in body for sign in _OTHER_SPELLINGS) else root


def invalid(place: str, message: str, *, remedy: str = "Correct the document and send it again.") -> Invalid:
    """A document that cannot be used, and where."""
    return Invalid(message, remedy=remedy, problems=(Problem("error", "structure", place, message),))


def _decoded(raw: bytes) -> str:
    codec = _codec(raw)
    try:
        return raw.decode(codec).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        name = codec.removesuffix("-sig").upper()
        raise invalid(
            f"line {line}", f"The document says it is in {name}, and byte {error.start} is not."
        ) from None


def _codec(raw: bytes) -> str:
    if raw[:4] in _UTF_32:
        raise invalid(
            "line 1", "The document is in UTF-32, which is not read here.", remedy="Send it in UTF-8."
        )
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    if raw[:2] in (b"<\0", b"\0<"):
        return "utf-16-le" if raw[:1] == b"<" else "utf-16-be"
    declared = _DECLARATION.match(raw[:400].removeprefix(b"\xef\xbb\xbf").decode("latin-1"))
    name = declared[1].lower() if declared else "utf-8"
    if raw[:3] == b"\xef\xbb\xbf":
        name = "utf-8"
    if name.startswith("utf-16"):
        raise invalid("line 1", "The document says it is in UTF-16, and it is not.")
    if name not in _ENCODINGS:
        raise invalid("line 1", "The encoding it declares is not read here.", remedy="Send it in UTF-8.")
    return _ENCODINGS[name]


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


def _plain(root: Element) -> Element:
    """Take the HL7 namespace off, and markup of others out."""
    prefix = f"{{{V3}}}"
    kept = f"{{{SDTC}}}"
    parents: dict[Element, None] = {}
    for element in root.iter("*"):
        tag = element.tag
        if tag.startswith(prefix):
            element.tag = tag[len(prefix) :]
        elif tag.startswith("{") and not tag.startswith(kept):
            if element is root:
                raise invalid(
                    f"line {element.sourceline}",
                    "The root is not of the namespace urn:hl7-org:v3, so this is no CDA document.",
                    remedy="Send a ClinicalDocument of HL7 CDA R2.",
                )
            element.tag = _FOREIGN
            parents[element.getparent()] = None
    for parent in parents:
        if parent.tag != _FOREIGN:
            _clear(parent)
    return root


def _clear(parent: Element) -> None:
    """Take foreign markup out and keep the text around it: joined once, for to lengthen a text piece by
    piece takes time that grows with the square of the pieces."""
    before: Element = None
    pieces = [parent.text or ""]
    for child in list(parent):
        if child.tag == _FOREIGN:
            pieces.append(child.tail or "")
            parent.remove(child)
        else:
            _set_text(parent, before, pieces)
            before, pieces = child, [child.tail or ""]
    _set_text(parent, before, pieces)


def _set_text(parent: Element, before: Element, pieces: list[str]) -> None:
    if len(pieces) < 2:
        return
    if before is None:
        parent.text = "".join(pieces)
    else:
        before.tail = "".join(pieces)


def _spelled(root: Element) -> Element:
    """Each attribute in the one spelling the tables know: the schema of CDA takes off blanks at the ends of
    codes, numbers and times, and lets a truth be 1 instead of true."""
    for element in _PADDED(root):
        for name, value in element.attrib.items():
            element.set(name, value.strip())
    for element in _ONES(root):
        for name in ("negationInd", "inversionInd", "inclusive"):
            value = element.get(name)
            if value in _WORDS:
                element.set(name, _WORDS[value])
    return root


def check_breadth(root: Element, names: tuple[str, ...]) -> None:
    """Raises `TooCostly` when one of the elements so named holds more than anyone would write."""
    for element in root.iter(*names):
        if len(element) > MAX_PARTS:
            raise TooCostly(
                f"{place_of(element)} holds more than {MAX_PARTS:,} elements.", remedy="Send it in parts."
            )


def place_of(element: Element) -> str:
    """Where an element stands, as a path of names, for messages."""
    chain = [element, *element.iterancestors()]
    names = [str(each.tag).rpartition("}")[2] for each in reversed(chain)]
    # A name that HL7 would not give may be somebody's.
    shown = [name if _ELEMENT_NAME.fullmatch(name) else "?" for name in names]
    return f"{'/'.join(shown)} (line {element.sourceline})"
