"""One message on its way to resources: what is open, what was found, what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from kangshu.domains.intake.hl7v2.escapes import Delimiters
from kangshu.domains.intake.hl7v2.message import Message, Segment
from kangshu.kernel.base.errors import Problem

Body = dict[str, Any]

MAX_PROBLEMS = 100
"""Problems told of one message."""


@dataclass(slots=True, eq=False)
class Builder:
    """A resource being put together, by the name `messages.tsv` has for it (`Patient`, `Patient#old`).

    `ref` is what others hold of it; it is filled in when the id is known.
    """

    name: str
    mode: str
    body: Body
    ref: Body
    segments: dict[str, Segment] = field(default_factory=dict[str, Segment])
    labels: dict[str, Body] = field(default_factory=dict[str, Body])
    parents: dict[str, Builder] = field(default_factory=dict[str, "Builder"])
    id: str = ""
    assumed: list[str] = field(default_factory=list[str])
    dropped: bool = False

    @property
    def type(self) -> str:
        return self.body["resourceType"]


@dataclass(slots=True)
class Run:
    """The state of one message. `separators[n]` splits at depth n: repetitions, components, subcomponents."""

    message: Message
    source: str
    zone: str
    separators: Sequence[str]
    delimiters: Delimiters
    escape: str
    current: dict[str, Builder] = field(default_factory=dict[str, Builder])
    latest: dict[str, Segment] = field(default_factory=dict[str, Segment])
    builders: list[Builder] = field(default_factory=list[Builder])
    waiting: dict[str, list[tuple[Builder, Any]]] = field(
        default_factory=dict[str, list[tuple[Builder, Any]]]
    )
    problems: list[Problem] = field(default_factory=list[Problem])
    segment: Segment | None = None
    number: int = 0
    known: dict[tuple[int, str], Any] | None = None
    """What was made of a field before, by converter and text; None where nothing may be reused."""

    def close(self, name: str = "") -> None:
        """Nothing more belongs to the resource open under a name, or to any: nor does what waits for one."""
        if not name:
            self.current.clear()
            self.waiting.clear()
            return
        self.current.pop(name, None)
        self.waiting.pop(name, None)

    def text(self, written: str) -> str:
        """What is meant by a part of a field."""
        if self.escape in written:
            return self.message.text(written)
        return written.strip()

    def problem(self, message: str, code: str = "value") -> None:
        """Note something wrong with the field at hand."""
        self.problem_at(self.place(), message, code)

    def problem_at(self, place: str, message: str, code: str = "value") -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem("warning", code, place, message))

    def place(self) -> str:
        """Segment and field at hand, as `OBX[3]-5`."""
        if self.segment is None:
            return ""
        name = self.segment.name
        if self.segment.number > 1:
            name += f"[{self.segment.number}]"
        return f"{name}-{self.number}" if self.number else name
