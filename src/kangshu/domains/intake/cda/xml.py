"""XML as everything here speaks of it: elements, namespaces, and how to say where something is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from kangshu.kernel.base.errors import Invalid, Problem

Element = Any
"""An element of lxml, which brings no types."""
XPath = Callable[[Element], Any]

V3 = "urn:hl7-org:v3"
SDTC = "urn:hl7-org:sdtc"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
NAMESPACES = {"sdtc": SDTC, "xsi": XSI}
TYPE = f"{{{XSI}}}type"
_ELEMENT_NAME = re.compile(r"[A-Za-z]{1,40}")


def invalid(place: str, message: str, *, remedy: str = "Correct the document and send it again.") -> Invalid:
    """A document that cannot be used, and where."""
    return Invalid(message, remedy=remedy, problems=(Problem("error", "structure", place, message),))


def place_of(element: Element) -> str:
    """Where an element stands, as a path of names, for messages."""
    chain = [element, *element.iterancestors()]
    names = [str(each.tag).rpartition("}")[2] for each in reversed(chain)]
    # A name that HL7 would not give may be somebody's.
    shown = [name if _ELEMENT_NAME.fullmatch(name) else "?" for name in names]
    return f"{'/'.join(shown)} (line {element.sourceline})"
