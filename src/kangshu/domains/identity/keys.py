"""The exact keys of a source patient, and the traits by which a wrong key is recognised."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from kangshu.domains.identity.resident_id import parse_resident_id
from kangshu.kernel.base.errors import Invalid

RESIDENT_ID = "resident-id"
HEALTH_CARD = "health-card"


@dataclass(frozen=True, slots=True)
class Systems:
    """Which identifier systems carry national keys. Everything else is a local number of its institution."""

    resident_id: frozenset[str]
    health_card: frozenset[str]


def parse_systems(text: str) -> Systems:
    """From TOML with the lists `resident_id` and `health_card`; unknown keys are errors."""
    data = tomllib.loads(text)
    unknown = set(data) - {"resident_id", "health_card"}
    if unknown or not all(isinstance(value, list) for value in data.values()):
        raise Invalid("The identifier systems take the lists resident_id and health_card, nothing else.")
    return Systems(frozenset(data["resident_id"]), frozenset(data["health_card"]))


@dataclass(frozen=True, slots=True)
class PatientKeys:
    """What a source patient can be joined by.

    `national` and `local` are (system, value) keys; `traits` are birth date, sex, names and the
    national keys themselves, as far as they are known; `invalid` counts national numbers that
    fail their own check.
    """

    national: tuple[tuple[str, str], ...]
    local: tuple[tuple[str, str], ...]
    traits: Mapping[str, Any]
    contradiction: str | None


def keys_of(patient: Mapping[str, Any], org: str, systems: Systems, *, on: date) -> PatientKeys:
    """The keys of a FHIR Patient as institution `org` sent it.

    An identity number that fails its check is no key. One whose birth date or sex contradicts the
    record's own is named in `contradiction` and must not join anything by itself.
    """
    national: list[tuple[str, str]] = []
    local: list[tuple[str, str]] = []
    contradiction: str | None = None
    birth, sex = _text(patient.get("birthDate")), _text(patient.get("gender"))
    for identifier in _dicts(patient.get("identifier")):
        system, value = _text(identifier.get("system")), _text(identifier.get("value"))
        if not value or identifier.get("use") == "old":
            continue
        if system in systems.resident_id:
            resident = parse_resident_id(value, on=on)
            if resident is None:
                continue
            national.append((RESIDENT_ID, resident.number))
            if len(birth) == 10 and birth != resident.birth.isoformat():
                contradiction = "birth-date"
            elif sex in ("male", "female") and sex != resident.sex:
                contradiction = "sex"
        elif system in systems.health_card:
            national.append((HEALTH_CARD, value.strip()))
        elif system:
            local.append((f"local|{org}|{system}", value.strip()))
    traits = {
        "birth": birth if len(birth) == 10 else "",
        "sex": sex if sex in ("male", "female") else "",
        "names": sorted(_names(patient)),
        RESIDENT_ID: next((v for s, v in national if s == RESIDENT_ID), ""),
    }
    if len({value for system, value in national if system == RESIDENT_ID}) > 1:
        contradiction = "two-resident-ids"
    return PatientKeys(tuple(dict.fromkeys(national)), tuple(dict.fromkeys(local)), traits, contradiction)


def _names(patient: Mapping[str, Any]) -> Iterable[str]:
    for name in _dicts(patient.get("name")):
        given = name.get("given")
        listed = cast(list[Any], given) if isinstance(given, list) else []
        parts = [_text(name.get("family")), *map(_text, listed)]
        written = "".join(parts) or _text(name.get("text"))
        if written:
            yield "".join(written.split()).casefold()


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _dicts(value: object) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        return []
    return [item for item in cast(list[Any], value) if isinstance(item, dict)]
