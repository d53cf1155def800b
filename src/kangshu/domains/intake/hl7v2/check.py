"""What is looked at before the answer: that a message is of a kind that is read, and says what it must.

Not the whole interpretation: that comes after the answer, and what it finds waits in quarantine.
"""

from __future__ import annotations

from kangshu.domains.intake.hl7v2.message import NULL, Message, Segment
from kangshu.domains.intake.hl7v2.tables import Required, Tables, applies
from kangshu.kernel.base.errors import Problem

_PROCESSING = ("", "P", "T", "D")


class Check:
    """Checks by the table `required`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._by_kind: dict[tuple[str, str], list[Required]] = {}

    def problems(self, message: Message, *, known: bool) -> list[Problem]:
        """Everything that is missing. `known`: whether there are maps for its type."""
        header = message.header
        kind, event = message.component(header, 9, 1), message.component(header, 9, 2)
        found: list[Problem] = []
        if not known:
            found.append(Problem("error", "not-supported", "MSH-9", "No map is for messages of this type."))
        version = message.component(header, 12)
        if version not in self._tables.versions:
            found.append(Problem("error", "not-supported", "MSH-12", "This version is not read."))
        if message.component(header, 11) not in _PROCESSING:
            found.append(Problem("error", "not-supported", "MSH-11", "The processing id is P, T or D."))
        for each in self._required(kind, event):
            segments = message.by_name.get(each.segment, ())
            if not segments and not each.optional:
                found.append(Problem("error", "required", each.segment, f"There is no {each.segment}."))
            for segment in segments:
                found += _missing(message, segment, each)
        return found

    def _required(self, kind: str, event: str) -> list[Required]:
        key = (kind, event)
        if key not in self._by_kind:
            found = [each for each in self._tables.required if applies(each.messages, kind, event)]
            if len(self._by_kind) > 1000 or len(kind) + len(event) > 30:
                return found
            self._by_kind[key] = found
        return self._by_kind[key]


def _missing(message: Message, segment: Segment, required: Required) -> list[Problem]:
    place = segment.name if segment.number == 1 else f"{segment.name}[{segment.number}]"
    return [
        Problem("error", "required", f"{place}-{number}", f"{segment.name}-{number} has no value.")
        for (number, component), *others in required.fields
        if not any(_says(message, segment, *each) for each in ((number, component), *others))
    ]


def _says(message: Message, segment: Segment, number: int, component: int) -> bool:
    """Whether a field has a value, or a component of one of its repetitions."""
    marks, written = message.delimiters, segment.field(number)
    if not component:
        return bool(written.strip(f"{marks.component}{marks.repetition}{marks.subcomponent} "))
    for each in written.split(marks.repetition):
        parts = each.split(marks.component)
        said = parts[component - 1] if component <= len(parts) else ""
        if message.text(said.split(marks.subcomponent, 1)[0]) not in ("", NULL):
            return True
    return False
