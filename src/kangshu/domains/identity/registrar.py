"""Linking a batch of source patients in the registry: reads, decides, writes, all in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kangshu.domains.identity.keys import PatientKeys, Systems, keys_of
from kangshu.domains.identity.link import Key, Link, link
from kangshu.kernel.facts import persons, work_items
from kangshu.kernel.facts.database import Session


@dataclass(frozen=True, slots=True)
class SourcePatient:
    """A Patient resource under the address it is stored at."""

    address: str
    resource: Mapping[str, Any]


class Registrar:
    """Gives every patient, and everything that refers to one, the number of a person."""

    def __init__(self, systems: Systems) -> None:
        self._systems = systems

    def identify(
        self,
        connection: Session,
        *,
        patients: Sequence[SourcePatient],
        mentioned: Sequence[str],
        org: str,
        county: str,
        now: datetime,
    ) -> dict[str, int]:
        """Persons by address, for the patients given and for addresses only mentioned in references.

        A mentioned patient who is not known yet gets a person of their own, which joins another
        once the patient's own record arrives and says who it is.
        """
        addresses = list(dict.fromkeys([*(p.address for p in patients), *mentioned]))
        keys = {p.address: keys_of(p.resource, org, self._systems, on=now.date()) for p in patients}
        wanted: list[Key] = [(persons.ADDRESS, address) for address in addresses]
        wanted += [key for found in keys.values() for key in (*found.national, *found.local)]
        holders = persons.find(connection, wanted)
        found = {a: holders[persons.ADDRESS, a] for a in addresses if (persons.ADDRESS, a) in holders}
        traits = dict(persons.traits(connection, holders.values())) if keys else {}
        for patient in patients:
            found[patient.address] = self._link(
                connection,
                patient,
                keys[patient.address],
                found.get(patient.address),
                holders,
                traits,
                org,
                county,
                now,
            )
        self._mention(connection, [a for a in mentioned if a not in found], found, now)
        return found

    def _link(
        self,
        connection: Session,
        patient: SourcePatient,
        keys: PatientKeys,
        own: int | None,
        holders: dict[Key, int],
        traits: dict[int, Mapping[str, Any]],
        org: str,
        county: str,
        now: datetime,
    ) -> int:
        decision = link(keys, own, holders, traits)
        person = decision.person
        if person is None:
            person = persons.create(connection, [decision.traits], now)[0]
        elif decision.traits and decision.traits != traits.get(person):
            persons.note(connection, person, decision.traits)
        if decision.absorb is not None:
            persons.move(connection, decision.absorb, person)
        held = dict.fromkeys(decision.hold, person)
        if own is None:
            held[persons.ADDRESS, patient.address] = person
        persons.hold(connection, held)
        holders.update(held)
        traits[person] = decision.traits or traits.get(person, {})
        if decision.doubt is not None:
            self._ask(connection, patient, decision, person, org, county, now)
        return person

    def _ask(
        self,
        connection: Session,
        patient: SourcePatient,
        decision: Link,
        person: int,
        org: str,
        county: str,
        now: datetime,
    ) -> None:
        assert decision.doubt is not None
        why, candidates = decision.doubt
        others = sorted(set(candidates) - {person})
        work_items.open_item(
            connection,
            kind="identity",
            dedupe_key=f"identity|{patient.address}|{why}|{','.join(map(str, others))}",
            org=org,
            county=county,
            details={"why": why, "address": patient.address, "person": person, "candidates": others},
            now=now,
        )

    def _mention(
        self, connection: Session, unknown: Sequence[str], found: dict[str, int], now: datetime
    ) -> None:
        if not unknown:
            return
        numbers = persons.create(connection, [{} for _ in unknown], now)
        found.update(zip(unknown, numbers, strict=True))
        persons.hold(connection, {(persons.ADDRESS, address): found[address] for address in unknown})
