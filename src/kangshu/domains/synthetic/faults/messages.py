"""Faults of HL7 v2 messages, each a function from a right message to a wrong one.

None where a message has nothing the fault could befall.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from random import Random

from kangshu.domains.synthetic.hl7v2.message import Message, stamp
from kangshu.domains.synthetic.id_number import with_wrong_check

FUTURE = timedelta(days=400)
LATE = timedelta(days=40)

_IDENTITY = re.compile(r"\d{17}[\dX](?=\^\^\^SFZ)")


def _wrong_check_digit(message: Message, throw: Random) -> Message | None:  # noqa: ARG001 - as all are
    place = message.first("PID")
    if place is None or not _IDENTITY.search(message.segments[place][3]):
        return None
    numbers = _IDENTITY.sub(lambda found: with_wrong_check(found[0]), message.segments[place][3])
    return message.with_field(place, 3, numbers)


def _swapped_birth_date(message: Message, throw: Random) -> Message | None:  # noqa: ARG001
    place = message.first("PID")
    if place is None:
        return None
    birth = message.segments[place][7]
    if int(birth[6:8]) <= 12:
        return None
    return message.with_field(place, 7, birth[:4] + birth[6:8] + birth[4:6])


def _missing_patient_id(message: Message, throw: Random) -> Message | None:  # noqa: ARG001
    place = message.first("PID")
    return None if place is None else message.with_field(place, 3, "")


def _unknown_sex(message: Message, throw: Random) -> Message | None:  # noqa: ARG001
    place = message.first("PID")
    return None if place is None else message.with_field(place, 8, "不详")


def _result(message: Message, throw: Random) -> int | None:
    """The place of one of the numeric results."""
    places = [n for n, each in enumerate(message.segments) if each[0] == "OBX" and each[2] == "NM"]
    return throw.choice(places) if places and message.kind.startswith("ORU") else None


def _unit_missing(message: Message, throw: Random) -> Message | None:
    place = _result(message, throw)
    return None if place is None else message.with_field(place, 6, "")


def _text(text: str, message: Message, throw: Random) -> Message | None:
    place = _result(message, throw)
    return None if place is None else message.with_field(place, 5, text)


def _decimal_point(message: Message, throw: Random) -> Message | None:
    place = _result(message, throw)
    if place is None:
        return None
    return message.with_field(place, 5, f"{float(message.segments[place][5]) * 10:g}")


def _future_time(message: Message, throw: Random) -> Message | None:
    if _result(message, throw) is None:
        return None
    found = message
    for place, each in enumerate(message.segments):
        for number in {"OBR": (7, 22), "OBX": (14,)}.get(each[0], ()):
            at = datetime.strptime(each[number], "%Y%m%d%H%M%S") + FUTURE  # noqa: DTZ007 - local time
            found = found.with_field(place, number, stamp(at))
    return found


def _wrong_charset(message: Message, throw: Random) -> Message | None:  # noqa: ARG001
    return replace(message, said="ASCII")


def _truncated(message: Message, throw: Random) -> Message | None:  # noqa: ARG001
    last = len(message.segments) - 1
    return message.with_segment(last, message.segments[last][:3])


def _unescaped(message: Message, throw: Random) -> Message | None:
    place = _result(message, throw)
    if place is None:
        return None
    code = message.segments[place][3].split("^")
    code[1] = f"{code[1]}|复查"
    return message.with_field(place, 3, "^".join(code))


def _late(message: Message, throw: Random) -> Message | None:  # noqa: ARG001
    return replace(message, at=message.at + LATE)


MESSAGE_FAULTS: Mapping[str, Callable[[Message, Random], Message | None]] = {
    "wrong_check_digit": _wrong_check_digit,
    "swapped_birth_date": _swapped_birth_date,
    "missing_patient_id": _missing_patient_id,
    "unknown_sex": _unknown_sex,
    "unit_missing": _unit_missing,
    "text_compared": partial(_text, "<0.5"),
    "text_negative": partial(_text, "阴性"),
    "text_thousands": partial(_text, "1,234"),
    "decimal_point": _decimal_point,
    "future_time": _future_time,
    "wrong_charset": _wrong_charset,
    "truncated_segment": _truncated,
    "unescaped_delimiter": _unescaped,
    "late": _late,
}
