"""A row of a segment, as a function: read the fields, write to the resource they are about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from kangshu.domains.intake.hl7v2.conditions import Holds
from kangshu.domains.intake.hl7v2.message import NULL
from kangshu.domains.intake.hl7v2.primitives import Convert
from kangshu.domains.intake.hl7v2.run import Builder, Run
from kangshu.domains.intake.hl7v2.source import Source
from kangshu.domains.intake.hl7v2.targets import Put

Apply = Callable[[Sequence[str], Run, Builder], None]
"""Read the fields of a segment, write to the resource they are about."""


def plain_row(
    source: Source, convert: Convert, when: Holds | None, put: Put, *, many: bool, null: Put | None
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


def field_row(
    sources: Sequence[Source],
    converts: Sequence[Convert],
    when: Holds | None,
    other: str,
    put: Put,
    *,
    many: bool,
    null: Put | None,
) -> Apply:
    """The first of several fields, of this segment or one read before, that says something."""

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
    written: str, source: Source, convert: Convert, run: Run, at: Builder, put: Put, *, many: bool
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


def constant_row(constant: Any, when: Holds | None, other: str, put: Put) -> Apply:
    """Always the same value."""

    def apply(parts: Sequence[str], run: Run, builder: Builder) -> None:
        if when is None or when(parts, run):
            at = run.current.get(other) if other else builder
            if at is not None:
                put(at.body, at.labels, constant)

    return apply


def reference_row(type_: str, when: Holds | None, other: str, put: Put) -> Apply:
    """A reference to what is open in a type, now or, if nothing is yet, as soon as something is."""

    def apply(parts: Sequence[str], run: Run, builder: Builder) -> None:
        if when is not None and not when(parts, run):
            return
        at = run.current.get(other) if other else builder
        if at is None:
            return
        target = builder if type_ == "self" else run.current.get(type_)
        if target is None:
            run.waiting.setdefault(type_, []).append((at, put))
        elif target is not at:
            if target is builder:
                builder.parents.setdefault(at.name, at)
            else:
                at.parents.setdefault(type_, target)
            put(at.body, at.labels, target.ref)

    return apply


def whole_row(convert: Convert, when: Holds | None, other: str, put: Put) -> Apply:
    """What a converter finds for itself, from the segment as a whole."""

    def apply(parts: Sequence[str], run: Run, builder: Builder) -> None:
        if when is not None and not when(parts, run):
            return
        at = run.current.get(other) if other else builder
        value = convert("", run) if at is not None else None
        if at is not None and value is not None:
            put(at.body, at.labels, value)

    return apply
