"""A tree made plain: one way to write each thing, so that the XPaths of the tables stay readable.

Elements of `urn:hl7-org:v3` lose their namespace, those of `urn:hl7-org:sdtc` keep it; any other markup is
taken out.
"""

from __future__ import annotations

from lxml import etree

from kangshu.domains.intake.cda.xml import SDTC, V3, Element, XPath, invalid

_FOREIGN = "{urn:x-foreign}x"
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


def plain(root: Element, text: str) -> Element:
    """The root of a text, made plain. Raises `Invalid` when it is not of HL7."""
    _clear_namespaces(root)
    if any(sign in text for sign in _OTHER_SPELLINGS):
        _spell(root)
    return root


def _clear_namespaces(root: Element) -> None:
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
            _take_out_foreign(parent)


def _take_out_foreign(parent: Element) -> None:
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


def _spell(root: Element) -> None:
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
