"""Fragments of CDA, as the guide's examples are, put where they belong in a whole document."""

from __future__ import annotations

import re

_DECLARATION = re.compile(r"^\ufeff?\s*(?:<\?xml[^>]*\?>)?", re.DOTALL)
_COMMENTS = re.compile(r"<!--.*?-->|<\?.*?\?>", re.DOTALL)
_ROOT = re.compile(r"<([A-Za-z_:][\w:.\-]*)")

NAMESPACES = (
    'xmlns="urn:hl7-org:v3" xmlns:sdtc="urn:hl7-org:sdtc" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:voc="urn:hl7-org:v3/voc"'
)
_PATIENT = (
    '<recordTarget><patientRole><id root="2.16.840.1.113883.19.5" extension="1"/>'
    "<patient><name><family>Test</family></name></patient></patientRole></recordTarget>"
)
_HEADER = frozenset(
    "author dataEnterer informant custodian informationRecipient legalAuthenticator authenticator participant"
    " inFulfillmentOf documentationOf relatedDocument authorization componentOf".split()
)
_STATEMENTS = frozenset(
    "act observation substanceAdministration supply procedure encounter organizer observationMedia".split()
)


def root_of(text: str) -> str:
    """The name of the first element."""
    found = _ROOT.search(_COMMENTS.sub("", text))
    return found[1] if found else ""


def whole(raw: bytes) -> bytes:
    """A document with the fragment in it; a whole document as it is."""
    text = _DECLARATION.sub("", raw.decode("utf-8-sig"), count=1)
    root = root_of(text)
    if root == "ClinicalDocument":
        return raw
    return _placed(text, root).encode()


def _placed(text: str, root: str) -> str:
    if root == "recordTarget":
        return _document(text, "", patient="")
    if root in _HEADER:
        return _document(text, "")
    if root == "component":
        if re.search(r"<section[\s>]", text):
            return _document("", text)
        return _document(
            "", _section(f"<entry><organizer classCode='CLUSTER' moodCode='EVN'>{text}</organizer></entry>")
        )
    if root == "section":
        return _document("", f"<component>{text}</component>")
    if root == "entry":
        return _document("", _section(text))
    if root in _STATEMENTS:
        return _document("", _section(f"<entry>{text}</entry>"))
    if root == "serviceEvent":
        return _document(f"<documentationOf>{text}</documentationOf>", "")
    return _document("", _section(f"<entry><act classCode='ACT' moodCode='EVN'>{text}</act></entry>"))


def _section(inside: str) -> str:
    return f"<component><section><title>T</title><text>t</text>{inside}</section></component>"


def _document(header: str, body: str, *, patient: str = _PATIENT) -> str:
    structured = f"<component><structuredBody>{body}</structuredBody></component>" if body else ""
    return (
        f"<ClinicalDocument {NAMESPACES}><id root='2.16.840.1.113883.19.6' extension='1'/>"
        "<code code='34133-9' codeSystem='2.16.840.1.113883.6.1'/><title>T</title>"
        f"<effectiveTime value='20200101'/>{patient}{header}{structured}</ClinicalDocument>"
    )
