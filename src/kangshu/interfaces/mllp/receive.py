"""One message: read, checked, given to the journal, answered. Knows nothing of sockets."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

import structlog

from kangshu.app.platform import Platform
from kangshu.app.stream import Stream
from kangshu.domains.intake.hl7v2.acknowledgement import (
    NO_HEAD,
    Head,
    Verdict,
    answers,
    head_in,
    head_of,
    verdict,
)
from kangshu.domains.intake.hl7v2.batch import messages
from kangshu.domains.intake.hl7v2.message import Message, TooMuch
from kangshu.kernel.base.errors import Invalid, KangshuError, Problem
from kangshu.kernel.facts.journal import Message as Kept

MAX_MESSAGES = 10_000
"""Messages of one frame: each has an answer of its own."""

Reply = Callable[[list[bytes]], None]

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Read:
    """A message of a frame, with what is wrong with it."""

    head: Head
    message: Message | None
    problems: list[Problem]


class Receiver:
    """Answers messages. `source`: the institution all of them are from; None: by the table of senders."""

    def __init__(self, platform: Platform, stream: Stream, source: str | None) -> None:
        self._platform = platform
        self._stream = stream
        self._source = source
        self._reader = platform.intake.hl7

    def receive(self, raw: bytes, certificate: str, reply: Reply) -> None:
        """Take what stood in one frame; `reply` is called once, with the answers, when they may be given."""
        found = list(islice(messages([raw]), MAX_MESSAGES + 1))
        if len(found) > MAX_MESSAGES:
            head = head_in(raw, self._reader.tables.charsets) or NO_HEAD
            reply(self._answers([_Read(head, None, [_too_many()])]))
            return
        read = [self._read(each) for each in found]
        if not any(each.message is not None or each.head is not NO_HEAD for each in read):
            reply(self._answers([_Read(NO_HEAD, None, [_nothing()])]))
            return
        source = self._source or self._sender(read, certificate)
        if source is None:
            _log.warning("unknown sender", messages=len(read), bytes=len(raw))
            unknown = [_Read(each.head, None, [_unknown()]) for each in read]
            reply(self._answers(unknown))
            return
        if all(each.head.kind in ("ACK", "MCF") for each in read):
            # An answer to something we did not send: nothing to keep, nothing to say.
            reply([])
            return
        self._stream.offer(source, raw, lambda result: reply(self._answers(read, result)))

    def _read(self, raw: bytes) -> _Read:
        try:
            message = self._reader.read(raw)
        except (Invalid, TooMuch) as error:
            head = head_in(raw, self._reader.tables.charsets) or NO_HEAD
            return _Read(head, None, list(error.problems))
        kind, event = message.component(message.header, 9, 1), message.component(message.header, 9, 2)
        known = self._reader.assembler.knows(kind, event)
        return _Read(head_of(message), message, self._reader.check.problems(message, known=known))

    def _sender(self, read: list[_Read], certificate: str) -> str | None:
        """The institution that all messages of a frame name."""
        found = {self._source_of(each.head, certificate) for each in read}
        return found.pop() if len(found) == 1 else None

    def _source_of(self, head: Head, certificate: str) -> str | None:
        component = head.delimiters.component
        names = [
            {part.strip() for part in head.field(number).split(component) if part.strip()}
            for number in (3, 4)
        ]
        return self._platform.senders.source_of(names[0], names[1], certificate)

    def _answers(self, read: list[_Read], result: Kept | KangshuError | None = None) -> list[bytes]:
        now = self._platform.clock()
        found: list[bytes] = []
        for each in read:
            problems, outcome = each.problems, verdict(each.problems)
            if isinstance(result, KangshuError):
                outcome = "error"
                problems = [Problem("error", "transient", "MSH", "It could not be kept; send it again.")]
            found += answers(each.head, outcome, problems, now=now, control_id=secrets.token_hex(8))
            if outcome != "accepted":
                _tell(each.head, outcome, problems)
        return found


def _tell(head: Head, outcome: Verdict, problems: list[Problem]) -> None:
    """Places and codes; nothing of what the message says."""
    _log.warning(
        "message answered",
        outcome=outcome,
        version=head.version[:8],
        places=sorted({problem.path for problem in problems})[:10],
    )


def _nothing() -> Problem:
    return Problem("error", "structure", "MSH", "No segment MSH begins a message here.")


def _too_many() -> Problem:
    return Problem("error", "too-costly", "MSH", f"One frame holds more than {MAX_MESSAGES} messages.")


def _unknown() -> Problem:
    return Problem("error", "value", "MSH-3", "This sender is not known here; see MSH-3 and MSH-4.")
