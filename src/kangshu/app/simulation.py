"""What `kangshu simulate` sends: the county of the demonstration, seen from its institutions."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from kangshu.app.tables import read_macros
from kangshu.domains.synthetic.cda.document import read_contents
from kangshu.domains.synthetic.county import County
from kangshu.domains.synthetic.definition import Population
from kangshu.domains.synthetic.deliveries import Order, write_zip
from kangshu.domains.synthetic.generate import generate
from kangshu.domains.synthetic.hl7v2.writer import Interface
from kangshu.domains.synthetic.load import load_county
from kangshu.domains.synthetic.sending import (
    FORMATS,
    Sent,
    format_of,
    send_cda,
    send_fhir,
    send_hl7v2,
)
from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.packs.find import find_packs

PLACE, DOCUMENTS = "demo_county", "wst500"
OWN, ALL = "own", "all"
_CASES, _LINES = 60, 12


@dataclass(frozen=True, slots=True)
class Simulation:
    """What to send: the same simulation sends the same bytes."""

    packs: Path
    institutions: tuple[str, ...]
    format: str
    faults: float
    seed: int
    residents: int
    days: int
    until: date


def sent(simulation: Simulation) -> Iterator[Sent]:
    """Message after message. Raises `Invalid` for an institution or a format that there is not."""
    packs = find_packs(simulation.packs)
    county = load_county(packs[PLACE].folder)
    orgs = _institutions(county, simulation.institutions)
    if simulation.format not in (OWN, *FORMATS):
        raise Invalid(
            f"There is no format {simulation.format}.", remedy=f"There are {OWN}, {', '.join(FORMATS)}."
        )
    formats = {
        org: format_of(county, org).format if simulation.format == OWN else simulation.format for org in orgs
    }
    years = min(40, 1 + simulation.days // 365)
    population = generate(
        county, seed=simulation.seed, residents=simulation.residents, years=years, until=simulation.until
    )
    since = simulation.until - timedelta(days=simulation.days - 1)
    for number, org in enumerate(orgs):
        form = formats[org]
        if form == "tables":
            yield _tables(simulation, county, org, number)
        elif form != "fhir":
            yield from _of(simulation, population, org, form, since)
    elsewhere = {each.institution: each.part for each in county.formats} if simulation.format == OWN else {}
    rest = [org for org in orgs if formats[org] == "fhir" or elsewhere.get(org, "all") != "all"]
    yield from send_fhir(population, rest, elsewhere)


def _institutions(county: County, named: Sequence[str]) -> list[str]:
    if ALL in named:
        return list(county.institutions)
    unknown = [each for each in named if each not in county.institutions]
    if unknown:
        raise Invalid(
            f"The county has no institution {', '.join(unknown)}.",
            remedy=f"It has {', '.join(county.institutions)}.",
        )
    return list(named)


def _of(simulation: Simulation, population: Population, org: str, form: str, since: date) -> Iterator[Sent]:
    row = format_of(population.county, org)
    if form == "hl7v2":
        own = row if row.format == "hl7v2" else None
        interface = (
            Interface(own.charset, own.part == "laboratory" and simulation.format == OWN)
            if own
            else Interface()
        )
        yield from send_hl7v2(population, org, interface, since=since, faults=simulation.faults)
        return
    contents = read_contents(find_packs(simulation.packs)[DOCUMENTS].folder)
    yield from send_cda(population, org, contents, since=since, faults=simulation.faults)


def _tables(simulation: Simulation, county: County, org: str, number: int) -> Sent:
    """Settlement lists with their fee lines, as the feed `settlement_list` wants them."""
    packs = find_packs(simulation.packs)
    institution = county.institutions[org]
    order = Order(
        seed=simulation.seed,
        org=org,
        org_name=institution.name,
        division=institution.county,
        cases=_CASES,
        lines=_LINES,
        first_case=2_000_000 + number * _CASES,
        until=simulation.until,
        spread=simulation.days,
        delay=3,
        sent=simulation.until + timedelta(days=3),
        faults=simulation.faults,
    )
    with tempfile.TemporaryDirectory(prefix="kangshu-simulate-") as folder:
        path = Path(folder) / "settlement.zip"
        write_zip(order, packs[PLACE].folder, read_macros(packs), path)
        content = path.read_bytes()
    return Sent(
        org,
        "tables",
        f"settlement_list-{simulation.until}",
        content,
        "faulty_rows" if simulation.faults else "",
    )
