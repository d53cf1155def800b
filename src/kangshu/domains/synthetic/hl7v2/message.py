"""A message as its segments and fields, and how it becomes bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

Segment = tuple[str, ...]
"""Name and fields, each as it is written: escaped, with its components."""

CODECS = {"UNICODE UTF-8": "utf-8", "GB 18030-2000": "gb18030", "ASCII": "ascii"}
"""Character sets by their name in MSH-18."""

_ESCAPES = str.maketrans({"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\"})


@dataclass(frozen=True, slots=True)
class Message:
    """`kind` is MSH-9, `at` when it was made; `said` and `coded` are the character set named and used."""

    org: str
    application: str
    facility: str
    kind: str
    control: str
    at: datetime
    segments: tuple[Segment, ...]
    said: str = "UNICODE UTF-8"
    coded: str = "utf-8"

    def first(self, name: str) -> int | None:
        """The place of the first segment of a name."""
        return next((place for place, each in enumerate(self.segments) if each[0] == name), None)

    def with_field(self, place: int, number: int, value: str) -> Message:
        """The message with another value in one field of one segment."""
        fields = list(self.segments[place])
        fields += [""] * (number + 1 - len(fields))
        fields[number] = value
        return self.with_segment(place, tuple(fields))

    def with_segment(self, place: int, segment: Segment) -> Message:
        """The message with another segment in one place."""
        return replace(self, segments=(*self.segments[:place], segment, *self.segments[place + 1 :]))

    def again(self, control: str) -> Message:
        """The same message under another control id."""
        return replace(self, control=control)

    def render(self) -> bytes:
        """The bytes, segments ended by CR as the standard has it."""
        head = (
            rf"MSH|^~\&|{self.application}|{self.facility}|KANGSHU|CITY|{stamp(self.at)}+0800||"
            f"{self.kind}|{self.control}|P|2.5.1||||||{self.said}"
        )
        lines = [head, *("|".join(each).rstrip("|") for each in self.segments)]
        return ("\r".join(lines) + "\r").encode(self.coded, "replace")


def segment(name: str, fields: Mapping[int, str]) -> Segment:
    """A segment from the numbers of its fields."""
    last = max(fields, default=0)
    return (name, *(fields.get(number, "") for number in range(1, last + 1)))


def escaped(text: str) -> str:
    """A text with the delimiters in it written as escape sequences, line ends as `.br`."""
    return text.translate(_ESCAPES).replace("\r\n", "\n").replace("\n", "\\.br\\")


def parts(*components: str) -> str:
    """Components as one field, each escaped, nothing left over at the end."""
    return "^".join(escaped(each) for each in components).rstrip("^")


def stamp(at: datetime) -> str:
    """A moment as DTM to the second."""
    return f"{at:%Y%m%d%H%M%S}"


def day(on: date) -> str:
    """A day as DT."""
    return f"{on:%Y%m%d}"
