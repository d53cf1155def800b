"""Coded values: CD, CE, CV, CO to Coding and CodeableConcept; OIDs to the systems FHIR calls them by."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kangshu.domains.intake.cda.texts import Texts, tidy
from kangshu.domains.intake.cda.xml import Element

OID = re.compile(r"[0-2](?:\.(?:0|[1-9]\d*))+")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\s\"<>\\^`{|}]+")

Coding = dict[str, Any]


def system_of(root: str | None, systems: Mapping[str, str]) -> str | None:
    """The URI of a code system or number space given by its OID or UUID."""
    text = (root or "").strip()
    if text in systems:
        return systems[text]
    if OID.fullmatch(text):
        return f"urn:oid:{text}"
    if _UUID.fullmatch(text):
        return f"urn:uuid:{text.lower()}"
    return text if _URI.fullmatch(text) else None


def identifier(element: Element, systems: Mapping[str, str]) -> dict[str, Any] | None:
    """An II as an Identifier; None where it is null. A number space with no number in it is nobody's number,
    though its root is written: institutions leave `extension` empty where they have none."""
    root, extension = element.get("root"), tidy(element.get("extension"))
    system = system_of(root, systems)
    if extension is None:
        if element.get("extension") is not None or (root or "").strip() in systems:
            return None
        # An OID or a UUID alone is the number itself.
        unregistered = system if system and system.startswith("urn:") else system_of(root, {})
        return {"system": "urn:ietf:rfc:3986", "value": unregistered} if unregistered else None
    found: dict[str, Any] = {"system": system} if system else {}
    found["value"] = extension
    assigner = tidy(element.get("assigningAuthorityName"))
    return found | ({"assigner": {"display": assigner}} if assigner else {})


def number_of(element: Element, systems: Mapping[str, str]) -> tuple[str, str] | None:
    """Root and extension of an II that identifies something; None of one that does not."""
    root = (element.get("root") or "").strip()
    if not root or element.get("nullFlavor") or identifier(element, systems) is None:
        return None
    return root, tidy(element.get("extension")) or ""


def coding(element: Element, systems: Mapping[str, str]) -> Coding | None:
    """The code an element has itself, without its translations."""
    code = tidy(element.get("code"))
    if code is None:
        return None
    system = system_of(element.get("codeSystem"), systems)
    version = tidy(element.get("codeSystemVersion"))
    display = tidy(element.get("displayName"))
    found: Coding = {"system": system} if system else {}
    if version:
        found["version"] = version
    found["code"] = code
    return found | ({"display": display} if display else {})


def concept(element: Element, systems: Mapping[str, str], texts: Texts) -> dict[str, Any] | None:
    """A coded value with its translations and the words it was entered with."""
    found: list[Coding] = []
    for each in (element, *element.iterfind("translation")):
        value = coding(each, systems)
        if value is not None and value not in found:
            found.append(value)
    text = words(element, texts)
    result: dict[str, Any] = {"coding": found} if found else {}
    return result | ({"text": text} if text else {}) or None


def words(element: Element, texts: Texts) -> str | None:
    """What was entered: the original text, else the display name."""
    original = element.find("originalText")
    said = None if original is None else texts.of(original)
    shown = (each.get("displayName") for each in (element, *element.iterfind("translation")))
    return said or next((text for text in map(tidy, shown) if text), None)
