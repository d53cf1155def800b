"""Who the record is about, put together from what every institution registered."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, tzinfo

from kangshu.domains.record.datatypes import (
    Json,
    address_text,
    codes_of,
    concept_text,
    name_text,
    tables,
    word,
)
from kangshu.domains.record.directory import Directory
from kangshu.domains.record.entry import Source
from kangshu.domains.record.moment import Moment, age_on, parse_moment
from kangshu.domains.record.read import source_of
from kangshu.kernel.facts.definition import Fact

_HEALTH_CARD = "2.16.156.10011.1.19"
_ID_NUMBER = re.compile(r"^\d{17}[\dXx]$")


@dataclass(frozen=True, slots=True)
class Identifier:
    """A number the person is known by. `label` is a key of the portal's strings or the source's own text."""

    label: str
    masked: str


@dataclass(frozen=True, slots=True)
class Contact:
    """A way to reach the person."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Demographics:
    """The person as last registered; `names` holds every spelling in use, newest registration first.

    `age` is in completed years on the day asked for, or at death; `differing` names the fields on
    which institutions disagree; `registrations` has one source per registration, newest first.
    """

    name: str
    names: tuple[str, ...]
    sex: str
    born: Moment | None
    died: Moment | None
    dead: bool
    age: int | None
    identifiers: tuple[Identifier, ...]
    address: str
    phones: tuple[Contact, ...]
    practitioners: tuple[str, ...]
    differing: tuple[str, ...]
    registrations: tuple[Source, ...]


def read_demographics(
    patients: Sequence[tuple[Fact, Json]], directory: Directory, on: date, zone: tzinfo
) -> Demographics:
    """Join the Patient resources of one person; with none, everything is empty."""
    ordered = sorted(patients, key=lambda pair: pair[0].recorded_at, reverse=True)
    bodies = [body for _, body in ordered]
    names = _distinct([name_text(body.get("name")) for body in bodies])
    sexes = _distinct([word(body.get("gender")) for body in bodies])
    births = _distinct([word(body.get("birthDate")) for body in bodies])
    born = parse_moment(births[0], zone) if births else None
    died, dead = _death(bodies, zone)
    return Demographics(
        name=names[0] if names else "",
        names=names,
        sex=sexes[0] if sexes else "",
        born=born,
        died=died,
        dead=dead,
        age=_age(born, died, on, dead=dead),
        identifiers=tuple(dict.fromkeys(i for body in bodies for i in _identifiers(body))),
        address=next((text for body in bodies if (text := address_text(body.get("address")))), ""),
        phones=tuple(dict.fromkeys(c for body in bodies for c in _phones(body))),
        practitioners=directory.names_of(
            [reference for body in bodies for reference in tables(body.get("generalPractitioner"))]
        ),
        differing=tuple(
            field for field, values in (("name", names), ("sex", sexes), ("born", births)) if len(values) > 1
        ),
        registrations=tuple(source_of(fact, directory) for fact, _ in ordered),
    )


def mask(number: str) -> str:
    """Enough of a number to recognise it, not enough to use it: `440***********1234`."""
    if len(number) < 8:
        return number[:1] + "*" * (len(number) - 1)
    return number[:3] + "*" * min(11, len(number) - 7) + number[-4:]


def mask_phone(number: str) -> str:
    """`138****5678`."""
    return number[:3] + "****" + number[-4:] if len(number) >= 11 else mask(number)


def _distinct(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))


def _death(bodies: Sequence[Json], zone: tzinfo) -> tuple[Moment | None, bool]:
    moments = [m for body in bodies if (m := parse_moment(body.get("deceasedDateTime"), zone))]
    dead = bool(moments) or any(body.get("deceasedBoolean") is True for body in bodies)
    return (moments[0] if moments else None), dead


def _age(born: Moment | None, died: Moment | None, on: date, *, dead: bool) -> int | None:
    if born is None or (dead and died is None):
        return None
    return max(0, age_on(born.date, died.date if died else on))


def _identifiers(body: Json) -> list[Identifier]:
    found: list[Identifier] = []
    for item in tables(body.get("identifier")):
        value = word(item.get("value"))
        if value:
            found.append(Identifier(_identifier_label(item, value), mask(value)))
    return found


def _identifier_label(item: Json, value: str) -> str:
    if _ID_NUMBER.match(value):
        return "id_number"
    kinds = {code.code for code in codes_of(item.get("type"))}
    system = word(item.get("system")).lower()
    if "HC" in kinds or system.endswith(_HEALTH_CARD):
        return "health_card"
    if "MR" in kinds:
        return "local_number"
    return concept_text(item.get("type")) or "other_number"


def _phones(body: Json) -> list[Contact]:
    found: list[Contact] = []
    for item in tables(body.get("telecom")):
        value = word(item.get("value"))
        if value and word(item.get("system")) in ("phone", "sms", ""):
            found.append(Contact(word(item.get("use")), mask_phone(value)))
    return found
