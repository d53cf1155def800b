"""HL7 v2 messages for tests, and what becomes of them without a database."""

from __future__ import annotations

from typing import Any

import orjson

from kangshu.domains.intake.hl7v2.reader import Hl7Reader
from kangshu.domains.intake.merging import merged
from kangshu.kernel.base.errors import Problem

Json = dict[str, Any]


def message(
    *segments: str, kind: str = "ADT^A01", version: str = "2.5.1", control: str = "1", head: str = ""
) -> bytes:
    """A message with MSH before the segments; `head` are the fields after MSH-12."""
    first = rf"MSH|^~\&|HIS|XRY|KS|CITY|20260102103000||{kind}|{control}|P|{version}{head}"
    return "\r".join((first, *segments, "")).encode()


def resources(reader: Hl7Reader, raw: bytes, source: str = "H44099900001") -> list[Json]:
    """The resources of a message, whole, as if nothing were stored yet."""
    return [orjson.loads(body) for body in bodies(reader, raw, source)]


def bodies(reader: Hl7Reader, raw: bytes, source: str = "H44099900001") -> list[bytes]:
    units = [(number, unit) for number, unit in enumerate(reader.units([raw], source))]
    return [entry.raw for _, unit in merged(units, lambda _: {}) for entry in unit.entries]


def problems(reader: Hl7Reader, raw: bytes) -> list[Problem]:
    """What of a message could not be used."""
    return [problem for unit in reader.units([raw], "S") for _, problem in unit.bad]


def only(found: list[Json], type_: str) -> Json:
    """The one resource of a type."""
    (one,) = [each for each in found if each["resourceType"] == type_]
    return one
