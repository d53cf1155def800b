"""Ids: derived from the institution and a business key, so what is sent again or corrected has the same one.

A key is written as its parts: `@Patient` is the id of the resource this one belongs to, `.identifier`
system and value of the identifier that ranks first, `PV1-19` or `OBR-4.1` a field or component of a
segment it was made from. `?` may lack, `a|b` is the first of them that is there, `!9999` not this value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import msgspec

from kangshu.domains.intake.hl7v2.run import Body, Builder, Run
from kangshu.domains.intake.hl7v2.tables import Code
from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.base.ids import derived_id

Read = Callable[[Builder, Run], str]

_FIELD = re.compile(r"([A-Z][A-Z0-9]{2})-(\d+)(?:\.(\d+))?")


class Keys:
    """All keys, compiled once. Raises `Invalid` for one that makes no sense."""

    def __init__(
        self, keys: Mapping[str, Sequence[Sequence[str]]], codes: Mapping[str, Mapping[str, Code]]
    ) -> None:
        ranks = codes["identifier-rank"]
        self._ranks = {name: int(code.value) for name, code in ranks.items()}
        self._keys = {
            type_: [[self._part(part) for part in key] for key in alternatives]
            for type_, alternatives in keys.items()
        }

    def name(self, run: Run) -> None:
        """Give every resource of a message its id: by the first key whose parts are all there."""
        seen: dict[tuple[str, ...], int] = {}
        for builder in sorted(run.builders, key=lambda each: "#" in each.name):
            self._name(builder, run, seen)

    def _name(self, builder: Builder, run: Run, seen: dict[tuple[str, ...], int]) -> None:
        if builder.id:
            return
        builder.id = "-"
        for parent in builder.parents.values():
            self._name(parent, run, seen)
        type_ = builder.type
        key = self._key(builder, type_, run)
        times = seen[key] = seen.get(key, 0) + 1
        if times > 1 and "#" in builder.name:
            # A number that is merged into itself: there is nothing to tell.
            builder.dropped = True
        elif times > 1 and builder.mode == "replace":
            # Two of a kind are two things; of what a message adds to, it may speak as often as it likes.
            key = (*key, str(times))
        builder.id = builder.body["id"] = derived_id(run.source, *key)
        builder.ref["reference"] = f"{type_}/{builder.id}"

    def _key(self, builder: Builder, type_: str, run: Run) -> tuple[str, ...]:
        for number, parts in enumerate(self._keys.get(type_, ())):
            found: list[str] = []
            for read in parts:
                value = read(builder, run)
                if not value:
                    break
                found.append(value)
            else:
                return (type_, str(number), *found)
        # Some senders count MSH-10 anew each day, and would write over what is another patient's.
        header, patient = run.message.header, builder.parents.get("Patient")
        sent = (run.message.component(header, 10), run.message.component(header, 7))
        return (type_, "message", *sent, patient.id if patient else "")

    def _part(self, written: str) -> Read:
        instead = "-" if written.endswith("?") else ""
        named, _, unless = written.rstrip("?").partition("!")
        reads = [self._value(each) for each in named.split("|")]
        if len(reads) == 1 and not unless and not instead:
            return reads[0]

        def read(builder: Builder, run: Run) -> str:
            for each in reads:
                value = each(builder, run)
                if value and not (unless and value.split("^", 1)[0] == unless):
                    return value
            return instead

        return read

    def _value(self, written: str) -> Read:
        if written.startswith("@"):
            type_ = written[1:]
            return lambda builder, run: builder.parents[type_].id if type_ in builder.parents else ""  # noqa: ARG005
        if written.startswith("."):
            name = written[1:]
            return lambda builder, run: self._identifier(builder.body.get(name))  # noqa: ARG005
        match = _FIELD.fullmatch(written)
        if match is None:
            raise Invalid(
                f"{written} is not a part of a key.", remedy="Write @Type, .element, PV1-19 or OBR-4.1."
            )
        return _field(match[1], int(match[2]), int(match[3] or 0))

    def _identifier(self, value: Any) -> str:
        """System and value of the identifier that ranks first by its type; of several, the first."""
        best, least = "", 1000
        for written in cast(list[Any], value if isinstance(value, list) else []):
            each = cast(Body, msgspec.json.decode(written) if isinstance(written, msgspec.Raw) else written)
            rank = self._ranks.get(_code_of(each.get("type") or {}), self._ranks["*"])
            if each.get("value") and rank < least:
                best, least = f"{each.get('system', '')}|{each['value']}", rank
        return best


def _field(name: str, number: int, component: int) -> Read:
    def read(builder: Builder, run: Run) -> str:
        segment = builder.segments.get(name)
        if segment is None:
            if name != "MSH":
                return ""
            segment = run.message.header
        written = segment.field(number)
        if not written or written == '""':
            return ""
        parts = written.split(run.separators[0], 1)[0].split(run.separators[1])
        if component:
            return run.text(parts[component - 1]) if component <= len(parts) else ""
        below = run.separators[2]
        return "^".join([run.text(each).replace(below, "&") for each in parts]).rstrip("^")

    return read


def _code_of(concept: Body) -> str:
    codings: list[Body] = concept.get("coding") or []
    return str(codings[0].get("code", "") if codings else concept.get("text", ""))
