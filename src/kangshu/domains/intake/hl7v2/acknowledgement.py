"""The answer to a message: MSA, and ERR that names segment and field, in the sender's own version."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from kangshu.domains.intake.hl7v2.escapes import STANDARD, Delimiters
from kangshu.domains.intake.hl7v2.message import Charsets, Message
from kangshu.kernel.base.errors import Problem

Verdict = Literal["accepted", "error", "rejected"]
"""accepted: it is in the journal. error: it is, but its content is at fault. rejected: it is not for us."""

_ORIGINAL = {"accepted": "AA", "error": "AE", "rejected": "AR"}
_COMMIT = {"accepted": "CA", "error": "CE", "rejected": "CR"}
_PLACE = re.compile(r"([A-Z][A-Z0-9]{2})(?:\[(\d+)\])?(?:-(\d+))?(?:\.(\d+))?")
_TEXTS = {
    "100": "Segment sequence error",
    "101": "Required field missing",
    "102": "Data type error",
    "103": "Table value not found",
    "200": "Unsupported message type",
    "202": "Unsupported processing id",
    "203": "Unsupported version id",
    "207": "Application internal error",
}
"""Table 0357."""

MAX_ERRORS = 20
"""ERR segments of one answer."""


@dataclass(frozen=True, slots=True)
class Head:
    """What an answer takes from the message it answers; fields as they were written."""

    delimiters: Delimiters
    codec: str
    fields: Sequence[str]

    def field(self, number: int) -> str:
        return self.fields[number] if number < len(self.fields) else ""

    @property
    def version(self) -> str:
        return self.field(12).split(self.delimiters.component)[0].strip()

    @property
    def kind(self) -> str:
        return self.field(9).split(self.delimiters.component)[0].strip()


def head_of(message: Message) -> Head:
    """The head of a message that could be read."""
    return Head(message.delimiters, message.codec, message.header.fields)


def head_in(raw: bytes, charsets: Charsets) -> Head | None:
    """The head of a message that could not be read, as far as there is one."""
    found = re.search(rb"MSH([^\w\s])([^\r\n]{0,4000})", raw)
    if found is None:
        return None
    separator = found[1].decode("latin-1")
    for codec in (*charsets.unsaid, "latin-1"):
        try:
            fields = found[2].decode(codec).split(separator)
        except UnicodeDecodeError:
            continue
        marks = fields[0] if 2 <= len(fields[0]) <= 5 else "^~\\&"
        return Head(
            Delimiters(separator, *[*marks, *"\0" * (5 - len(marks))]), codec, ["MSH", separator, *fields]
        )
    return None


NO_HEAD = Head(STANDARD, "ascii", ("MSH", "|", "^~\\&"))
"""What is answered where nothing could be read at all."""


def verdict(problems: Sequence[Problem]) -> Verdict:
    """What is wrong with the head rejects a message; what is wrong with the rest makes it an error."""
    if not problems:
        return "accepted"
    return "rejected" if any(problem.path.startswith("MSH") for problem in problems) else "error"


def answers(
    head: Head, outcome: Verdict, problems: Sequence[Problem], *, now: datetime, control_id: str
) -> list[bytes]:
    """The answers the sender wants: one in original mode; in enhanced mode (MSH-15, MSH-16) as it says.

    An accept acknowledgement comes first. None for a message that is an answer itself.
    """
    if head.kind in ("ACK", "MCF"):
        return []
    accept, application = head.field(15).strip(), head.field(16).strip()
    if not accept and not application:
        return [_written(head, _ORIGINAL[outcome], outcome, problems, now, control_id)]
    codes: list[str] = []
    if _wanted(accept, outcome):
        codes.append(_COMMIT[outcome])
    if _wanted(application, outcome) and not (outcome == "rejected" and codes):
        codes.append(_ORIGINAL[outcome])
    return [
        _written(head, code, outcome, problems, now, control_id + "AB"[number])
        for number, code in enumerate(codes)
    ]


def _wanted(condition: str, outcome: Verdict) -> bool:
    """Table 0155."""
    return condition in ("AL", "SU" if outcome == "accepted" else "ER")


def _written(
    head: Head, code: str, outcome: Verdict, problems: Sequence[Problem], now: datetime, control_id: str
) -> bytes:
    told = problems[:MAX_ERRORS] if outcome != "accepted" else ()
    lines = [_header(head, now, control_id), _acknowledgement(head, code, told)]
    if _is_older(head.version, 2.5):
        if told:
            lines.append(_older_error(head, told))
    else:
        lines += [_error(head, problem) for problem in told]
    return "".join(line.rstrip(head.delimiters.field) + "\r" for line in lines).encode(head.codec, "replace")


def _is_older(version: str, than: float) -> bool:
    match = re.match(r"2\.\d", version)
    return bool(match) and float(match[0]) < than if match else False


def _header(head: Head, now: datetime, control_id: str) -> str:
    marks = head.delimiters
    event = head.field(9).split(marks.component)
    kind = "ACK"
    if len(event) > 1 and event[1] and head.version not in ("2.1", "2.2"):
        kind += marks.component + event[1]
        if not _is_older(head.version, 2.4) or head.version == "2.3.1":
            kind += marks.component + "ACK"
    fields = [
        "MSH",
        head.field(2) or "^~\\&",
        head.field(5) or "KANGSHU",
        head.field(6),
        head.field(3),
        head.field(4),
        now.strftime("%Y%m%d%H%M%S%z"),
        "",
        kind,
        control_id,
        head.field(11) or "P",
        head.field(12) or "2.5.1",
    ]
    if head.field(15).strip() or head.field(16).strip():
        # An answer to an answer is wanted by nobody.
        fields += ["", "", "NE", "NE"]
    if head.field(18):
        fields += [""] * (17 - len(fields)) + [head.field(18)]
    return marks.field.join(fields)


def _acknowledgement(head: Head, code: str, told: Sequence[Problem]) -> str:
    fields = ["MSA", code, head.field(10)]
    if told and _is_older(head.version, 2.5):
        fields += [_escaped(told[0].message[:80], head.delimiters)]
        if head.version.startswith(("2.3", "2.4")):
            code = _code(told[0])
            fields += ["", "", head.delimiters.component.join((code, _TEXTS[code], "HL70357"))]
    return head.delimiters.field.join(fields)


def _error(head: Head, problem: Problem) -> str:
    """ERR of version 2.5 and later: one for each problem."""
    component = head.delimiters.component
    code = _code(problem)
    fields = [
        "ERR",
        "",
        component.join(_location(problem)),
        component.join((code, _TEXTS[code], "HL70357")),
        "W" if problem.severity == "warning" else "E",
        "",
        "",
        "",
        _escaped(problem.message, head.delimiters),
    ]
    return head.delimiters.field.join(fields)


def _older_error(head: Head, told: Sequence[Problem]) -> str:
    """ERR before version 2.5: one, each problem a repetition of ERR-1."""
    marks = head.delimiters
    found: list[str] = []
    for problem in told:
        code = _code(problem)
        segment, sequence, *field = (*_location(problem), "")[:3]
        reason = marks.subcomponent.join((code, _TEXTS[code], "HL70357"))
        found.append(marks.component.join((segment, sequence, field[0] if field else "", reason)))
    return marks.field.join(("ERR", marks.repetition.join(found)))


def _location(problem: Problem) -> list[str]:
    """Segment, its number among those of its name, and the field: ERL."""
    match = _PLACE.search(problem.path)
    if match is None:
        return ["MSH", "1"]
    found = [match[1], match[2] or "1"]
    if match[3]:
        found.append(match[3])
        if match[4]:
            found += ["1", match[4]]
    return found


def _code(problem: Problem) -> str:
    match = _PLACE.search(problem.path)
    field = match[3] if match else None
    if match and match[1] == "MSH" and problem.code in ("not-supported", "value"):
        return {"9": "200", "11": "202", "12": "203"}.get(field or "", "103")
    by_code = {
        "required": "101" if field else "100",
        "structure": "100",
        "value": "102",
        "too-costly": "102",
        "code-invalid": "103",
    }
    return by_code.get(problem.code, "207")


def _escaped(text: str, marks: Delimiters) -> str:
    named = {
        marks.escape: "E",
        marks.field: "F",
        marks.component: "S",
        marks.repetition: "R",
        marks.subcomponent: "T",
    }
    return "".join(
        f"{marks.escape}{named[each]}{marks.escape}" if each in named else each
        for each in text.replace("\r", " ").replace("\n", " ")
    )
