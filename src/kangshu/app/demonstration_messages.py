"""What the hospitals of the demonstration send in other formats than FHIR, a few of it with faults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from kangshu.domains.synthetic.cda.definition import Contents
from kangshu.domains.synthetic.county import County
from kangshu.domains.synthetic.definition import Population
from kangshu.domains.synthetic.faults.catalogue import Catalogue
from kangshu.domains.synthetic.hl7v2.writer import Interface
from kangshu.domains.synthetic.sending import hl7v2_of, send_cda
from kangshu.domains.synthetic.sources import Format

HL7V2, CDA = "hl7v2", "cda"
FAULTS = 0.02

LEFT_OUT = "missing_patient_id"
"""Its results would be stored under a person nobody knows; see the answer AE in Connect HL7 v2."""

MENDED = frozenset(
    {
        "swapped_birth_date",
        "text_negative",
        "text_thousands",
        "truncated_segment",
        "unescaped_delimiter",
        "unknown_sex",
        "wrong_charset",
        "wrong_check_digit",
    }
)
"""Faults after which the hospital sends the message once more as it should have been: no life loses a result.

The others stay as they came, for the pages on quality."""


def elsewhere(county: County) -> Mapping[str, str]:
    """What does not go as FHIR, by institution; see `bundles`."""
    return {each.institution: each.part for form in (HL7V2, CDA) for each in _sending(county, form)}


def batches(population: Population) -> Iterator[tuple[str, bytes]]:
    """The HL7 v2 of each file of those hospitals in one piece, for they must keep their order."""
    catalogue = Catalogue(population.county)
    befalls = [name for name in catalogue.faults if name != LEFT_OUT]
    for row in _sending(population.county, HL7V2):
        interface = Interface(row.charset, laboratory_only=row.part == "laboratory")
        for right in hl7v2_of(population, row.institution, interface):
            by_control = {each.control: each for each in right}
            sent: list[bytes] = []
            for each in catalogue.messages(right, seed=population.seed, share=FAULTS, only=befalls):
                sent.append(each.message.render())
                if each.fault in MENDED:
                    control = each.message.control
                    sent.append(by_control[control].again(f"{control}M").render())
            if sent:
                yield row.institution, b"".join(sent)


def documents(population: Population, contents: Contents) -> Iterator[tuple[str, bytes]]:
    """A document for each visit to the hospitals that send such, as (institution, XML)."""
    for row in _sending(population.county, CDA):
        for each in send_cda(population, row.institution, contents, since=date.min, faults=FAULTS):
            yield each.org, each.content


def _sending(county: County, form: str) -> list[Format]:
    return [each for each in county.formats if each.format == form]
