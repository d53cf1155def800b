"""Codes that a table translates, by the type the row asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from kangshu.domains.intake.hl7v2.primitives import Convert, only
from kangshu.domains.intake.hl7v2.run import Body, Run
from kangshu.domains.intake.hl7v2.tables import Code


def _translated(codes: Mapping[str, Code], depth: int) -> Convert:
    """A code by its table; what the table does not know is what its row * says, or nothing."""
    rest = codes.get("*")

    def convert(raw: str, run: Run) -> str | None:
        written = only(raw, run, depth)
        if not written:
            return None
        found = codes.get(written) or codes.get(written.upper()) or rest
        return (found.value or None) if found else None

    return convert


def _yes_or_no(codes: Mapping[str, Code], depth: int) -> Convert:
    translate = _translated(codes, depth)
    return lambda raw, run: {"true": True, "false": False}.get(translate(raw, run) or "")


def _concept(codes: Mapping[str, Code], depth: int) -> Convert:
    """A CodeableConcept by its table, and nothing for a code that is not in it."""
    one = _only_coding(codes, depth)

    def convert(raw: str, run: Run) -> Body | None:
        coding = one(raw, run)
        return {"coding": [coding]} if coding is not None else None

    return convert


def _only_coding(codes: Mapping[str, Code], depth: int) -> Convert:
    """A Coding by its table, and nothing for a code that is not in it, unless by its row *."""
    rest = codes.get("*")

    def convert(raw: str, run: Run) -> Body | None:
        written = only(raw, run, depth)
        found = codes.get(written) or codes.get(written.upper()) or (rest if written else None)
        return _coded(found) if found and found.value else None

    return convert


def _coding(codes: Mapping[str, Code], depth: int) -> Convert:
    """A CodeableConcept by its table, with the code as it was written where the table has none."""
    one = _only_coding(codes, depth)

    def convert(raw: str, run: Run) -> Body | None:
        coding = one(raw, run)
        if coding is not None:
            return {"coding": [coding]}
        written = only(raw, run, depth)
        return {"text": written} if written else None

    return convert


def with_translation(convert_plain: Convert, codes: Mapping[str, Code], depth: int) -> Convert:
    """A CodeableConcept as it was sent, with what the table makes of it first."""
    one = _only_coding(codes, depth)

    def convert(raw: str, run: Run) -> Body | None:
        found = convert_plain(raw, run)
        coding = one(raw, run)
        if coding is None:
            return found
        sent: list[Body] = cast(Body, found or {}).get("coding") or []
        kept = [
            each
            for each in sent
            if (each.get("system"), each.get("code")) != (coding.get("system"), coding["code"])
            and not str(each.get("system", "")).startswith("urn:kangshu:source:")
        ]
        return {**(found or {}), "coding": [coding, *kept]}

    return convert


BY_TABLE: dict[str, Callable[[Mapping[str, Code], int], Convert]] = {
    "code": _translated,
    "string": _translated,
    "boolean": _yes_or_no,
    "Coding": _only_coding,
    "Concept": _concept,
    "coding": _coding,
}
"""Types that a table alone decides."""


def _coded(code: Code) -> Body:
    found: Body = {}
    if code.system:
        found["system"] = code.system
    found["code"] = code.value
    if code.display:
        found["display"] = code.display
    return found
