"""Faults of CDA documents, done to their bytes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_SECTION = re.compile(rb"<component><section>.*?</section></component>", re.DOTALL)
_TEMPLATE = re.compile(rb'<templateId root="[^"]*"/>')


def _missing_section(xml: bytes) -> bytes:
    return _SECTION.sub(b"", xml, count=1)


def _broken(xml: bytes) -> bytes:
    return xml[: xml.rindex(b"</section>") - 4]


def _wrong_template(xml: bytes) -> bytes:
    other = b'<templateId root="2.16.156.10011.2.1.1.999"/>'
    return re.sub(rb'<code code="C\d{4}"', b'<code code="C9999"', _TEMPLATE.sub(other, xml, count=1), count=1)


DOCUMENT_FAULTS: Mapping[str, Callable[[bytes], bytes]] = {
    "missing_section": _missing_section,
    "broken_xml": _broken,
    "wrong_template": _wrong_template,
}
