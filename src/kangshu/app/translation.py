"""Local codes at intake: the maps of the moment, ready for one institution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from kangshu.domains.intake.translation import Translation
from kangshu.domains.terminology.mapping import NO_LEADS, Leads, Unknown, is_settled, leads_of, translate
from kangshu.domains.terminology.shelf import Shelf
from kangshu.domains.terminology.targets import Targets
from kangshu.kernel.base.time import Clock
from kangshu.kernel.facts.local_codes import Seen


@dataclass(frozen=True, slots=True)
class Translator:
    """Translates what one institution sends. Made anew for every transaction: maps change meanwhile."""

    org: str
    leads: Leads
    targets: Targets

    def __call__(self, type_: str, id_: str, body: bytes, resource: Mapping[str, Any]) -> Translation:
        """The body with standard codings added, and what leads nowhere."""
        if is_settled(resource, type_, self.org, self.leads, self.targets):
            return Translation(body)
        done = translate(body, type_, self.org, self.leads, self.targets)
        address = f"{type_}/{id_}"
        return Translation(done.body, tuple(seen(self.org, address, each) for each in done.unknown))

    def sent(self, type_: str, body: bytes) -> bytes:
        """The body without codings that were added here."""
        return translate(body, type_, self.org, NO_LEADS, self.targets).body


class Translators:
    """Gives translators with the maps that are approved and good today. Safe to share between threads."""

    def __init__(self, codes: Shelf, targets: Targets, clock: Clock) -> None:
        self._codes = codes
        self._targets = targets
        self._clock = clock
        self._made: tuple[int, date, Leads] | None = None

    def of(self, org: str) -> Translator:
        """The translator of an institution. May look into the database: not to be called in a transaction."""
        return Translator(org, self.leads(), self._targets)

    def leads(self) -> Leads:
        """All approved maps, ready for use."""
        maps = self._codes.approved_maps()
        generation, today = self._codes.generation, self._clock().date()
        made = self._made
        if made is None or made[:2] != (generation, today):
            made = (generation, today, leads_of(maps, today))
            self._made = made
        return made[2]


def seen(org: str, address: str, each: Unknown) -> Seen:
    """A code that leads nowhere, as it occurred in a fact of an institution."""
    return Seen(
        org, each.type, each.element, each.system, each.code, each.standard,
        each.display, each.unit, address,
    )  # fmt: skip
