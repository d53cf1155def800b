"""A message on its way through intake: where it is from, its entries, what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from kangshu.domains.intake.tally import Tally
from kangshu.domains.intake.translation import Translate
from kangshu.domains.intake.unit import Unit
from kangshu.kernel.base.errors import Problem
from kangshu.kernel.facts.columns import NO_COLUMNS
from kangshu.kernel.facts.definition import Columns
from kangshu.kernel.facts.local_codes import Seen


@dataclass(frozen=True, slots=True)
class Origin:
    """Where messages are from: the institution, its county, and when they are worked through.

    translate  local codes of the institution to standard ones, under the maps of that moment
    last       nothing more is on its way: what a conditional reference does not find now is missing
    """

    org: str
    county: str
    now: datetime
    translate: Translate
    last: bool = True


class TooEarly(Exception):
    """A message refers, by a condition, to what another one on its way may bring."""


Bad = tuple[int, str, list[Problem]]
"""(position, type, problems)"""


@dataclass(slots=True)
class Item:
    """One entry on its way. `body` None: delete.

    digest   of the body as it was sent, before standard codes came to it
    unknown  local codes in it that lead nowhere
    amends   puts into another form what is stored already
    """

    message: int
    position: int
    type: str
    id: str
    body: bytes | None
    if_version: int | None = None
    digest: bytes = b""
    columns: Columns = NO_COLUMNS
    unknown: tuple[Seen, ...] = ()
    amends: bool = False


@dataclass(slots=True)
class Work:
    """One unit of a message on its way: what is still sound, what is not, and where its references lead.

    targets  what entries are called in the message -> the address they were sent under
    found    conditional references and creations -> the address here of what they found
    """

    message: int
    unit: Unit
    items: list[Item] = field(default_factory=list[Item])
    bad: list[Bad] = field(default_factory=list[Bad])
    targets: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])
    found: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])
    tally: Tally = field(default_factory=Tally)

    def __post_init__(self) -> None:
        if self.unit.left_out:
            self.tally.left_out.update(self.unit.left_out)

    def set_aside(self, item: Item, problems: list[Problem]) -> None:
        """Note problems of an entry, together with those noted before."""
        for position, _, noted in self.bad:
            if position == item.position:
                noted.extend(problems)
                return
        self.bad.append((item.position, item.type, problems))

    def drop_bad(self) -> None:
        wrong = {position for position, _, _ in self.bad}
        self.items = [item for item in self.items if item.position not in wrong]


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one unit."""

    message: int
    tally: Tally
    bad: list[Bad]
