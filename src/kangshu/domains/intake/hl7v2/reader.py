"""The HL7 v2 reader: bytes of a file or a message in, the resources it holds out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kangshu.domains.intake.hl7v2.assembly import Assembler
from kangshu.domains.intake.hl7v2.batch import Envelope, messages
from kangshu.domains.intake.hl7v2.check import Check
from kangshu.domains.intake.hl7v2.message import Message, TooMuch, parse_message
from kangshu.domains.intake.hl7v2.tables import Tables
from kangshu.domains.intake.unit import CHUNK_ENTRIES, Entry, Unit
from kangshu.kernel.base.errors import Invalid, Problem


class Hl7Reader:
    """Reads by the tables of the pack. Stateless between calls; one per process will do."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.assembler = Assembler(tables)
        self.check = Check(tables)

    def units(self, parts: Iterable[bytes], source: str) -> Iterator[Unit]:
        """The resources of the messages in `parts`, in stretches of bounded size.

        What cannot be used is told with segment and field; one bad message of a batch spoils only itself.
        """
        entries: list[Entry] = []
        bad: list[tuple[int, Problem]] = []
        position = number = 0
        envelope = Envelope()
        for number, raw in enumerate(messages(parts, envelope), 1):
            found, problems = self._one(raw, source)
            entries += [_entry(position + at, each) for at, each in enumerate(found)]
            position += len(found)
            bad += [(position + at, _in_message(each, number)) for at, each in enumerate(problems)]
            position += len(problems)
            if len(entries) + len(bad) >= CHUNK_ENTRIES:
                yield Unit(entries, bad=bad)
                entries, bad = [], []
        if number == 0:
            message = "No segment MSH begins a message here."
            raise Invalid(
                message,
                remedy="Send HL7 v2 in its encoding with delimiters, not in XML.",
                problems=(Problem("error", "structure", "MSH", message),),
            )
        bad += [(position + at, each) for at, each in enumerate(envelope.problems)]
        if entries or bad:
            yield Unit(entries, bad=bad)

    def read(self, raw: bytes) -> Message:
        """One message, read but not interpreted. Raises `Invalid`, `TooMuch`."""
        return parse_message(raw, self.tables.charsets)

    def _one(self, raw: bytes, source: str) -> tuple[list[Entry], list[Problem]]:
        try:
            message = self.read(raw)
        except (Invalid, TooMuch) as error:
            return [], list(error.problems)
        return self.interpret(message, source)

    def interpret(self, message: Message, source: str) -> tuple[list[Entry], list[Problem]]:
        """The resources of a message from an institution, and what of it could not be used."""
        kind = message.component(message.header, 9, 1)
        event = message.component(message.header, 9, 2)
        if not self.assembler.knows(kind, event):
            problem = Problem(
                "error", "not-supported", "MSH-9", "Nothing is done with messages of this type."
            )
            return [], [problem]
        made = self.assembler.assemble(message, source)
        entries = [
            Entry(0, each.raw, merge="" if each.mode == "replace" else each.mode, assumed=each.assumed)
            for each in made.resources
        ]
        lacking = self.check.problems(message, known=True)
        told = {problem.path for problem in lacking}
        problems = [*lacking, *(each for each in made.problems if each.path not in told)]
        if not entries and not problems:
            problems = [Problem("error", "required", "PID", "The message says nothing that could be stored.")]
        return entries, problems


def _entry(position: int, entry: Entry) -> Entry:
    return Entry(position, entry.raw, merge=entry.merge, assumed=entry.assumed)


def _in_message(problem: Problem, number: int) -> Problem:
    """In a batch, which message it is about; the first goes without saying."""
    if number == 1:
        return problem
    return Problem(problem.severity, problem.code, f"message {number}: {problem.path}", problem.message)
