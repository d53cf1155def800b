"""What the institutions of a county send, each in its format, a share of it with faults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from kangshu.domains.synthetic.bundles import bundles
from kangshu.domains.synthetic.cda.definition import Contents, Patient
from kangshu.domains.synthetic.cda.document import write_document
from kangshu.domains.synthetic.cda.of_visit import TITLES, contents_of, kind_of
from kangshu.domains.synthetic.county import County
from kangshu.domains.synthetic.definition import Population, Registration, Visit
from kangshu.domains.synthetic.faults.catalogue import Catalogue
from kangshu.domains.synthetic.hl7v2.message import Message
from kangshu.domains.synthetic.hl7v2.writer import Interface, messages
from kangshu.domains.synthetic.sources import Format

FHIR = "fhir"
FORMATS = ("hl7v2", "cda", "tables", FHIR)
SUFFIXES = {"hl7v2": "hl7", "cda": "xml", "tables": "zip", FHIR: "json"}


@dataclass(frozen=True, slots=True)
class Sent:
    """One message: who sends it in which format, its name, its bytes, and the fault it has (empty: none)."""

    org: str
    format: str
    name: str
    content: bytes
    fault: str = ""

    @property
    def file(self) -> str:
        """The name of a file that holds it."""
        return f"{self.org}-{self.name}.{SUFFIXES[self.format]}"


def format_of(county: County, org: str) -> Format:
    """The format that the place gives to an institution; FHIR where it names none."""
    found = (each for each in county.formats if each.institution == org)
    return next(found, Format(org, "all", FHIR, "UTF-8"))


def visits_by_file(population: Population) -> dict[tuple[int, str], list[Visit]]:
    """The visits of each resident at each institution."""
    found: dict[tuple[int, str], list[Visit]] = {}
    for visit in population.visits:
        found.setdefault((visit.resident, visit.org), []).append(visit)
    return found


def hl7v2_of(population: Population, org: str, interface: Interface) -> Iterator[list[Message]]:
    """The right messages of an institution, file by file."""
    staff = [each for each in population.practitioners if each.org == org]
    visits = visits_by_file(population)
    for file in population.registrations:
        if file.org == org:
            yield messages(population, file, visits[file.resident, org], staff, interface)


def send_hl7v2(
    population: Population, org: str, interface: Interface, *, since: date, faults: float
) -> Iterator[Sent]:
    """Messages from a day on in the order of time."""
    start = datetime.combine(since, time())
    right = [each for group in hl7v2_of(population, org, interface) for each in group if each.at >= start]
    right.sort(key=lambda each: (each.at, each.control))
    for each in Catalogue(population.county).messages(right, seed=population.seed, share=faults):
        yield Sent(org, "hl7v2", each.message.control, each.message.render(), each.fault)


def send_cda(
    population: Population, org: str, contents: Contents, *, since: date, faults: float
) -> Iterator[Sent]:
    """A document after WS/T 500 for each visit with a diagnosis from a day on."""
    catalogue = Catalogue(population.county)
    files = {each.resident: each for each in population.registrations if each.org == org}
    visits = [each for each in population.visits if each.org == org and each.start.date() >= since]
    for number, visit in enumerate(visits, 1):
        if not visit.conditions:
            continue
        kind = kind_of(visit)
        document = write_document(
            contents_of(population, contents, visit),
            kind,
            seed=population.seed,
            number=number,
            institution=org,
            named=population.county.institutions[org].name,
            titles=TITLES,
            begun=visit.start,
            moment=visit.end,
            person=_patient(population, files[visit.resident]),
        )
        name = f"{kind}-{number:06}"
        xml, fault = catalogue.document(document.xml, f"{org}/{name}", seed=population.seed, share=faults)
        yield Sent(org, "cda", name, xml, fault)


def _patient(population: Population, file: Registration) -> Patient:
    person = population.residents[file.resident]
    return Patient(
        number=int(file.local),
        name=file.name,
        birth=person.birth,
        female=person.sex == "female",
        identity=file.id_number or "",
        card=file.health_card or "",
    )


def send_fhir(
    population: Population, orgs: Sequence[str], elsewhere: Mapping[str, str] | None = None
) -> Iterator[Sent]:
    """The bundles of institutions, whole files; without what they send `elsewhere`, in another format."""
    for number, (org, content) in enumerate(bundles(population, elsewhere)):
        if org in orgs:
            yield Sent(org, FHIR, f"{number:06}", content)
