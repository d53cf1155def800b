"""Synthetic documents after WS/T 500: invented, seeded, and marked as such in title and patient.

There is no public sample of such documents. Structure and data elements follow the standard; what they say
comes from the lists of a pack. With each document comes what it says, so that a reader can be held to it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from kangshu.domains.synthetic.cda.definition import (
    KINDS,
    Contents,
    Document,
    DocumentPlan,
    EntryPlan,
    Patient,
    Pen,
    SectionPlan,
)
from kangshu.domains.synthetic.cda.entries import FORMS, section
from kangshu.domains.synthetic.cda.header import identification, participants, record_target, visit_part
from kangshu.domains.synthetic.chance import chance
from kangshu.domains.synthetic.id_number import identity_number
from kangshu.kernel.base.errors import Invalid

_NAMESPACES = 'xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


FILE = "synthetic.toml"


def read_contents(pack: Path) -> Contents:
    """The contents that the folder of a pack holds."""
    return parse_contents((pack / FILE).read_text("utf-8"))


def parse_contents(text: str) -> Contents:
    """The contents from the TOML of a pack. Raises `Invalid` for a plan with an unknown form or list."""
    table = tomllib.loads(text)
    unknown = table.keys() - {"lists", "tables", "document"}
    if unknown:
        raise Invalid(f"synthetic.toml has unknown keys: {', '.join(sorted(unknown))}.")
    plans = {each["kind"]: _plan(each) for each in cast(list[dict[str, Any]], table["document"])}
    contents = Contents(table["lists"], table["tables"], plans)
    for kind, plan in plans.items():
        for entry in (entry for part in plan.sections for entry in part.entries):
            known = contents.lists.keys() | contents.tables.keys() | {""}
            if entry.form not in FORMS or entry.source not in known:
                raise Invalid(f"synthetic.toml, {kind or 'any other kind'}: {entry.form} of {entry.source}.")
    return contents


def _plan(table: Mapping[str, Any]) -> DocumentPlan:
    sections = [
        SectionPlan(code, title, tuple(EntryPlan(*entry) for entry in entries))
        for code, title, entries in table["sections"]
    ]
    return DocumentPlan(table["visit"], tuple(sections))


def write_patient(contents: Contents, seed: int, number: int) -> Patient:
    """The invented person of a number; the identity number is valid and of a serial nobody is given."""
    throw = chance(seed, "cda patient", number)
    birth = date(1935, 1, 1) + timedelta(days=throw.randrange(30_000))
    female = throw.random() < 0.5
    name = throw.choice(list(contents.lists["family"])) + throw.choice(list(contents.lists["given"]))
    serial = 998 if female else 999
    return Patient(
        number, name, birth, female, identity_number("440999", birth, serial), f"SYN{seed:04d}{number:08d}"
    )


def write_document(
    contents: Contents,
    kind: str,
    *,
    seed: int,
    number: int,
    institution: str,
    titles: Mapping[str, str],
    moment: datetime,
    named: str = "",
    begun: datetime | None = None,
    person: int | Patient | None = None,
) -> Document:
    """Document `number` of a kind (`C0001` … `C0053`), of the person of that or another number, or given.

    `named`: the name of the institution; `begun`: when the visit began that ends at `moment`.
    """
    if kind not in KINDS:
        raise Invalid(f"{kind} is no kind of document.", remedy=f"Kinds are {KINDS[0]} to {KINDS[-1]}.")
    if isinstance(person, Patient):
        patient = person
    else:
        patient = write_patient(contents, seed, number if person is None else person)
    plan = contents.plans.get(kind) or contents.plans[""]
    pen = Pen(contents, chance(seed, f"cda {kind}", number), moment)
    sections = "".join(section(each, pen) for each in plan.sections)
    parts = [
        f'<?xml version="1.0" encoding="UTF-8"?>\n<ClinicalDocument {_NAMESPACES}>',
        identification(kind, titles.get(kind, kind), number, institution, moment),
        record_target(patient, plan.visit),
        participants(pen, institution, named or institution),
        visit_part(plan.visit, pen, institution, named or institution, begun),
        f"<component><structuredBody>{sections}</structuredBody></component></ClinicalDocument>",
    ]
    pen.said |= {("document", kind), ("name", patient.name), ("identity", patient.identity)}
    return Document(kind, "".join(parts).encode(), patient, frozenset(pen.said))
