"""What views are made of, down to the bases, and by what text.

A base is *followed* where every way to it goes along `follows`: a change there changes only the rows made of
what changed. Otherwise it is *looked up*, and a change may change any row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlglot import exp, parse_one

from kangshu.kernel.views.sql_view import DIALECT
from kangshu.kernel.views.view_set import ViewSet


@dataclass(frozen=True, slots=True)
class Lineage:
    """The bases below something; `along` are the views on the way that are only followed."""

    followed: frozenset[str]
    looked_up: frozenset[str]
    along: frozenset[str] = frozenset()

    @property
    def bases(self) -> frozenset[str]:
        """All of them."""
        return self.followed | self.looked_up


def lineage(views: ViewSet, needs: Iterable[str], follows: Collection[str] = ()) -> Lineage:
    """The bases below what reads `needs` and follows some of them."""
    seen: set[tuple[str, bool]] = set()
    waiting = [(name, name in follows) for name in needs]
    while waiting:
        name, followed = waiting.pop()
        if (name, followed) in seen:
            continue
        seen.add((name, followed))
        own = views.follows_of(name)
        waiting += [(each, followed and each in own) for each in views.needs_of(name)]
    looked_up = {name for name, followed in seen if not followed}
    only_followed = {name for name, _ in seen} - looked_up
    return Lineage(
        frozenset(views.bases & only_followed),
        frozenset(views.bases & looked_up),
        frozenset(only_followed - views.bases),
    )


def digest(views: ViewSet, needs: Iterable[str], compiled: Mapping[str, str], *more: str) -> str:
    """A hash of all text below: it changes when what would be made does.

    `compiled`: view -> its SQL, for ViewDefinitions.
    """
    found = hashlib.sha256(repr(more).encode())
    for name in sorted(views.order(needs)):
        if name in views.selects:
            said = views.selects[name].sql
        elif name in views.tables:
            said = repr(views.tables[name])
        else:
            said = compiled.get(name, "")
        found.update(f"{name}\0{said}\0".encode())
    return found.hexdigest()[:16]


def joined_follows(views: ViewSet, sql: str, follows: Collection[str]) -> list[tuple[str, str]]:
    """Pairs that a SELECT follows and joins, though they are made of different things.

    A change in one of them would be looked for where the other has nothing.
    """
    found: list[tuple[str, str]] = []
    for select in parse_one(sql, read=DIALECT).find_all(exp.Select):
        tables = [each.this for each in (select.args.get("from_"), *select.args.get("joins", ())) if each]
        names = [each.name for each in tables if isinstance(each, exp.Table) and each.name in follows]
        bases = {name: lineage(views, [name], [name]).bases for name in names}
        found += [(names[0], other) for other in names[1:] if bases[other] != bases[names[0]]]
    return found
