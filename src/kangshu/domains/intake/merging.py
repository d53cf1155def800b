"""What a message adds to something that is stored already.

A feed tells of a patient or a visit in pieces: one message admits, the next discharges, a result
names the patient by number only. An element that a message does not mention stays as it is.

    update  what is mentioned replaces what is stored, `null` removes it
    fill    what is mentioned is taken only where nothing is stored: the sender knows it at second hand

In both, identifiers of other systems stay, and links to others. What is `assumed` never replaces anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, cast

import msgspec

from kangshu.domains.intake.unit import Entry, Unit

Address = tuple[str, str]
Bodies = Callable[[Sequence[Address]], Mapping[Address, bytes]]
"""The current bodies of those addresses that have one."""

_IN_PIECES = frozenset({"period", "hospitalization"})
"""Elements whose own elements are mentioned one by one."""

_CHOICES = ("deceased", "multipleBirth", "onset", "performed", "occurrence", "medication", "effective")
"""Elements of which there is one, under a name that ends in its type."""

Json = dict[str, Any]


class _Numbered(msgspec.Struct):
    resource_type: str = msgspec.field(name="resourceType")
    id: str = ""


_HEAD = msgspec.json.Decoder(_Numbered)
_BODY = msgspec.json.Decoder(Json, float_hook=lambda text: msgspec.Raw(text.encode()))


def merged(units: Sequence[tuple[int, Unit]], bodies: Bodies) -> list[tuple[int, Unit]]:
    """The units with every entry whole. What an earlier one of them makes is there for the later ones."""
    wanted = {_address(entry): None for _, unit in units for entry in unit.entries if entry.merge}
    if not wanted:
        return list(units)
    current = dict(bodies(list(wanted)))
    return [(message, _merged(unit, current)) for message, unit in units]


def _address(entry: Entry) -> Address:
    head = _HEAD.decode(entry.raw)
    return head.resource_type, head.id


def _merged(unit: Unit, current: dict[Address, bytes]) -> Unit:
    if not any(entry.merge for entry in unit.entries):
        return unit
    entries: list[Entry] = []
    for entry in unit.entries:
        if not entry.merge:
            entries.append(entry)
            continue
        address = _address(entry)
        raw = merge(current.get(address), entry)
        current[address] = raw
        entries.append(replace(entry, raw=raw, merge="", assumed=()))
    return replace(unit, entries=entries)


def merge(stored: bytes | None, entry: Entry) -> bytes:
    """The whole resource: what is stored, changed by what the entry says."""
    said = _BODY.decode(entry.raw)
    if stored is None:
        return msgspec.json.encode(_without_nulls(said))
    known = _BODY.decode(stored)
    for name in entry.assumed:
        if name in known:
            said.pop(name, None)
    result = _filled(known, said) if entry.merge == "fill" else _updated(known, said)
    return stored if result == known else msgspec.json.encode(result)


def _without_nulls(value: Json) -> Json:
    kept: Json = {}
    for name, each in value.items():
        if isinstance(each, dict):
            each = _without_nulls(cast(Json, each))  # noqa: PLW2901
        if each is not None and each != {}:
            kept[name] = each
    return kept


def _updated(known: Json, said: Json) -> Json:
    result = dict(known)
    for name, value in said.items():
        if value is None:
            result.pop(name, None)
            continue
        for other in _other_forms(name, result):
            del result[other]
        before = result.get(name)
        if name in _IN_PIECES and isinstance(before, dict) and isinstance(value, dict):
            result[name] = _updated(cast(Json, before), cast(Json, value))
        elif name == "identifier" and isinstance(before, list) and isinstance(value, list):
            result[name] = _identifiers(cast(list[Json], before), cast(list[Json], value))
        elif name == "link" and isinstance(before, list) and isinstance(value, list):
            result[name] = _links(cast(list[Json], before), cast(list[Json], value))
        else:
            result[name] = _without_nulls(cast(Json, value)) if isinstance(value, dict) else value
        if result[name] == {}:
            del result[name]
    return result


def _filled(known: Json, said: Json) -> Json:
    result = dict(known)
    for name, value in said.items():
        before = result.get(name)
        if name == "identifier" and isinstance(before, list) and isinstance(value, list):
            systems = {(each.get("system"), each.get("value")) for each in cast(list[Json], before)}
            result[name] = [
                *cast(list[Json], before),
                *(e for e in cast(list[Json], value) if (e.get("system"), e.get("value")) not in systems),
            ]
        elif name in _IN_PIECES and isinstance(before, dict) and isinstance(value, dict):
            result[name] = _filled(cast(Json, before), cast(Json, value))
        elif before is None and value is not None and not _other_forms(name, result):
            result[name] = _without_nulls(cast(Json, value)) if isinstance(value, dict) else value
    return result


def _identifiers(before: list[Json], said: list[Json]) -> list[Json]:
    """Those said, and those of systems that nothing is said of."""
    systems = {each.get("system") for each in said}
    return [*said, *(each for each in before if each.get("system") not in systems)]


def _links(before: list[Json], said: list[Json]) -> list[Json]:
    """Those said, and those to others: who is merged a second time stays merged with the first."""
    others = [each.get("other") for each in said]
    return [*said, *(each for each in before if each.get("other") not in others)]


@lru_cache(4096)
def _choice(name: str) -> str:
    """The element of which `name` is one form; empty for an element that has but one."""
    for choice in _CHOICES:
        if name.startswith(choice) and name[len(choice) : len(choice) + 1].isupper():
            return choice
    return ""


def _other_forms(name: str, names: Iterable[str]) -> list[str]:
    """Those of the names that are another form of the same element."""
    choice = _choice(name)
    return [each for each in names if each != name and _choice(each) == choice] if choice else []
