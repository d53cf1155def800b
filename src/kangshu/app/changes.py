"""What changed below views since something was made of them, each change looked at once.

A base is compared with how it was then. What its rows that came or went make of views is in an engine of its
own: the months they touch can be asked there, and where all of them are new, what they add.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from kangshu.app.lens import Lens
from kangshu.app.relations import Present, Relations
from kangshu.kernel.lake.engine import Engine, engine
from kangshu.kernel.lake.held import NOWHERE
from kangshu.kernel.views.lineage import Lineage


@dataclass(frozen=True, slots=True)
class Change:
    """The rows of a base that came or went, and in `work` the views over them alone.

    only_new  whether nothing went and nothing came in the place of something
    """

    work: Engine
    only_new: bool


class Changes:
    """Looks at changes. Holds its engines until it is left; for one thread."""

    def __init__(
        self, relations: Relations, present: Present, lens: Lens, also: Callable[[Engine], None] | None = None
    ) -> None:
        self._relations = relations
        self._present = present
        self._lens = lens
        self._also = also
        self._seen: dict[tuple[object, ...], Change | None] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Changes:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def since(
        self, made: Mapping[str, int | None], now: Mapping[str, int], needs: Iterable[str], below: Lineage
    ) -> list[Change] | None:
        """Each change since something was made of `needs`; None where that cannot be told, or touches all.

        `made`, `now`: the versions of bases, by what `KeptViews.state` calls them.
        """
        bases = {name.rpartition("/")[2]: made.get(name) for name in now if made.get(name) != now[name]}
        if None in bases.values() or not below.followed.issuperset(bases):
            return None
        found: list[Change] = []
        for base, since in bases.items():
            held = self._present.held(self._relations.table_of_base(base))
            changed = held.changed_since(since or NOWHERE) if held else None
            if held is None or changed is None:
                return None
            if changed.came or changed.went:
                key = (base, since, tuple(sorted(needs)), below)
                if key not in self._seen:
                    self._seen[key] = self._look(base, since or NOWHERE, needs, below)
                change = self._seen[key]
                found += [change] if change else []
        return found

    def _look(self, base: str, since: int, needs: Iterable[str], below: Lineage) -> Change | None:
        """The change of a base; None where rows only moved to other files."""
        relations = self._relations
        held = self._present.held(relations.table_of_base(base))
        changed = held.changed_since(since) if held else None
        assert held is not None
        assert changed is not None
        work = self._stack.enter_context(engine(self._present.scratch))
        held.offer_changed(work, "changed", changed, relations.key_of_base(base))
        if not work.one("SELECT count(*) FROM changed"):
            return None
        only_new = not changed.went and not work.one(
            f"SELECT count(*) FROM changed WHERE {relations.later_of_base(base)}"
        )
        relations.make_changed(work, needs, below, base, self._lens, self._present)
        if self._also is not None:
            self._also(work)
        return Change(work, only_new)
