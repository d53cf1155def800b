"""Single values: text, codes, numbers, dates and times as HL7 writes them, as FHIR writes them.

Each takes the first component of what it is given (`text` takes all of it) and gives None for
nothing. A value that cannot be used is a problem of the run, and nothing.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from kangshu.domains.intake.hl7v2.moments import moment, narrow
from kangshu.domains.intake.hl7v2.run import Run

Convert = Callable[[str, Run], Any]
"""A part of a field in, a JSON value out; None: nothing."""

_LONGEST = 60
"""Characters of a number, a date or a time; what is longer is none."""
_BLANKS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+")
_CODE = re.compile(r"[^\s]+(\s[^\s]+)*")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:\S+")
_NUMBER = re.compile(r"[+-]?(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})(?:[eE][+-]?\d{1,2})?", re.ASCII)
_CLOCK = re.compile(r"(\d\d):?(\d\d)?(?::?(\d\d)(\.\d{1,9})?)?(?:[+-]\d{4})?", re.ASCII)


def clean(written: str) -> str:
    """Text without the control characters FHIR forbids."""
    return _BLANKS.sub(" ", written).strip() if not written.isprintable() else written


def only(raw: str, run: Run, depth: int) -> str:
    """The first part of what stands at that depth, as text."""
    if depth < 3:
        separator = run.separators[depth]
        if separator in raw:
            raw = raw.split(separator, 1)[0]
        if depth == 1 and run.separators[2] in raw:
            raw = raw.split(run.separators[2], 1)[0]
    text = run.text(raw)
    if text == '""':
        return ""
    return text if text.isprintable() else clean(text)


def string(depth: int) -> Convert:
    return lambda raw, run: only(raw, run, depth) or None


def text(depth: int) -> Convert:  # noqa: ARG001
    """All of it, delimiters included: in text they are often meant as themselves."""
    return lambda raw, run: clean(run.text(raw)) or None if raw != '""' else None


def code(depth: int) -> Convert:
    def convert(raw: str, run: Run) -> str | None:
        found = " ".join(only(raw, run, depth).split())
        return found or None

    return convert


def uri(depth: int) -> Convert:
    def convert(raw: str, run: Run) -> str | None:
        found = only(raw, run, depth)
        return found if _URI.fullmatch(found) else None

    return convert


def decimal(depth: int) -> Convert:
    def convert(raw: str, run: Run) -> Any:
        written = only(raw, run, depth)
        if not written:
            return None
        found = number(written)
        if found is None:
            run.problem("This is not a number.")
        return found

    return convert


def number(written: str) -> msgspec.Raw | None:
    """A number as JSON, with the digits it was written with; None when it is none."""
    written = narrow(written)
    if not _NUMBER.fullmatch(written):
        return None
    if written.isdigit() and (written[0] != "0" or written == "0"):
        return msgspec.Raw(written.encode())
    try:
        value = Decimal(written)
    except InvalidOperation:
        return None
    shown = f"{value:f}" if -20 < value.adjusted() < 20 else f"{value:e}"
    return msgspec.Raw(shown.lstrip("+").encode())


def integer(depth: int) -> Convert:
    return _whole(depth, -(2**31), "This is not a whole number.")


def unsigned(depth: int) -> Convert:
    return _whole(depth, 0, "This is not a whole number from 0.")


def positive(depth: int) -> Convert:
    return _whole(depth, 1, "This is not a whole number from 1.")


def _whole(depth: int, least: int, complaint: str) -> Convert:
    def convert(raw: str, run: Run) -> int | None:
        written = only(raw, run, depth)
        if not written:
            return None
        if re.fullmatch(r"[+-]?\d{1,10}(\.0*)?", written := narrow(written), re.ASCII):
            value = int(written.split(".")[0])
            if least <= value < 2**31:
                return value
        run.problem(complaint)
        return None

    return convert


_YES = {"Y": True, "N": False, "YES": True, "NO": False, "1": True, "0": False, "T": True, "F": False}


def boolean(depth: int) -> Convert:
    return lambda raw, run: _YES.get(only(raw, run, depth).upper())


def date_time(depth: int) -> Convert:
    """`dateTime`: as precise as it was written; a time without a zone is one of the message's zone."""
    return _moment(depth, "This is not a date or time (YYYY[MM[DD[HHMM[SS[.S]]]]][+ZZZZ]).")


def _moment(depth: int, otherwise: str) -> Convert:
    def convert(raw: str, run: Run) -> str | None:
        written = only(raw, run, depth)
        if not written:
            return None
        found = moment(narrow(written), run.zone) if len(written) < _LONGEST else None
        if found is None:
            run.problem(otherwise)
        return found

    return convert


def instant(depth: int) -> Convert:
    """`instant`: nothing where the second is not known."""

    def convert(raw: str, run: Run) -> str | None:
        written = only(raw, run, depth)
        found = moment(narrow(written), run.zone) if len(written) < _LONGEST else None
        return found if found and len(found) > 16 else None

    return convert


def date(depth: int) -> Convert:
    """`date`: a time of the day is left out."""
    read = _moment(depth, "This is not a date (YYYY[MM[DD]]).")
    return lambda raw, run: (found := read(raw, run)) and found[:10]


def time(depth: int) -> Convert:
    def convert(raw: str, run: Run) -> str | None:
        match = _CLOCK.fullmatch(narrow(only(raw, run, depth)))
        if match is None:
            return None
        hour, minute, second, fraction = match.groups()
        if hour > "23" or (minute or "00") > "59" or (second or "00") > "59":
            return None
        return f"{hour}:{minute or '00'}:{second or '00'}{fraction or ''}"

    return convert


def base64_of(depth: int) -> Convert:  # noqa: ARG001
    """Data that is base64 already, checked; blanks and line ends taken out."""

    def convert(raw: str, run: Run) -> str | None:
        written = re.sub(r"\s+", "", run.message.text(raw) if run.escape in raw else raw)
        if not written:
            return None
        try:
            base64.b64decode(written, validate=True)
        except (binascii.Error, ValueError):
            run.problem("This is not base64.")
            return None
        return written

    return convert


def base64_text(depth: int) -> Convert:  # noqa: ARG001
    """Text, put into base64 as FHIR wants attachments."""

    def convert(raw: str, run: Run) -> str | None:
        found = clean(run.text(raw))
        return base64.b64encode(found.encode("utf-8", "replace")).decode() if found else None

    return convert


def base64_hex(depth: int) -> Convert:
    def convert(raw: str, run: Run) -> str | None:
        try:
            return base64.b64encode(bytes.fromhex(only(raw, run, depth))).decode() or None
        except ValueError:
            run.problem("These are not hexadecimal digits.")
            return None

    return convert


PRIMITIVES: dict[str, Callable[[int], Convert]] = {
    "string": string,
    "text": text,
    "code": code,
    "uri": uri,
    "decimal": decimal,
    "integer": integer,
    "unsignedInt": unsigned,
    "positiveInt": positive,
    "boolean": boolean,
    "dateTime": date_time,
    "instant": instant,
    "date": date,
    "time": time,
    "base64": base64_of,
    "base64Text": base64_text,
    "base64Hex": base64_hex,
}
"""By the name that stands in the column `type`; the number is the depth at which the value stands."""
