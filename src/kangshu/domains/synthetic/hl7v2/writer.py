"""The messages of one institution about one resident, in the order in which they were sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from kangshu.domains.synthetic.definition import Allergy, Population, Practitioner, Registration, Visit
from kangshu.domains.synthetic.discharge import discharge_sections, discharge_text
from kangshu.domains.synthetic.encounters import NO_ILLNESS
from kangshu.domains.synthetic.hl7v2.medicines import prescribed, vaccinated
from kangshu.domains.synthetic.hl7v2.message import CODECS, Message, Segment, escaped, parts, segment, stamp
from kangshu.domains.synthetic.hl7v2.person import (
    Desk,
    allergies,
    diagnoses,
    insurance,
    parents,
    pid,
    procedures,
    pv1,
    visit_number,
)
from kangshu.domains.synthetic.hl7v2.results import Group, groups, ordered, reported, study, study_ordered


@dataclass(frozen=True, slots=True)
class Interface:
    """How an institution's systems are set: their character set, and whether only the laboratory sends."""

    charset: str = "UNICODE UTF-8"
    laboratory_only: bool = False


def messages(
    population: Population,
    file: Registration,
    visits: Sequence[Visit],
    staff: Sequence[Practitioner],
    interface: Interface,
) -> list[Message]:
    """Everything about one resident, visit after visit; within a visit as things happen."""
    county = population.county
    desk = Desk(county, county.institutions[file.org], file, population.residents, staff)
    book = _Book(desk, interface, population.until)
    for number, visit in enumerate(visits, 1):
        if interface.laboratory_only:
            book.laboratory(visit)
        else:
            known = population.allergies[file.resident] if number == 2 else ()
            book.visit(visit, number, known)
    return book.written


class _Book:
    """Writes messages about one file and numbers them."""

    def __init__(self, desk: Desk, interface: Interface, until: date) -> None:
        self.desk = desk
        self.until = until
        self.written: list[Message] = []
        self._interface = interface
        self._pid = pid(desk)
        self._orders = 0

    def laboratory(self, visit: Visit) -> None:
        """The results of the laboratory alone, which knows the patient and not the visit."""
        tests = self.desk.county.tests
        readings = [each for each in visit.readings if tests[each.test].kind == "laboratory"]
        self._results("LIS", groups(self.desk, readings), [self._pid])

    def visit(self, visit: Visit, number: int, known: Sequence[Allergy]) -> None:
        """The whole of a visit: coming, orders, results, medicines, vaccinations, leaving, the summary."""
        desk, turn = self.desk, self.desk.person.household + (number - 1) // 3
        doctor = desk.doctor(visit.department, turn)
        stay = visit.kind in ("admission", "birth")
        here = [self._pid, pv1(desk, visit, number, turn, over=False)]
        kin = parents(desk, visit.start) if number == 1 else []
        paid = [insurance(desk, visit.start)] if number == 1 else []
        coming = [self._pid, *kin, here[1], *allergies(desk, known), *paid]
        self._write("HIS", "ADT^A01^ADT_A01" if stay else "ADT^A04^ADT_A01", visit.start, coming)
        self._orders_and_results(visit, here, doctor)
        self._medicines(visit, here, doctor)
        left = [self._pid, pv1(desk, visit, number, turn, over=True)]
        ill = [each for each in diagnoses(desk, visit, turn) if _is_illness(visit, each)]
        self._write(
            "HIS",
            "ADT^A03^ADT_A03" if stay else "ADT^A08^ADT_A01",
            visit.end,
            [*left, *ill, *procedures(desk, visit)],
        )
        if visit.kind == "admission":
            self._summary(visit, number, left, doctor)

    def _orders_and_results(self, visit: Visit, here: Sequence[Segment], doctor: str) -> None:
        found = groups(self.desk, visit.readings)
        for group in found:
            if group.section == "LAB":
                order = ordered(group, self._placer(ahead=found.index(group)), doctor)
                self._write("HIS", "OML^O21^OML_O21", group.at - timedelta(minutes=30), [*here, *order])
        self._results("LIS", found, here)
        for each in visit.studies:
            placer = self._placer(ahead=0)
            order = study_ordered(self.desk, each, placer, doctor)
            self._write("HIS", "ORM^O01^ORM_O01", each.at - timedelta(minutes=30), [*here, *order])
            self._orders += 1
            done = each.at + timedelta(hours=2)
            self._write("LIS", "ORU^R01^ORU_R01", done, [*here, *study(self.desk, each, placer)])

    def _results(self, application: str, found: Sequence[Group], here: Sequence[Segment]) -> None:
        """One message for everything taken at one time."""
        times = dict.fromkeys(group.at for group in found)
        for at in times:
            body: list[Segment] = []
            for place, group in enumerate([each for each in found if each.at == at], 1):
                body += reported(self.desk, group, self._placer(ahead=0), place)
                self._orders += 1
            self._write(application, "ORU^R01^ORU_R01", at + timedelta(hours=3), [*here, *body])

    def _medicines(self, visit: Visit, here: Sequence[Segment], doctor: str) -> None:
        at = visit.end if visit.kind == "admission" else visit.start + timedelta(minutes=12)
        for each in visit.prescriptions:
            body = prescribed(self.desk, visit, each, self._placer(ahead=0), doctor, self.until)
            self._orders += 1
            self._write("HIS", "RDE^O11^RDE_O11", at, [*here, *body])
        for dose in visit.doses:
            body = vaccinated(self.desk, visit, dose, self._placer(ahead=0), doctor)
            self._orders += 1
            self._write("HIS", "VXU^V04^VXU_V04", visit.end, [*here, *body])

    def _summary(self, visit: Visit, number: int, here: Sequence[Segment], doctor: str) -> None:
        """The discharge summary as a document of text."""
        county, person = self.desk.county, self.desk.person
        text = discharge_text(
            self.desk.institution.name, person, visit, discharge_sections(county, person, visit)
        )
        document = f"{visit_number(self.desk, number)}D^{self.desk.institution.short.upper()}"
        kind = parts("18842-5", "出院记录", "LN")
        body = [
            segment(
                "TXA", {1: "1", 2: kind, 3: "TX", 4: stamp(visit.end), 9: doctor, 12: document, 17: "LA"}
            ),
            segment("OBX", {1: "1", 2: "TX", 3: kind, 5: escaped(text), 11: "F"}),
        ]
        self._write("HIS", "MDM^T02^MDM_T02", visit.end + timedelta(minutes=20), [*here, *body])

    def _placer(self, *, ahead: int) -> str:
        """The number of the next order, or of one after it."""
        return f"{self.desk.file.local}{self._orders + ahead + 1:05d}^{self.desk.institution.short.upper()}"

    def _write(self, application: str, kind: str, at: datetime, segments: Iterable[Segment]) -> None:
        short = self.desk.institution.short.upper()
        control = f"{short}{self.desk.file.local}{len(self.written) + 1:05d}"
        said = self._interface.charset
        self.written.append(
            Message(
                self.desk.file.org, application, short, kind, control, at, tuple(segments), said, CODECS[said]
            )
        )


def _is_illness(visit: Visit, written: Segment) -> bool:
    return visit.conditions[int(written[1]) - 1] not in NO_ILLNESS
