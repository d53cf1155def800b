"""Local codes to standard ones: the standard coding is put beside the local one, which is never lost.

Pure. What the institution wrote stays as it is, byte for byte; only the list of codings grows. An added
coding says which map it is from, so that it can be told from what was sent, and taken back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

import msgspec
import orjson

from kangshu.domains.terminology.targets import Target, Targets
from kangshu.kernel.codes.coding import Coding, coding_of
from kangshu.kernel.codes.concept_map import ConceptMap, current

CODES_OF = "urn:kangshu:codes-of:"
"""A concept map whose source is this, with the code of an institution, is for that institution only."""

TRANSLATED = "urn:kangshu:extension:translated-by"
"""On a coding that was added: the map it is from."""

NO_SYSTEM = "urn:kangshu:no-system"
"""Stands in maps for codes that come without a system."""

_LONGEST = 200

_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST = msgspec.json.Decoder(list[msgspec.Raw])


@dataclass(frozen=True, slots=True)
class Lead:
    """Where a local code leads."""

    code: str
    display: str
    map: str


@dataclass(frozen=True, slots=True)
class Leads:
    """Maps in use, by institution ("" for all), local system, code, and standard."""

    by_key: Mapping[tuple[str, str, str, str], Lead]

    def find(self, org: str, coding: Coding, standard: str) -> Lead | None:
        """The lead of a coding: that for the institution before that for everybody."""
        system = coding.system or NO_SYSTEM
        own = self.by_key.get((org, system, coding.code, standard))
        return own or self.by_key.get(("", system, coding.code, standard))

    def knows(self, org: str, system: str, code: str, target: Target) -> bool:
        """Whether there is a lead for a code of an institution."""
        known = system or NO_SYSTEM
        return (org, known, code, target.system) in self.by_key or (
            "",
            known,
            code,
            target.system,
        ) in self.by_key


NO_LEADS = Leads({})
"""Leads nowhere: what was added under any map is taken back."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A local code that no map leads to the standard that is wanted."""

    type: str
    element: str
    system: str
    code: str
    standard: str
    display: str
    unit: str


@dataclass(frozen=True, slots=True)
class Translated:
    """The body, changed or the very same, and the codes in it that lead nowhere."""

    body: bytes
    unknown: tuple[Unknown, ...]

    def is_same(self, body: bytes) -> bool:
        return self.body is body


def leads_of(maps: Iterable[ConceptMap], on: date) -> Leads:
    """The maps that are active and good for a day, ready for use. A later map overrules an earlier one."""
    found: dict[tuple[str, str, str, str], Lead] = {}
    for each in current((one for one in maps if one.is_effective(on)), on):
        org = each.source.removeprefix(CODES_OF) if each.source.startswith(CODES_OF) else ""
        for group in each.groups:
            for code, targets in group.elements.items():
                chosen = next((one for one in targets if one.is_match and one.code), None)
                if chosen is not None:
                    key = (org, group.source or NO_SYSTEM, code, group.target)
                    found[key] = Lead(chosen.code, chosen.display, each.canonical)
    return Leads(found)


def is_settled(resource: Mapping[str, Any], type_: str, org: str, leads: Leads, targets: Targets) -> bool:
    """Whether `translate` would neither change the resource nor find an unknown code: most are so, and
    this is told from the parsed resource at once."""
    return all(
        _is_settled(resource.get(target.element), org, leads, target) for target in targets.get(type_, ())
    )


def _is_settled(concept: Any, org: str, leads: Leads, target: Target) -> bool:
    codings: Any = cast("dict[str, Any]", concept).get("coding") if isinstance(concept, dict) else None
    if not codings or not isinstance(codings, list):
        return True
    is_standard = False
    for each in cast("list[Any]", codings):
        if not isinstance(each, dict) or "extension" in each:
            return False
        coding = cast("dict[str, Any]", each)
        system, code = coding.get("system") or "", coding.get("code") or ""
        if not isinstance(system, str) or not isinstance(code, str) or leads.knows(org, system, code, target):
            return False
        is_standard = is_standard or system == target.system or system in target.also
    return is_standard


def translate(body: bytes, type_: str, org: str, leads: Leads, targets: Targets) -> Translated:
    """A resource with standard codings added where a map leads to one.

    `body` is the resource as JSON; the very same object comes back where nothing changed. Doing it again
    changes nothing; after a map was changed, its earlier codings are replaced.
    """
    unknown: list[Unknown] = []
    properties: dict[str, msgspec.Raw] | None = None
    is_changed = False
    for target in targets.get(type_, ()):
        if f'"{target.element}"'.encode() not in body:
            continue
        properties = _OBJECT.decode(body) if properties is None else properties
        raw = properties.get(target.element)
        if raw is None:
            continue
        concept = _Concept.read(bytes(raw))
        if concept is None:
            continue
        added = _led(concept, org, leads, target)
        missing = _missing(concept, target, added)
        if missing is not None:
            unknown.append(_unknown(missing, target, properties))
        changed = concept.with_added(added, target.system)
        if changed is not None:
            properties[target.element] = msgspec.Raw(changed)
            is_changed = True
    if not is_changed or properties is None:
        return Translated(body, tuple(unknown))
    return Translated(_object(properties), tuple(unknown))


@dataclass(frozen=True, slots=True)
class _Concept:
    """A CodeableConcept: its properties as they are written, and its codings, written and read."""

    properties: dict[str, msgspec.Raw]
    written: tuple[bytes, ...]
    codings: tuple[dict[str, Any], ...]

    @classmethod
    def read(cls, raw: bytes) -> _Concept | None:
        """None for what is no CodeableConcept with codings."""
        try:
            properties = _OBJECT.decode(raw)
            items = _LIST.decode(properties["coding"])
        except (msgspec.DecodeError, KeyError):
            return None
        written = tuple(bytes(each) for each in items)
        codings = [orjson.loads(each) for each in written]
        if not all(isinstance(each, dict) for each in codings):
            return None
        return cls(properties, written, tuple(cast("list[dict[str, Any]]", codings)))

    def sent(self) -> list[Coding]:
        """The codings of the institution itself."""
        return [coding_of(each) for each in self.codings if not _map_of(each)]

    def with_added(self, leads: Sequence[Lead], system: str) -> bytes | None:
        """The concept with those codings added, and codings added earlier gone; None if it stays as it is."""
        sent = [
            (text, each)
            for text, each in zip(self.written, self.codings, strict=True)
            if not (_map_of(each) and each.get("system") == system)
        ]
        there = {(each.get("system"), each.get("code")) for _, each in sent}
        new = [_coding(system, lead) for lead in leads if (system, lead.code) not in there]
        items = [*(text for text, _ in sent), *dict.fromkeys(new)]
        if items == list(self.written):
            return None
        coding = b"[" + b",".join(items) + b"]"
        return _object({**self.properties, "coding": msgspec.Raw(coding)})


def _led(concept: _Concept, org: str, leads: Leads, target: Target) -> list[Lead]:
    found = (leads.find(org, each, target.system) for each in concept.sent() if each.code)
    return [each for each in found if each is not None]


def _missing(concept: _Concept, target: Target, leads: Sequence[Lead]) -> Coding | None:
    """The local code that leads nowhere, if the concept has no code of a standard at all."""
    good = {target.system, *target.also}
    sent = [each for each in concept.sent() if each.code]
    if leads or not sent or any(each.system in good for each in sent):
        return None
    return sent[0]


def _unknown(coding: Coding, target: Target, properties: Mapping[str, msgspec.Raw]) -> Unknown:
    return Unknown(
        type=target.type,
        element=target.element,
        system=coding.system[:_LONGEST],
        code=coding.code[:_LONGEST],
        standard=target.system,
        display=(coding.display or _text(properties.get(target.element)))[:_LONGEST],
        unit=_unit(properties.get("valueQuantity"))[:_LONGEST],
    )


def _text(raw: msgspec.Raw | None) -> str:
    return _member(raw, "text")


def _unit(raw: msgspec.Raw | None) -> str:
    return _member(raw, "code") or _member(raw, "unit")


def _member(raw: msgspec.Raw | None, name: str) -> str:
    value: Any = orjson.loads(bytes(raw)).get(name, "") if raw is not None and bytes(raw)[:1] == b"{" else ""
    return value if isinstance(value, str) else ""


def _map_of(coding: Mapping[str, Any]) -> str:
    """The map an added coding is from, "" for one that was sent."""
    extensions: Any = coding.get("extension")
    for each in cast("list[Any]", extensions) if isinstance(extensions, list) else []:
        if isinstance(each, dict) and cast("dict[str, Any]", each).get("url") == TRANSLATED:
            return str(cast("dict[str, Any]", each).get("valueCanonical", "?"))
    return ""


def _coding(system: str, lead: Lead) -> bytes:
    coding: dict[str, Any] = {
        "extension": [{"url": TRANSLATED, "valueCanonical": lead.map}],
        "system": system,
        "code": lead.code,
    }
    if lead.display:
        coding["display"] = lead.display
    return orjson.dumps(coding)


def _object(properties: Mapping[str, msgspec.Raw]) -> bytes:
    return b"{" + b",".join(orjson.dumps(name) + b":" + bytes(raw) for name, raw in properties.items()) + b"}"
