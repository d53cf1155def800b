"""An HL7 v2 message: bytes in, segments with numbered fields out.

Nothing is interpreted here but what MSH says of the writing: the delimiters (MSH-1, MSH-2) and the
character set (MSH-18). Fields stay as written until somebody asks; most are never asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from kangshu.domains.intake.hl7v2.escapes import STANDARD, Delimiters, unescape
from kangshu.kernel.base.errors import Invalid, Problem, TooCostly

MAX_MESSAGE = 16 << 20
"""Bytes of one message, in a file or by MLLP."""
MAX_SEGMENTS = 20_000
MAX_LINES = 100_000
"""Lines of one segment, of a sender that writes line ends into text."""
MAX_FIELDS = 1_000
"""Fields of one segment."""
MAX_REPETITIONS = 1_000
"""Repetitions of one field."""

NULL = '""'
"""What HL7 writes for "there is no value any more", where an empty field says nothing at all."""

_HEADERS = ("MSH", "FHS", "BHS")
_LINE = re.compile(r"[^\r\n]+")
_SEGMENT = re.compile(r"[A-Z][A-Z0-9]{2}")


class TooMuch(TooCostly):
    """A limit is passed; `problems` says where."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}", remedy="Send it in smaller messages.")
        self.problems = (Problem("error", self.code, path, message),)


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment. `fields[n]` is field n as the standard numbers them; `number` counts those of its name."""

    name: str
    fields: Sequence[str]
    number: int = 1

    def field(self, number: int) -> str:
        """Field `number` as written, all repetitions; empty where it is absent."""
        return self.fields[number] if number < len(self.fields) else ""


@dataclass(frozen=True, slots=True)
class Charsets:
    """Python's names for the codes of table 0211, and what to try when MSH-18 says nothing."""

    codecs: Mapping[str, str]
    unsaid: Sequence[str] = ("utf-8", "gb18030")


@dataclass(frozen=True, slots=True)
class Message:
    """A message; `codec` is the character set it was written in."""

    delimiters: Delimiters
    segments: Sequence[Segment]
    codec: str = "utf-8"
    by_name: Mapping[str, list[Segment]] = field(default_factory=dict[str, list[Segment]])

    @property
    def header(self) -> Segment:
        return self.segments[0]

    def first(self, name: str) -> Segment | None:
        """The first segment of a name."""
        found = self.by_name.get(name)
        return found[0] if found else None

    def component(self, segment: Segment, number: int, component: int = 1) -> str:
        """A component of the first repetition of a field, escapes resolved, blanks around it gone."""
        first = segment.field(number).split(self.delimiters.repetition, 1)[0]
        parts = first.split(self.delimiters.component)
        found = parts[component - 1] if component <= len(parts) else ""
        return self.text(found.split(self.delimiters.subcomponent, 1)[0])

    def text(self, written: str) -> str:
        """What is meant by something written between two delimiters."""
        if self.delimiters.escape in written:
            written = unescape(written, self.delimiters, self.codec)
        return written.strip()


def parse_message(raw: bytes, charsets: Charsets) -> Message:
    """Read one message. Raises `Invalid` naming segment and field, `TooCostly` over a limit."""
    if len(raw) > MAX_MESSAGE:
        raise _too_costly("MSH", f"The message is larger than {MAX_MESSAGE >> 20} MB.")
    raw = raw.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n\t \x0b")
    if not raw.startswith(b"MSH"):
        raise refusal("MSH", "The message does not begin with MSH.", code="structure")
    codec = _codec(raw, charsets)
    text, codec = _decoded(raw, codec, charsets)
    delimiters = _delimiters(text)
    segments, by_name = _segments(text, delimiters)
    return Message(delimiters, segments, codec, by_name)


def refusal(path: str, message: str, *, code: str = "value") -> Invalid:
    """A message that cannot be read, with the place where it shows."""
    return Invalid(
        message, remedy="Correct what sends it.", problems=(Problem("error", code, path, message),)
    )


def _too_costly(path: str, message: str) -> TooMuch:
    return TooMuch(path, message)


def _delimiters(text: str) -> Delimiters:
    separator = text[3:4]
    written = text[4 : text.find(separator, 4)] if text.find(separator, 4) > 0 else text[4:9].split("\r")[0]
    if not separator or separator.isalnum() or separator.isspace():
        raise refusal("MSH-1", "MSH-1 is not a field separator.")
    if len(set(written + separator)) != len(written) + 1 or any(c.isalnum() or c.isspace() for c in written):
        raise refusal("MSH-2", "MSH-2 must name different characters, none a letter, digit or blank.")
    if not 2 <= len(written) <= 5:
        raise refusal("MSH-2", "MSH-2 must name the encoding characters, such as ^~\\&.")
    if separator == "|" and written == "^~\\&":
        return STANDARD
    # What is not declared does not occur; a character no text can hold stands for it.
    named = [*written, *["\0"] * (5 - len(written))]
    return Delimiters(separator, *named)


def _codec(raw: bytes, charsets: Charsets) -> str | None:
    """The codec MSH-18 asks for; None when it says nothing."""
    end = len(raw)
    for mark in (b"\r", b"\n"):
        found = raw.find(mark)
        end = found if 0 <= found < end else end
    header = raw[:end]
    fields = header.split(header[3:4], 18)
    if len(fields) <= 17 or not fields[17].strip():
        return None
    marks = "[" + re.escape(fields[1].decode("ascii", "replace") or "^") + "]"
    for codec in (None, *charsets.unsaid):
        # A double-byte character may hold the separator: then the fields are counted anew, decoded.
        if codec is not None:
            written = header.decode(codec, "replace").split(header[3:4].decode("ascii", "replace"), 18)
            named = written[17] if len(written) > 17 else ""
        else:
            named = fields[17].decode("ascii", "replace")
        code = re.split(marks, named)[0].strip().upper()
        if code in charsets.codecs:
            return charsets.codecs[code]
    raise refusal("MSH-18", "MSH-18 names a character set that is not in table 0211.")


def _decoded(raw: bytes, codec: str | None, charsets: Charsets) -> tuple[str, str]:
    """The text, and the character set it was in."""
    for each in (codec,) if codec else charsets.unsaid:
        try:
            return raw.decode(each), each
        except UnicodeDecodeError:
            continue
    raise refusal("MSH-18", "The message is not in the character set that MSH-18 names, or in none known.")


def _segments(text: str, delimiters: Delimiters) -> tuple[list[Segment], dict[str, list[Segment]]]:
    separator = delimiters.field
    segments: list[Segment] = []
    by_name: dict[str, list[Segment]] = {}
    for line in _lines(text, separator):
        fields = line.split(separator, MAX_FIELDS + 1)
        name = fields[0].strip()
        if len(segments) == MAX_SEGMENTS:
            raise _too_costly(name, f"There are more than {MAX_SEGMENTS} segments.")
        if name in _HEADERS:
            fields.insert(1, separator)
        alike = by_name.setdefault(name, [])
        segment = Segment(name, fields, len(alike) + 1)
        alike.append(segment)
        segments.append(segment)
        if len(line) > MAX_FIELDS:
            _check(segment, delimiters)
    return segments, by_name


def _lines(text: str, separator: str) -> Iterator[str]:
    """Segments as written. A line that does not begin like one goes on where the last one stopped."""
    held: list[str] = []
    for line in _split(text):
        if line[3:4] in (separator, "") and _SEGMENT.match(line):
            if held:
                yield held[0] if len(held) == 1 else "\n".join(held)
            held = [line]
        elif line.strip() and held:
            if len(held) == MAX_LINES:
                raise _too_costly(held[0][:3], f"One segment has more than {MAX_LINES} lines.")
            held.append(line)
    if held:
        yield "\n".join(held)


def _split(text: str) -> Iterable[str]:
    text = text.rstrip("\x1c\r\n ")
    if "\n" not in text and text.count("\r") <= MAX_SEGMENTS:
        return text.split("\r")
    return (found[0] for found in _LINE.finditer(text))


def _check(segment: Segment, delimiters: Delimiters) -> None:
    place = f"{segment.name}[{segment.number}]"
    if len(segment.fields) > MAX_FIELDS:
        raise _too_costly(place, f"There are more than {MAX_FIELDS} fields.")
    for number, value in enumerate(segment.fields):
        if segment.name in _HEADERS and number <= 2:
            continue
        if value.count(delimiters.repetition) >= MAX_REPETITIONS:
            raise _too_costly(f"{place}-{number}", f"There are more than {MAX_REPETITIONS} repetitions.")
