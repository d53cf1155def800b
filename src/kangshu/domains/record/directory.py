"""Names of institutions, staff, places and products that a record only points to."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kangshu.domains.record.datatypes import (
    Json,
    address_of,
    codes_of,
    concept_text,
    listed,
    name_text,
    table,
    tables,
    word,
)
from kangshu.kernel.facts.definition import Fact

DIRECTORY_TYPES = frozenset(
    {
        "Organization",
        "Practitioner",
        "PractitionerRole",
        "Location",
        "Medication",
        "Device",
        "Substance",
        "HealthcareService",
    }
)
"""Types that name things; they are no part of anybody's life, so they make no entry."""

_REFERENCE = re.compile(
    rb'"reference"\s*:\s*"(?:[^"]*/)?('
    + "|".join(sorted(DIRECTORY_TYPES)).encode()
    + rb")/([A-Za-z0-9\-.]{1,64})(?:/_history/[^\"]*)?\""
)


@dataclass(frozen=True, slots=True)
class Directory:
    """names: `Type/id` -> name; institutions: organisation code, id or identifier -> name."""

    names: Mapping[str, str]
    institutions: Mapping[str, str]
    concepts: Mapping[str, Json]

    def name(self, reference: object) -> str:
        """What a Reference points to, in words; empty if nothing says."""
        shown = word(table(reference).get("display"))
        return self.names.get(address_of(reference), "") or shown

    def names_of(self, references: object) -> tuple[str, ...]:
        """The names behind several references, each once."""
        found = (self.name(reference) for reference in listed(references))
        return tuple(dict.fromkeys(name for name in found if name))

    def institution(self, org: str) -> str:
        """The name of an institution, its code where no name is known."""
        return self.institutions.get(org, org)

    def product(self, reference: object) -> Json:
        """The code of the Medication a reference points to; empty if it is not known."""
        return self.concepts.get(address_of(reference), {})


def read_directory(pairs: Sequence[tuple[Fact, Json]], known: Mapping[str, str]) -> Directory:
    """Gather the names from facts and their parsed bodies; `known` names (by code) go before theirs."""
    names: dict[str, str] = {}
    institutions: dict[str, str] = {}
    concepts: dict[str, Json] = {}
    for fact, body in pairs:
        name = _name(fact.type, body)
        if name:
            names[f"{fact.type}/{fact.id}"] = name
        if fact.type == "Organization" and name:
            keys = [fact.id, *(word(i.get("value")) for i in tables(body.get("identifier")))]
            institutions.update({key: name for key in keys if key})
        if codes_of(body.get("code")) or concept_text(body.get("code")):
            concepts[f"{fact.type}/{fact.id}"] = table(body.get("code"))
    return Directory(names, institutions | dict(known), concepts)


def wanted_references(facts: Sequence[Fact]) -> tuple[tuple[str, str], ...]:
    """(type, id) of every directory fact the bodies point to, each once, sorted.

    Read from the text as it stands: parsing every body a second time would cost more than all the rest.
    """
    found = {match.groups() for fact in facts if not fact.deleted for match in _REFERENCE.finditer(fact.body)}
    return tuple(sorted((kind.decode(), id_.decode()) for kind, id_ in found))


def _name(kind: str, body: Json) -> str:
    if kind == "Practitioner":
        return name_text(body.get("name"))
    if kind == "PractitionerRole":
        return word(table(body.get("practitioner")).get("display")) or concept_text(body.get("code"))
    if kind == "Device":
        return next((word(d.get("name")) for d in tables(body.get("deviceName"))), "") or concept_text(
            body.get("type")
        )
    return word(body.get("name")) or concept_text(body.get("code"))
