"""The tables, compiled once into functions: a segment in, elements of a resource out.

A row reads a field (`5`), a component of it (`5.2`), the first of several that has a value
(`14|OBR-7`), the whole thing (`.`), a constant (`=final`) or the resource open in some type
(`@Patient`). It writes to a path of the resource, or of another open one (`Encounter:diagnosis[]`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from kangshu.domains.intake.hl7v2.code_table import BY_TABLE, with_translation
from kangshu.domains.intake.hl7v2.conditions import Holds, parse_when, settled
from kangshu.domains.intake.hl7v2.observation_value import Reading, observation_value, reference_range
from kangshu.domains.intake.hl7v2.primitives import PRIMITIVES, Convert
from kangshu.domains.intake.hl7v2.run import Body, Run
from kangshu.domains.intake.hl7v2.segment_row import (
    Apply,
    constant_row,
    field_row,
    plain_row,
    reference_row,
    whole_row,
)
from kangshu.domains.intake.hl7v2.source import DEEPEST, parse_constant, parse_source, written_at
from kangshu.domains.intake.hl7v2.spoken import SPOKEN
from kangshu.domains.intake.hl7v2.systems import Systems, specials
from kangshu.domains.intake.hl7v2.tables import Row, Tables
from kangshu.domains.intake.hl7v2.targets import Put, is_list, put_at
from kangshu.kernel.base.errors import Invalid

Step = tuple[int, Apply]
"""The field without which there is nothing to do, or -1; and what to do."""

_REMEMBERED = 4_000
_LONGEST = 300
"""Characters of a field that is worth remembering."""


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
            if type_ in BY_TABLE:
                return BY_TABLE[type_](codes, depth)
            return with_translation(self.convert(type_, "", depth), codes, depth)
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
        flag = self.convert("CWE[CodeableConcept]", "0078", 1)
        units = frozenset(self._tables.codes["unit-behind"])
        return observation_value(Reading(types, self._quantity_unit, converts, flag, units))

    def _composite(self, type_: str, depth: int) -> Convert:
        """The parts of a value, each by its row, into one object."""
        written = self._tables.datatypes[type_]
        rows = [
            (*self._part_row(row, depth + 1), row.source.startswith("=") and not row.when) for row in written
        ]
        separator = "\0" if depth >= DEEPEST else None

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
            constant = parse_constant(row.source[1:])
            return (lambda parts, raw, run: constant), when, put  # noqa: ARG005
        if row.source == ".":
            whole = self._typed(row, depth - 1)
            return (lambda parts, raw, run: whole(raw, run)), when, put  # noqa: ARG005
        sources = [parse_source(each, row) for each in row.source.split("|")]
        converts = [self._typed(row, depth + (source.component is not None)) for source in sources]
        if len(sources) == 1 and sources[0].component is None and sources[0].segment is None:
            return _plain_part(sources[0].number, converts[0]), when, put

        def read(parts: Sequence[str], raw: str, run: Run) -> Any:  # noqa: ARG001
            for source, convert in zip(sources, converts, strict=True):
                written = written_at(parts, source, run, depth)
                if written and (value := convert(written, run)) is not None:
                    return value
            return None

        return read, when, put

    def _typed(self, row: Row, depth: int) -> Convert:
        try:
            return self.convert(row.type, row.table, min(depth, DEEPEST))
        except Invalid as error:
            raise Invalid(f"{row.where}: {error.message}", remedy=error.remedy) from None

    def _remembered(self, row: Row, depth: int) -> Convert:
        """The converter, or what it made of the same text before: codes, units and doctors come again.

        It is remembered as JSON, which nobody can change. What was complained of is looked at anew.
        """
        convert = self._typed(row, depth)
        if row.type in PRIMITIVES or row.type in SPOKEN:
            return convert
        ranges = row.type == "OBX.range"
        number = len(self._remembering)
        self._remembering.append(convert)

        def remembered(raw: str, run: Run) -> Any:
            known = run.known
            if known is None or len(raw) > _LONGEST:
                return convert(raw, run)
            key = (number, raw)
            if ranges and run.segment is not None:
                # A range has the unit of OBX-6.
                key = (number, f"{raw}\0{run.segment.field(6)}")
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
            return constant_row(parse_constant(row.source[1:]), when, other, put)
        if row.source.startswith("@"):
            return reference_row(row.source[1:], when, other, put)
        if row.source == ".":
            return whole_row(self._typed(row, 0), when, other, put)
        sources = [parse_source(each, row) for each in row.source.split("|")]
        converts = [self._remembered(row, 2 if source.component else 1) for source in sources]
        null = put if "[" not in target and not other else None
        if is_list(target) and "." not in target and not other:
            null = put_at(target.replace("[]", ""))
        if len(sources) == 1 and not other and sources[0].segment is None and sources[0].component is None:
            return plain_row(sources[0], converts[0], when, put, many=is_list(target), null=null)
        return field_row(sources, converts, when, other, put, many=is_list(target), null=null)


def _plain_part(number: int, convert: Convert) -> Callable[[Sequence[str], str, Run], Any]:
    def read(parts: Sequence[str], raw: str, run: Run) -> Any:  # noqa: ARG001
        if number < len(parts) and (written := parts[number]):
            return convert(written, run)
        return None

    return read
