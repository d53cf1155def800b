"""Who a message is about and what the visit is: PID, NK1, AL1, IN1, PV1, DG1, PR1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kangshu.domains.synthetic.chance import age_on
from kangshu.domains.synthetic.county import County, Institution
from kangshu.domains.synthetic.definition import Allergy, Practitioner, Registration, Resident, Visit
from kangshu.domains.synthetic.directory import patient_system, staff_system
from kangshu.domains.synthetic.hl7v2.message import Segment, day, escaped, parts, segment, stamp
from kangshu.domains.synthetic.sources import LocalCode, What

_CLASSES = {"admission": "I", "birth": "I"}
_KINDS = {
    "clinic": ("outpatient", "普通门诊"),
    "follow_up": ("follow-up", "慢性病随访"),
    "check": ("health-check", "健康体检"),
    "child": ("child-health", "儿童保健"),
    "vaccination": ("vaccination", "预防接种"),
    "prenatal": ("maternal-health", "孕产期保健"),
    "admission": ("inpatient", "住院"),
    "birth": ("delivery", "分娩住院"),
}
_LOCAL = {"test": "99JY", "diagnosis": "99ZD", "medicine": "99YP"}
_STANDARD = {"test": "LN", "diagnosis": "ICD-10-CN", "medicine": "YBYP"}


@dataclass(frozen=True, slots=True)
class Desk:
    """One file at one institution, and the words there are to write about it."""

    county: County
    institution: Institution
    file: Registration
    people: Sequence[Resident]
    staff: Sequence[Practitioner]

    @property
    def person(self) -> Resident:
        return self.people[self.file.resident]

    def local(self, kind: What, standard: str) -> LocalCode | None:
        """What the institution calls a standard code."""
        return self.county.local_codes.get((self.file.org, kind, standard))

    def concept(self, kind: What, standard: str, name: str) -> str:
        """A CWE: the institution's own code, the standard one beside it where the institution sends it."""
        local = self.local(kind, standard)
        if local is None:
            return parts(standard, name, _STANDARD[kind])
        own = (local.code, local.name, _LOCAL[kind])
        return parts(*own, standard, name, _STANDARD[kind]) if local.beside == "yes" else parts(*own)

    def doctor(self, department: str, turn: int) -> str:
        """An XCN of one of the department's doctors."""
        able = [each for each in self.staff if each.department == department] or self.staff
        one = able[turn % len(able)]
        return parts(one.id, one.name[0], one.name[1:]) + f"^^^^^^&{staff_system(one.org)}&URI"


def pid(desk: Desk) -> Segment:
    """The patient with the numbers that are in the file."""
    file, person, county = desk.file, desk.person, desk.county
    numbers = [f"{escaped(file.local)}^^^&{patient_system(file.org)}&URI^MR"]
    if file.id_number is not None:
        numbers.append(parts(file.id_number, "", "", "SFZ", "NI"))
    if file.health_card is not None:
        numbers.append(parts(file.health_card, "", "", "JKK", "HC"))
    village = next(each for each in county.villages if each.code == person.village)
    street = f"{county.towns[village.town].name}{village.name}{person.house}号"
    born = file.quirk == "newborn"
    fields = {
        1: "1",
        3: "~".join(numbers),
        5: parts(file.name) if born else parts(person.family, person.given),
        7: day(person.birth),
        8: "M" if person.sex == "male" else "F",
        11: parts(street, "", county.city, county.province, "", "CN", "H", "", county.name),
        13: parts(person.phone, "PRN", "CP"),
    }
    if person.spouse is not None:
        fields[16] = parts("M", "已婚", "HL70002")
    if person.death is not None:
        fields |= {29: day(person.death), 30: "Y"}
    return segment("PID", fields)


def parents(desk: Desk, first: datetime) -> list[Segment]:
    """Mother and father of a small child."""
    person = desk.person
    if age_on(person.birth, first.date()) >= 7:
        return []
    kin = [(person.mother, "MTH", "母亲"), (person.father, "FTH", "父亲")]
    there = [(desk.people[number], code, name) for number, code, name in kin if number is not None]
    return [
        segment(
            "NK1",
            {
                1: str(place),
                2: parts(each.family, each.given),
                3: parts(code, name, "HL70063"),
                5: parts(each.phone, "PRN", "CP"),
                15: "M" if each.sex == "male" else "F",
            },
        )
        for place, (each, code, name) in enumerate(there, 1)
    ]


def allergies(desk: Desk, known: Sequence[Allergy]) -> list[Segment]:
    """What the patient must not get."""
    found: list[Segment] = []
    for place, each in enumerate(known, 1):
        row = next(one for one in desk.county.allergens if one.code == each.allergen)
        drug = row.category == "medication"
        system = "ATC" if drug else desk.county.systems["service"]
        fields = {1: str(place), 2: "DA" if drug else "FA", 3: parts(row.code, row.name, system)}
        found.append(segment("AL1", fields | {5: escaped(row.reaction), 6: day(each.since)}))
    return found


def insurance(desk: Desk, first: datetime) -> Segment:
    """Basic medical insurance of residents."""
    plan = parts("resident-insurance", "城乡居民基本医疗保险", desk.county.systems["service"])
    payer = escaped(f"{desk.county.name}医疗保障局")
    return segment("IN1", {1: "1", 2: plan, 3: desk.county.division, 4: payer, 12: f"{first.year}0101"})


def pv1(desk: Desk, visit: Visit, number: int, turn: int, *, over: bool) -> Segment:
    """The visit; `over` once it has ended."""
    group = _CLASSES.get(visit.kind, "O")
    code, name = _KINDS[visit.kind]
    fields = {
        1: "1",
        2: group,
        7: desk.doctor(visit.department, turn),
        10: f"^{escaped(visit.department)}" if visit.department else "",
        18: parts(code, name, desk.county.systems["service"]),
        19: f"{visit_number(desk, number)}^^^&urn:kangshu:org:{desk.file.org}:encounter&URI^VN",
        39: escaped(desk.institution.name),
        44: stamp(visit.start),
    }
    if over:
        fields[45] = stamp(visit.end)
        fields |= {36: parts("home", "医嘱离院")} if group == "I" else {}
    return segment("PV1", fields)


def visit_number(desk: Desk, number: int) -> str:
    """The institution's number of a visit."""
    return f"{desk.file.local}{number:04d}"


def diagnoses(desk: Desk, visit: Visit, turn: int) -> list[Segment]:
    """DG1 for what was found, the main one first."""
    found: list[Segment] = []
    for place, code in enumerate(visit.conditions, 1):
        fields = {
            1: str(place),
            3: desk.concept("diagnosis", code, desk.county.conditions[code].name),
            5: stamp(visit.start),
            6: "F",
            15: str(place),
            16: desk.doctor(visit.department, turn),
        }
        found.append(segment("DG1", fields))
    return found


def procedures(desk: Desk, visit: Visit) -> list[Segment]:
    """PR1 for what was done."""
    at = stamp(min(visit.start + timedelta(hours=26), visit.end))
    return [
        segment(
            "PR1",
            {1: str(n), 3: parts(code, desk.county.procedures[code].name, "ICD-9-CM-3"), 5: at, 6: "D"},
        )
        for n, code in enumerate(visit.procedures, 1)
    ]
