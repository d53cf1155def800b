"""Whether a statement may become a fact of the patient: not if it says of itself that nothing is known, if it
is about somebody else, or if it is denied or withdrawn and its map has no form for that.

A map has a form for what its rows or its condition speak of; `Map.knows` says which that is.
"""

from __future__ import annotations

from collections.abc import Mapping

from kangshu.domains.intake.cda.definition import Map
from kangshu.domains.intake.cda.xml import Element

STATEMENTS = (
    "act",
    "observation",
    "substanceAdministration",
    "supply",
    "procedure",
    "encounter",
    "organizer",
)
_NAMES = frozenset(STATEMENTS)
_NEGATED, _SUBJECT, _WITHDRAWN = "negationInd", "relatedSubject", "nullified"


def known_to(cells: str, words: Mapping[str, Mapping[str, object]]) -> frozenset[str]:
    """What a map has a form for, from the text of its cells and the code tables these use."""
    found = {word for word in (_NEGATED, _SUBJECT, _WITHDRAWN) if word in cells}
    if any(_WITHDRAWN in table for name, table in words.items() if f"code:{name}" in cells.split()):
        found.add(_WITHDRAWN)
    return frozenset(found)


def hindrance(node: Element, each: Map) -> str | None:
    """Why a map may make nothing of a statement; None: it may. What is no statement always stands."""
    if node.tag not in _NAMES:
        return None
    above = [
        ancestor for ancestor in node.iterancestors() if ancestor.tag in _NAMES or ancestor.tag == "section"
    ]
    if any(level.get("nullFlavor") for level in (node, *above) if level.tag != "section"):
        return "The statement says that nothing is known (nullFlavor)."
    if _SUBJECT not in each.knows and any(_is_about_another(level) for level in (node, *above)):
        return "The statement is about somebody else (subject)."
    if _is_no_act(node.get("moodCode") or ""):
        return "The statement is a definition or a criterion (moodCode)."
    return _denial(node, each)


def part_hindrance(node: Element, each: Map) -> str | None:
    """The same for a part of a statement: what it is about was asked of the whole."""
    if node.tag not in _NAMES:
        return None
    if node.get("nullFlavor"):
        return "The statement says that nothing is known (nullFlavor)."
    return _denial(node, each)


def is_same_patient(first: Element, second: Element) -> bool:
    """Whether two `patientRole` describe one person: by a number they share, or by name and day of birth."""
    if _numbers(first) & _numbers(second):
        return True
    named = _name_and_birth(first)
    return all(named) and named == _name_and_birth(second)


def _numbers(role: Element) -> set[tuple[str, str]]:
    found = {(each.get("root"), each.get("extension")) for each in role.xpath("id | patient/id")}
    return {(root, number) for root, number in found if root and number}


def _name_and_birth(role: Element) -> tuple[str, str]:
    name, birth = role.find("patient/name"), role.find("patient/birthTime")
    said = "" if name is None else "".join("".join(name.itertext()).split())
    return said, "" if birth is None else (birth.get("value") or "")[:8]


def _denial(node: Element, each: Map) -> str | None:
    if _NEGATED not in each.knows and node.get("negationInd") == "true":
        return "The statement is negated, and there is no form for that."
    if _is_of_denied_concern(node):
        return "The statement is what a negated act speaks of."
    status = node.find("statusCode")
    if _WITHDRAWN not in each.knows and status is not None and status.get("code") == _WITHDRAWN:
        return "The statement is nullified, and there is no form for that."
    return None


def _is_no_act(mood: str) -> bool:
    """Neither done nor wanted: what would be, if."""
    return mood in ("DEF", "EXPEC") or mood.endswith(".CRT")


def _is_about_another(level: Element) -> bool:
    related = level.find("subject/relatedSubject")
    return related is not None and related.get("classCode") != "PAT"


def _is_of_denied_concern(node: Element) -> bool:
    """Whether a negated act says that there is no such thing: it stands in it as its subject."""
    relation = node.getparent()
    if (
        relation is None
        or relation.tag != "entryRelationship"
        or relation.get("typeCode") not in ("SUBJ", None)
    ):
        return False
    act = relation.getparent()
    return act is not None and act.tag == "act" and act.get("negationInd") == "true"
