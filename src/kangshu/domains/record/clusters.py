"""Entries of several institutions that mean the same thing, kept together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from kangshu.domains.record.entry import Entry
from kangshu.domains.record.moment import Moment

_LONG_AGO = Moment(datetime.min)  # noqa: DTZ901 wall time


@dataclass(frozen=True, slots=True)
class Cluster:
    """Entries that share a code or, without codes, a title; newest first, never empty."""

    entries: tuple[Entry, ...]

    @property
    def newest(self) -> Entry:
        """The entry that speaks for all."""
        return self.entries[0]

    @property
    def title(self) -> str:
        """What the newest source that gave a name called it."""
        return next((entry.title for entry in self.entries if entry.title), "")

    @property
    def first(self) -> Moment | None:
        """When it was first seen."""
        return min((entry.when for entry in self.entries if entry.when), default=None)

    @property
    def last(self) -> Moment | None:
        """When it was last seen."""
        return max((entry.when for entry in self.entries if entry.when), default=None)

    @property
    def institutions(self) -> tuple[str, ...]:
        """Who said it, each once, newest first."""
        return tuple(dict.fromkeys(e.source.institution for e in self.entries if e.source.institution))


def moment_key(entry: Entry) -> tuple[Moment, str]:
    """Orders entries in time; undated ones come first; the address breaks ties."""
    return entry.when or _LONG_AGO, entry.source.address


def newest_first(entries: Iterable[Entry]) -> list[Entry]:
    """Entries sorted by time, undated last."""
    return sorted(entries, key=moment_key, reverse=True)


def cluster(entries: Iterable[Entry]) -> tuple[Cluster, ...]:
    """Group entries that share any `system|code`; those with no coding by equal title.

    The clusters come newest first. Withdrawn entries are left out.
    """
    groups: dict[int, list[Entry]] = {}
    owner: dict[str, int] = {}
    for number, entry in enumerate(e for e in newest_first(entries) if not e.withdrawn):
        keys = _keys(entry)
        joined = {owner[key] for key in keys if key in owner} or {number}
        home = min(joined)
        members = [member for group in sorted(joined) for member in groups.pop(group, [])]
        groups[home] = [*members, entry]
        owner.update(dict.fromkeys(keys, home))
        if len(joined) > 1:
            owner.update({key: home for key, group in owner.items() if group in joined})
    clusters = [Cluster(tuple(newest_first(members))) for members in groups.values()]
    return tuple(sorted(clusters, key=lambda c: moment_key(c.newest), reverse=True))


def _keys(entry: Entry) -> list[str]:
    coded = [f"{code.system}|{code.code}" for code in entry.codes if code.code]
    return coded or ["=" + " ".join(entry.title.casefold().split())]
