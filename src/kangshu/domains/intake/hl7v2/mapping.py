"""The tables, compiled once into functions: a segment in, elements of a resource out.

A row reads a field (`5`), a component of it (`5.2`), the first of several that has a value
(`14|OBR-7`), the whole thing (`.`), a constant (`=final`) or the resource open in some type
(`@Patient`). It writes to a path of the resource, or of another open one (`Encounter:diagnosis[]`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import msgspec

from kangshu.domains.intake.hl7v2.conditions import Holds, parse_when, settled
from kangshu.domains.intake.hl7v2.message import NULL
from kangshu.domains.intake.hl7v2.observation_value import observation_value, reference_range
from kangshu.domains.intake.hl7v2.primitives import PRIMITIVES, Convert, only
from kangshu.domains.intake.hl7v2.run import Body, Builder, Run
from kangshu.domains.intake.hl7v2.spoken import SPOKEN
from kangshu.domains.intake.hl7v2.systems import Systems, specials
from kangshu.domains.intake.hl7v2.tables import Code, Row, Tables
from kangshu.domains.intake.hl7v2.targets import Put, is_list, put_at
from kangshu.kernel.base.errors import Invalid

Apply = Callable[[Sequence[str], Run, Builder], None]
"""Read the fields of a segment, write to the resource they are about."""

Step = tuple[int, Apply]
"""The field without which there is nothing to do, or -1; and what to do."""

_REMEMBERED = 4_000
_LONGEST = 300
"""Characters of a field that is worth remembering."""

_DEEPEST = 3
_FIELD = re.compile(r"(?:([A-Z][A-Z0-9]{2})-)?(\d+)(?:\.(\d+))?")


@dataclass(frozen=True, slots=True)
class _Source:
    """A field or component, of this segment or of one read before."""

    segment: str | None
    number: int
    component: int | None


class Maps:
    """All segment maps, ready to be applied."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self.systems = Systems(tables)
        self._specials = specials(self.systems)
        self._converts: dict[tuple[str, str, int], Convert] = {}
        self._quantity_unit = self.convert("CWE[unit]", "", 1)
        self._rows: dict[tuple[str, str], Step] = {}
        self._remembering: list[Convert] = []

    def steps(self, name: str, resource: str, kind: str, event: str) -> Sequence[Step]:
        """What a segment does for a type of resource in messages of a kind.

        Raises `Invalid` when no map says so, or when one does not make sense.
        """
        rows = self._tables.segments.get((name, resource))
        if rows is None:
            raise Invalid(f"messages.tsv uses {name}[{resource}], which segments/{name}.tsv does not have.")
        found: list[Step] = []
        for row in rows:
            when = settled(row.when, kind, event)
            if when is None:
                continue
            key = (row.where, when)
            if key not in self._rows:
                self._rows[key] = self._segment_row(replace(row, when=when))
            found.append(self._rows[key])
        return found

    # -- types

    def convert(self, type_: str, table: str, depth: int) -> Convert:
        """The converter of a type at a depth. Raises `Invalid` for a type nobody knows."""
        key = (type_, table, depth)
        if key not in self._converts:
            self._converts[key] = self._make(type_, table, depth)
        return self._converts[key]

    def _make(self, type_: str, table: str, depth: int) -> Convert:
        if table:
            if table not in self._tables.codes:
                raise Invalid(f"codes.tsv has no table {table}.")
            codes = self._tables.codes[table]
            if type_ in _BY_TABLE:
                return _BY_TABLE[type_](codes, depth)
            return _with_translation(self.convert(type_, "", depth), codes, depth)
        if type_ in PRIMITIVES:
            return PRIMITIVES[type_](depth)
        if type_ in self._specials:
            return self._specials[type_](depth)
        if type_ in SPOKEN:
            return SPOKEN[type_](depth)
        if type_ == "OBX.value":
            return self._observation_value()
        if type_ == "OBX.range":
            return reference_range(self._quantity_unit)
        if type_ in self._tables.datatypes:
            return self._composite(type_, depth)
        raise Invalid(f"There is no type {type_}: neither one of FHIR nor a map of datatypes.tsv.")

    def _observation_value(self) -> Convert:
        types = dict(self._tables.codes["value-type"])
        used = {code.display for code in types.values() if code.display} | {"CWE[CodeableConcept]"}
        converts = {name: self.convert(name, "", 1) for name in sorted(used)}
        return observation_value(types, self._quantity_unit, converts)

    def _composite(self, type_: str, depth: int) -> Convert:
        """The parts of a value, each by its row, into one object."""
        written = self._tables.datatypes[type_]
        rows = [
            (*self._part_row(row, depth + 1), row.source.startswith("=") and not row.when) for row in written
        ]
        separator = "\0" if depth >= _DEEPEST else None

        def convert(raw: str, run: Run) -> Body | None:
            mark = separator or run.separators[depth]
            parts = (mark + raw).split(mark)
            body: Body = {}
            labels: dict[str, Body] = {}
            for read, when, put, describes in rows:
                if describes and not body:
                    continue
                if when is not None and not when(parts, run):
                    continue
                value = read(parts, raw, run)
                if value is not None:
                    put(body, labels, value)
            return body or None

        return convert

    def _part_row(
        self, row: Row, depth: int
    ) -> tuple[Callable[[Sequence[str], str, Run], Any], Holds | None, Put]:
        """A row of a datatype; its parts stand at `depth`."""
        when, put = parse_when(row.when, depth), put_at(row.target)
        if row.source.startswith("="):
            constant = _constant(row.source[1:])
            return (lambda parts, raw, run: constant), when, put  # noqa: ARG005
        if row.source == ".":
            whole = self._typed(row, depth - 1)
            return (lambda parts, raw, run: whole(raw, run)), when, put  # noqa: ARG005
        sources = [_source(each, row) for each in row.source.split("|")]
        converts = [self._typed(row, depth + (source.component is not None)) for source in sources]
        if len(sources) == 1 and sources[0].component is None and sources[0].segment is None:
            return _plain_part(sources[0].number, converts[0]), when, put

        def read(parts: Sequence[str], raw: str, run: Run) -> Any:  # noqa: ARG001
            for source, convert in zip(sources, converts, strict=True):
                written = _written(parts, source, run, depth)
                if written and (value := convert(written, run)) is not None:
                    return value
            return None

        return read, when, put

    def _typed(self, row: Row, depth: int) -> Convert:
        try:
            return self.convert(row.type, row.table, min(depth, _DEEPEST))
        except Invalid as error:
            raise Invalid(f"{row.where}: {error.message}", remedy=error.remedy) from None

    def _remembered(self, row: Row, depth: int) -> Convert:
        """The converter, or what it made of the same text before: codes, units and doctors come again.

        It is remembered as JSON, which nobody can change. What was complained of is looked at anew.
        """
        convert = self._typed(row, depth)
        if row.type in PRIMITIVES or row.type in SPOKEN:
            return convert
        number = len(self._remembering)
        self._remembering.append(convert)

        def remembered(raw: str, run: Run) -> Any:
            known = run.known
            if known is None or len(raw) > _LONGEST:
                return convert(raw, run)
            key = (number, raw)
            found = known.get(key)
            if found is None:
                before = len(run.problems)
                made = convert(raw, run)
                if made is None or len(run.problems) != before:
                    return made
                if len(known) >= _REMEMBERED:
                    known.clear()
                found = known[key] = msgspec.Raw(msgspec.json.encode(made))
            return found

        return remembered

    # -- rows of segments

    def _segment_row(self, row: Row) -> Step:
        try:
            needed = row.source.partition(".")[0]
            return (int(needed) if needed.isdigit() else -1), self._parsed_row(row)
        except Invalid as error:
            raise Invalid(f"{row.where}: {error.message}", remedy=error.remedy) from None

    def _parsed_row(self, row: Row) -> Apply:
        when = parse_when(row.when, 0)
        other, _, target = row.target.rpartition(":")
        put = put_at(target)
        if row.source.startswith("="):
            return _constant_row(_constant(row.source[1:]), when, other, put)
        if row.source.startswith("@"):
            return _reference_row(row.source[1:], when, other, put)
        if row.source == ".":
            return _whole_row(self._typed(row, 0), when, other, put)
        sources = [_source(each, row) for each in row.source.split("|")]
        converts = [self._remembered(row, 2 if source.component else 1) for source in sources]
        null = put if "[" not in target and not other else None
        if is_list(target) and "." not in target and not other:
            null = put_at(target.replace("[]", ""))
        if len(sources) == 1 and not other and sources[0].segment is None and sources[0].component is None:
            return _plain_row(sources[0], converts[0], when, put, many=is_list(target), null=null)
        return _field_row(sources, converts, when, other, put, many=is_list(target), null=null)


def _plain_row(
    source: _Source, convert: Convert, when: Holds | None, put: Put, *, many: bool, null: Put | None
) -> Apply:
    """What most rows are: one field of this segment, for this resource; asked for if it has a value."""
    number = source.number

    def apply(parts: Sequence[str], run: Run, builder: Builder) -> None:
        if when is not None and not when(parts, run):
            return
        written = parts[number]
        run.number = number
        if written == NULL:
            if null is not None and builder.mode != "replace":
                null(builder.body, builder.labels, None)
        elif run.separators[0] in written:
            _put_all(written, source, convert, run, builder, put, many=many)
        else:
            value = convert(written, run)
            if value is not None:
                put(builder.body, builder.labels, value)

    return apply


def _field_row(
    sources: Sequence[_Source],
    converts: Sequence[Convert],
    when: Holds | None,
    other: str,
    put: Put,
    *,
    many: bool,
    null: Put | None,
) -> Apply:
    def apply(parts: Sequence[str], run: Run, builder: Builder) -> None:
        for source, convert in zip(sources, converts, strict=True):
            if source.segment is None:
                written = parts[source.number] if source.number < len(parts) else ""
            else:
                found = run.latest.get(source.segment)
                written = found.field(source.number) if found is not None else ""
            if not written:
                continue
            if when is not None and not when(parts, run):
                return
            at = run.current.get(other) if other else builder
            if at is None:
                return
            run.number = source.number
            if written == NULL:
                if null is not None and at.mode != "replace":
                    null(at.body, at.labels, None)
                return
            if _put_all(written, source, convert, run, at, put, many=many):
                return

    return apply


def _put_all(
    written: str, source: _Source, convert: Convert, run: Run, at: Builder, put: Put, *, many: bool
) -> bool:
    """Put each repetition, or the first that says something; whether any did."""
    said = False
    separator = run.separators[0]
    for each in written.split(separator) if separator in written else (written,):
        part = each
        if source.component is not None:
            parts = each.split(run.separators[1])
            part = parts[source.component - 1] if source.component <= len(parts) else ""
        if not part:
            continue
        value = convert(part, run)
        if value is None:
            continue
        put(at.body, at.labels, value)
        said = True
        if not many:
            break
    return said


def _constant_row(constant: Any, when: Holds | None, other: str, put: Put) -> Apply:
    def apply(parts: Sequence[str], run: Run, builder: Builder) -> None:
        if when is None or when(parts, run):
            at = run.current.get(other) if other else builder
            if at is not None:
                put(at.body, at.labels, constant)

    return apply


def _reference_row(type_: str, when: Holds | None, other: str, put: Put) -> Apply:
    """A reference to what is open in a type, now or, if nothing is yet, as soon as something is."""

    def apply(parts: Sequence[str], run: Run, builder: Builder) -> None:
        if when is not None and not when(parts, run):
            return
        at = run.current.get(other) if other else builder
        if at is None:
            return
        target = builder if type_ == "self" else run.current.get(type_)
        if target is None:
            run.waiting.append((type_, at, put))
        elif target is not at:
            if target is builder:
                builder.parents.setdefault(at.name, at)
            else:
                at.parents.setdefault(type_, target)
            put(at.body, at.labels, target.ref)

    return apply


def _whole_row(convert: Convert, when: Holds | None, other: str, put: Put) -> Apply:
    def apply(parts: Sequence[str], run: Run, builder: Builder) -> None:
        if when is not None and not when(parts, run):
            return
        at = run.current.get(other) if other else builder
        value = convert("", run) if at is not None else None
        if at is not None and value is not None:
            put(at.body, at.labels, value)

    return apply


def _plain_part(number: int, convert: Convert) -> Callable[[Sequence[str], str, Run], Any]:
    def read(parts: Sequence[str], raw: str, run: Run) -> Any:  # noqa: ARG001
        if number < len(parts) and (written := parts[number]):
            return convert(written, run)
        return None

    return read


def _written(parts: Sequence[str], source: _Source, run: Run, depth: int) -> str:
    if source.segment is not None:
        found = run.latest.get(source.segment)
        written = found.field(source.number).split(run.separators[0], 1)[0] if found is not None else ""
        depth = 1
    else:
        written = parts[source.number] if source.number < len(parts) else ""
    if source.component is None or not written:
        return written
    pieces = written.split(run.separators[depth]) if depth < _DEEPEST else [written]
    return pieces[source.component - 1] if source.component <= len(pieces) else ""


def _source(written: str, row: Row) -> _Source:
    match = _FIELD.fullmatch(written)
    if match is None:
        raise Invalid(f"{row.where}: {written} is not a source: 5, 5.2, PV1-44, =constant, @Type or a dot.")
    return _Source(match[1], int(match[2]), int(match[3]) if match[3] else None)


def _constant(written: str) -> Any:
    """JSON where it is JSON, else the text itself."""
    try:
        return json.loads(written)
    except ValueError:
        return written


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


def _with_translation(convert_plain: Convert, codes: Mapping[str, Code], depth: int) -> Convert:
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


_BY_TABLE: dict[str, Callable[[Mapping[str, Code], int], Convert]] = {
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
