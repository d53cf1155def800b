"""The tree of a FHIRPath expression. `at` is the column of the text (from 1) a node begins at."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Literal:
    """A value as it is written; `kind` is its FHIR type. Moments and times are kept as text."""

    value: str | int | Decimal | bool
    kind: str
    at: int


@dataclass(frozen=True, slots=True)
class Empty:
    """`{}`."""

    at: int


@dataclass(frozen=True, slots=True)
class Member:
    """`base.name`; without a base the name is looked up in the focus."""

    base: Expression | None
    name: str
    at: int


@dataclass(frozen=True, slots=True)
class Call:
    """`base.name(arguments)`; without a base it is called on the focus."""

    base: Expression | None
    name: str
    arguments: tuple[Expression, ...]
    at: int


@dataclass(frozen=True, slots=True)
class This:
    """`$this`, `$index` or `$total`."""

    name: str
    at: int


@dataclass(frozen=True, slots=True)
class Named:
    """`%name`: a constant of the view, or something of the environment."""

    name: str
    at: int


@dataclass(frozen=True, slots=True)
class Indexer:
    """`base[index]`."""

    base: Expression
    index: Expression
    at: int


@dataclass(frozen=True, slots=True)
class Sign:
    """`-operand` or `+operand`."""

    operator: str
    operand: Expression
    at: int


@dataclass(frozen=True, slots=True)
class Binary:
    """`left operator right`."""

    operator: str
    left: Expression
    right: Expression
    at: int


@dataclass(frozen=True, slots=True)
class TypeTest:
    """`operand is type` or `operand as type`."""

    operator: str
    operand: Expression
    type: str
    at: int


Expression = Literal | Empty | Member | Call | This | Named | Indexer | Sign | Binary | TypeTest


def parts(node: Expression) -> tuple[Expression, ...]:
    """The expressions a node is made of."""
    match node:
        case Member(base=base):
            return () if base is None else (base,)
        case Call(base=base, arguments=arguments):
            return arguments if base is None else (base, *arguments)
        case Indexer(base=base, index=index):
            return (base, index)
        case Sign(operand=operand) | TypeTest(operand=operand):
            return (operand,)
        case Binary(left=left, right=right):
            return (left, right)
        case _:
            return ()
