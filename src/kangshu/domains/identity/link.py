"""To which person a source patient belongs: decided by exact keys, never by a guess.

A patient joins the one person that its national keys name. It does not join when the keys name
different persons, or when birth date, sex or identity number contradict: that becomes a work
item for a steward, and until it is decided the patient stands alone. Matching by likeness
(probabilistic linkage) will propose candidates to the same work list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kangshu.domains.identity.keys import RESIDENT_ID, PatientKeys

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Link:
    """What to do with one source patient.

    person   the person it belongs to, None: a new one
    absorb   a person known only through references to this patient, to be joined to `person`
    hold     keys the person is to hold from now on
    traits   what to note of the person
    doubt    why a steward has to look at it, and at which persons; None: nothing to decide
    """

    person: int | None
    absorb: int | None
    hold: tuple[Key, ...]
    traits: Mapping[str, Any]
    doubt: tuple[str, tuple[int, ...]] | None = None


def link(
    keys: PatientKeys,
    own: int | None,
    holders: Mapping[Key, int],
    traits: Mapping[int, Mapping[str, Any]],
) -> Link:
    """Decide for one patient. `own` is the person its address already belongs to, `holders` who holds which
    of its keys, `traits` what is noted of those persons."""
    named = list(dict.fromkeys(holders[key] for key in (*keys.national, *keys.local) if key in holders))
    free = tuple(key for key in (*keys.national, *keys.local) if key not in holders)
    if keys.contradiction:
        return _doubtful(keys, own, named, keys.contradiction)
    if len(named) > 1:
        return _doubtful(keys, own, named, "keys-of-different-persons")
    if not named:
        return _unnamed(keys, own, free, traits)
    person = named[0]
    against = _against(keys.traits, traits.get(person, {}))
    if against:
        return _doubtful(keys, own, named, against)
    if own is not None and own != person and _is_somebody(traits.get(own, {})):
        return _doubtful(keys, own, named, "keys-of-different-persons")
    absorb = own if own not in (None, person) else None
    return Link(person, absorb, free, _merged(traits.get(person, {}), keys.traits))


def _unnamed(
    keys: PatientKeys, own: int | None, free: tuple[Key, ...], traits: Mapping[int, Mapping[str, Any]]
) -> Link:
    if own is None:
        return Link(None, None, free, keys.traits)
    against = _against(keys.traits, traits.get(own, {}))
    if against:
        # The institution has changed who this record is about; what hangs on it may belong to either.
        return Link(own, None, (), traits.get(own, {}), (against, (own,)))
    return Link(own, None, free, _merged(traits.get(own, {}), keys.traits))


def _doubtful(keys: PatientKeys, own: int | None, named: Sequence[int], why: str) -> Link:
    """Stand alone, with no key that might be somebody else's."""
    return Link(own, None, (), keys.traits if own is None else {}, (why, tuple(named)))


def _is_somebody(known: Mapping[str, Any]) -> bool:
    """Whether a person was ever described, or is only the far end of a reference."""
    return bool(known)


def _against(new: Mapping[str, Any], known: Mapping[str, Any]) -> str | None:
    """The first trait in which the two cannot be the same person."""
    for trait, why in ((RESIDENT_ID, "resident-id"), ("birth", "birth-date"), ("sex", "sex")):
        if new.get(trait) and known.get(trait) and new[trait] != known[trait]:
            return why
    if not (new.get(RESIDENT_ID) and known.get(RESIDENT_ID)) and not (
        new.get("birth") and known.get("birth")
    ):
        names, others = set(new.get("names", ())), set(known.get("names", ()))
        if names and others and not names & others:
            return "name"
    return None


def _merged(known: Mapping[str, Any], new: Mapping[str, Any]) -> Mapping[str, Any]:
    names = sorted({*known.get("names", ()), *new.get("names", ())})
    return {**new, **{name: value for name, value in known.items() if value}, "names": names}
