"""What people read: names of persons and places, telephone numbers, put together from their parts."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

from kangshu.domains.intake.hl7v2.primitives import clean
from kangshu.domains.intake.hl7v2.run import Run
from kangshu.domains.intake.hl7v2.systems import split_text

_CJK = re.compile(r"[㐀-鿿豈-﫿]")


def _person(parts: list[str], first: int) -> str | None:
    """Family name and given names, in the order of their script."""
    family, given, more, suffix, prefix = (*parts[first:], "", "", "", "", "")[:5]
    if _CJK.search(family + given):
        return clean(family + given + more) or None
    return clean(" ".join(part for part in (prefix, given, more, family, suffix) if part)) or None


def person(depth: int) -> Callable[[str, Run], str | None]:
    """Of an XPN: its name begins with the family name."""
    return lambda raw, run: _person(_flat(raw, run, depth), 0)


def professional(depth: int) -> Callable[[str, Run], str | None]:
    """Of an XCN: a number stands before the name."""

    def convert(raw: str, run: Run) -> str | None:
        parts = _flat(raw, run, depth)
        return _person(parts, 1) or clean(parts[0]) or None

    return convert


def _flat(raw: str, run: Run, depth: int) -> list[str]:
    """The parts, of each its first sub-part."""
    if depth > 2:
        return [run.text(raw)]
    below = run.separators[depth + 1] if depth < 2 else ""
    parts = raw.split(run.separators[depth])
    return [_text(part.split(below, 1)[0] if below else part, run) for part in parts]


def _text(part: str, run: Run) -> str:
    found = run.text(part)
    return "" if found == '""' else found


def place(depth: int) -> Callable[[str, Run], str | None]:
    """Of a PL: facility, building, floor, point of care, room, bed, as far as they are said."""

    def convert(raw: str, run: Run) -> str | None:
        parts = (*_flat(raw, run, depth), *[""] * 9)
        ordered = (parts[3], parts[6], parts[7], parts[0], parts[1], parts[2])
        return clean(" ".join(part for part in ordered if part) or parts[8]) or None

    return convert


def telecom(depth: int) -> Callable[[str, Run], str | None]:
    """Of an XTN: the number as written, else put together from its parts, or the e-mail address."""

    def convert(raw: str, run: Run) -> str | None:
        parts = [*split_text(raw, run, depth), *[""] * 12]
        whole, address, unformatted = parts[0], parts[3], parts[11]
        country, area, number, extension = parts[4:8]
        if address and (parts[2].upper() in ("INTERNET", "X.400") or parts[1].upper() == "NET"):
            return clean(address)
        composed = "-".join(part for part in (area, number) if part)
        if country and composed:
            composed = f"+{country.lstrip('+')}-{composed}"
        found = whole or composed or unformatted or address
        if extension and found and not whole:
            found += f" ext. {extension}"
        return clean(found) or None

    return convert


def address(depth: int) -> Callable[[str, Run], str | None]:
    """Of an XAD: in the order of its script, from the country to the door or the other way round."""

    def convert(raw: str, run: Run) -> str | None:
        parts = [*_flat(raw, run, depth), *[""] * 9]
        street, more, city, state, code, country = parts[:6]
        county = parts[8]
        if _CJK.search(f"{street}{city}{state}"):
            return clean(f"{country}{state}{city}{county}{street}{more} {code}") or None
        return (
            clean(
                ", ".join(
                    part for part in (street, more, county, city, f"{state} {code}".strip(), country) if part
                )
            )
            or None
        )

    return convert


def street(depth: int) -> Callable[[str, Run], str | None]:
    """Of an SAD: the street with its number as one, else put together from its two parts."""

    def convert(raw: str, run: Run) -> str | None:
        parts = split_text(raw, run, depth)
        return clean(parts[0] or " ".join(part for part in parts[1:3] if part)) or None

    return convert


def organization(depth: int) -> Callable[[str, Run], str | None]:
    """Of an XON: its name, else its number."""

    def convert(raw: str, run: Run) -> str | None:
        parts = [*_flat(raw, run, depth), *[""] * 10]
        return clean(parts[0] or parts[9] or parts[2]) or None

    return convert


def issued(at: int) -> Callable[[int], Callable[[str, Run], str | None]]:
    """Of a number, and in brackets who gave it out: an EI (from its second part on), a CX (its fourth)."""

    def at_depth(depth: int) -> Callable[[str, Run], str | None]:
        def convert(raw: str, run: Run) -> str | None:
            parts = [*_flat(raw, run, depth), *[""] * 5]
            value = clean(parts[0])
            by = parts[at] if at > 1 else parts[1] or parts[2]
            return (f"{value} ({clean(by)})" if by else value) if value else None

        return convert

    return at_depth


def readable(depth: int) -> Callable[[str, Run], str | None]:
    """All parts and parts of parts, with blanks between them."""

    def convert(raw: str, run: Run) -> str | None:
        parts = raw.split(run.separators[depth]) if depth < 3 else [raw]
        pieces = [
            piece for part in parts for piece in (part.split(run.separators[2]) if depth < 2 else [part])
        ]
        return clean(" ".join(text for piece in pieces if (text := _text(piece, run)))) or None

    return convert


def interpreter(depth: int) -> Callable[[str, Run], str | None]:
    """Of a CNN inside an NDL: number, family name, given name."""

    def convert(raw: str, run: Run) -> str | None:
        parts = split_text(raw, run, depth)
        return _person(parts, 1) or clean(parts[0]) or None

    return convert


def joined(depth: int) -> Callable[[str, Run], str | None]:
    """All parts with blanks between them."""
    return lambda raw, run: clean(" ".join(part for part in split_text(raw, run, depth) if part)) or None


def segment_text(depth: int) -> Callable[[str, Run], str | None]:  # noqa: ARG001
    """The segment at hand as it was written."""

    def convert(raw: str, run: Run) -> str | None:  # noqa: ARG001
        assert run.segment is not None
        return clean(run.delimiters.field.join(run.segment.fields)) or None

    return convert


def document(depth: int) -> Callable[[str, Run], str | None]:  # noqa: ARG001
    """The text of all OBX of a message, each a line, in base64."""

    def convert(raw: str, run: Run) -> str | None:  # noqa: ARG001
        lines = [
            run.text(each.field(5)).replace(run.separators[0], "\n")
            for each in run.message.by_name.get("OBX", ())
            if run.text(each.field(2)) in ("TX", "FT", "ST") and each.field(5) != '""'
        ]
        text = clean("\n".join(lines))
        return base64.b64encode(text.encode("utf-8", "replace")).decode() if text else None

    return convert


SPOKEN: dict[str, Callable[[int], Callable[[str, Run], object]]] = {
    "XPN.text": person,
    "XCN.text": professional,
    "PL.text": place,
    "XTN.value": telecom,
    "CNN.text": interpreter,
    "XAD.text": address,
    "SAD.text": street,
    "XON.text": organization,
    "EI.text": issued(1),
    "CX.text": issued(3),
    "readable": readable,
    "joined": joined,
    "segment.text": segment_text,
    "OBX.document": document,
}
