"""The CDA reader: bytes of a message in, one atomic unit of FHIR resources out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from kangshu.domains.intake.cda.decoding import looks_like_xml
from kangshu.domains.intake.cda.definition import Tables
from kangshu.domains.intake.cda.document import Reading, read_document
from kangshu.domains.intake.cda.parsing import gather
from kangshu.domains.intake.cda.resource import written
from kangshu.domains.intake.cda.tables import read_tables
from kangshu.domains.intake.unit import Entry, Unit

PACKS = ("cda", "wst500")
"""Packs with tables, the general before the special."""


@dataclass(frozen=True, slots=True)
class CdaReader:
    """Reads documents by the tables of packs. Safe to share between threads."""

    tables: Tables

    def units(self, parts: Iterable[bytes], *, source: str) -> Iterator[Unit]:
        """The resources of one document, all to be stored or none.

        Raises `Invalid` or `TooCostly`, naming the line or element, when it is no CDA document.
        """
        reading = self.read(gather(parts), source=source)
        yield Unit(
            [Entry(number, written(body)) for number, body in enumerate(reading.resources)],
            atomic=True,
            left_out=Counter(problem.code for problem in reading.left_out),
        )

    def read(self, raw: bytes, *, source: str) -> Reading:
        """What a document says, as resources."""
        return read_document(raw, self.tables, source=source)


def recognised(media: str, parts: Iterable[bytes]) -> tuple[bool, Iterator[bytes]]:
    """Whether a message is for this reader, by what it was declared to be, else by its first bytes; and the
    parts, still whole."""
    iterator = iter(parts)
    if media:
        return media == "cda", iterator
    held: list[bytes] = []
    first, size = b"", 0
    while len(first) < 4 and size < MOST_BLANKS and (part := next(iterator, None)) is not None:
        held.append(part)
        first = (first + part).lstrip()
        size += len(part)
    return looks_like_xml(first), chain(held, iterator)


MOST_BLANKS = 1 << 20
"""Bytes that may stand before a document."""


def read_reader(folders: Mapping[str, Path]) -> CdaReader:
    """A reader with the tables of the packs, given by name, that have any."""
    return CdaReader(read_tables([folders[name] for name in PACKS if name in folders]))
