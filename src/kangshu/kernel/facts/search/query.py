"""What can be asked of the facts: a query of frozen clauses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kangshu.kernel.facts.parameters import Parameter
from kangshu.kernel.facts.search.bounds import Bound

Total = Literal["none", "estimate", "accurate", "auto"]


@dataclass(frozen=True, slots=True)
class Tokens:
    """Carries any of these tokens (or none of them)."""

    any_of: tuple[str, ...]
    negate: bool = False


@dataclass(frozen=True, slots=True)
class Ranges:
    """One of the values in a slot satisfies one of the bounds; with a unit, carries one of its tokens too."""

    parameter: Parameter
    any_of: tuple[tuple[Bound, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Strings:
    """A text of the parameter starts with, or contains, one of the (normalised) values."""

    name: str
    any_of: tuple[str, ...]
    mode: Literal["starts", "contains"]


@dataclass(frozen=True, slots=True)
class Displays:
    """The words shown with a code start with one of the values (`:text`)."""

    paths: tuple[str, ...]
    any_of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """The narrative (`_text`) or the whole body (`_content`) holds each word of one of the values."""

    narrative: bool
    any_of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ids:
    """Has one of these ids (or none of them)."""

    any_of: tuple[str, ...]
    negate: bool = False


@dataclass(frozen=True, slots=True)
class OfType:
    """Is of the type."""

    type: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """Was stored at a time that satisfies one of the bounds."""

    any_of: tuple[Bound, ...]


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a composite parameter carries the tokens and satisfies the bounds together."""

    name: str
    tokens: tuple[tuple[str, ...], ...]
    bounds: tuple[tuple[str, Bound], ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """Refers, by the parameter, to something of the type that satisfies the clauses.

    `address` is the parameter by which what is referred to tells its canonical address, if references
    may name it by that instead of by type and id.
    """

    parameter: Parameter
    type: str
    where: tuple[Clause, ...]
    address: Parameter | None = None


@dataclass(frozen=True, slots=True)
class Has:
    """Is of type `target`, and something of `type` that satisfies the clauses refers to it.

    `address` as in `Chain`.
    """

    target: str
    type: str
    parameter: Parameter
    where: tuple[Clause, ...]
    address: Parameter | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """Is of type `target`, and an entry of one of the lists (`_list`)."""

    target: str
    parameter: Parameter
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Satisfies one of the clauses."""

    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """Satisfies every clause."""

    clauses: tuple[Clause, ...]


Clause = (
    Tokens
    | Ranges
    | Strings
    | Displays
    | Words
    | Ids
    | OfType
    | Recorded
    | Element
    | Chain
    | Has
    | Member
    | AnyOf
    | AllOf
)


@dataclass(frozen=True, slots=True)
class SortKey:
    """`parameter` None: by `column` (`id` or `recorded_at`)."""

    parameter: Parameter | None
    column: str
    descending: bool


@dataclass(frozen=True, slots=True)
class Query:
    """Facts of the types that satisfy every clause. `ignored` names parameters that were not understood."""

    types: tuple[str, ...]
    where: tuple[Clause, ...] = ()
    sort: tuple[SortKey, ...] = ()
    count: int = 20
    cursor: str | None = None
    total: Total = "auto"
    ignored: tuple[str, ...] = ()
