"""One line of a resident's record, and where it came from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from kangshu.domains.record.datatypes import Code
from kangshu.domains.record.moment import Moment

Kind = Literal[
    "visit",
    "diagnosis",
    "allergy",
    "medicine",
    "vaccine",
    "vital",
    "result",
    "report",
    "procedure",
    "order",
    "document",
    "plan",
    "risk",
    "social",
    "bill",
    "other",
]

KINDS: tuple[Kind, ...] = get_args(Kind)
"""In the order a clinician reads them."""

Mark = Literal["", "high", "low", "abnormal", "critical"]
"""How a result stands to its reference: empty means normal or unknown."""


@dataclass(frozen=True, slots=True)
class Source:
    """Which institution said it, in which message, when it reached the platform.

    `org` is the institution's code, `institution` its name (the code again where no name is known).
    """

    type: str
    id: str
    version: int
    org: str
    institution: str
    county: str
    message: int
    recorded_at: datetime

    @property
    def address(self) -> str:
        """Fact address, `Type/id`."""
        return f"{self.type}/{self.id}"


@dataclass(frozen=True, slots=True)
class Detail:
    """A labelled value under an entry.

    `label` is a key of the portal's strings; `name`, where given, is the source's own label.
    """

    label: str
    text: str
    mark: Mark = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Dosage:
    """How a medicine is taken. Parts that the source did not give are empty.

    `every` and `every_unit` say per how long (`1`, `d`); `text` is the source's own wording.
    """

    text: str = ""
    dose: str = ""
    times: str = ""
    every: str = ""
    every_unit: str = ""
    route: str = ""
    as_needed: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One fact as a reader sees it.

    title      what the source called it; empty if it gave no name
    status     the resource's status code, empty if it has none
    setting    for visits the class code (AMB, IMP, EMER …)
    withdrawn  entered in error or refuted: shown struck out, left out of every summary
    visit      address of the encounter it belongs to
    parts      addresses of the facts it holds together (results of a report)
    """

    kind: Kind
    title: str
    codes: tuple[Code, ...]
    when: Moment | None
    until: Moment | None
    status: str
    details: tuple[Detail, ...]
    source: Source
    value: str = ""
    mark: Mark = ""
    setting: str = ""
    dosage: tuple[Dosage, ...] = ()
    performers: tuple[str, ...] = ()
    withdrawn: bool = False
    visit: str = ""
    parts: tuple[str, ...] = ()
