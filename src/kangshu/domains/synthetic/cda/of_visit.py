"""What a document after WS/T 500 says of a visit of the county: its facts, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from kangshu.domains.synthetic.cda.definition import Contents, DocumentPlan, EntryPlan, SectionPlan
from kangshu.domains.synthetic.cda.header import stamp
from kangshu.domains.synthetic.county import County
from kangshu.domains.synthetic.definition import Population, Reading, Visit

OUTPATIENT, DISCHARGE = "C0002", "C0053"
TITLES = {OUTPATIENT: "门急诊病历", DISCHARGE: "出院小结"}

_TAKEN = ("29545-1", "体格检查")
_LABORATORY = ("30954-2", "实验室检查")
_DIAGNOSES = {OUTPATIENT: ("29548-5", "诊断"), DISCHARGE: ("11535-2", "出院诊断")}
_OPERATIONS = ("47519-4", "手术操作")
_MEDICINES = {OUTPATIENT: ("10160-0", "用药"), DISCHARGE: ("75311-1", "出院带药")}


def kind_of(visit: Visit) -> str:
    """The kind of document a visit ends with."""
    return DISCHARGE if visit.kind in ("admission", "birth") else OUTPATIENT


def contents_of(population: Population, contents: Contents, visit: Visit) -> Contents:
    """The contents with one plan, that of the visit; lists stay, for names of doctors and departments."""
    county, kind = population.county, kind_of(visit)
    pages = _Pages()
    elements = {row[0]: row for row in contents.tables["vital"]}
    vital = [each for each in visit.readings if each.test in elements]
    pages.add(_TAKEN, "measure", (_measure(elements[each.test], each) for each in vital))
    female = population.residents[visit.resident].sex == "female"
    laboratory = [each for each in visit.readings if county.tests[each.test].kind == "laboratory"]
    pages.add(_LABORATORY, "result", (_result(county, each, female=female) for each in laboratory))
    pages.add(_DIAGNOSES[kind], "diagnosis", ((c, county.conditions[c].name) for c in visit.conditions))
    pages.add(_OPERATIONS, "operation", ((code, county.procedures[code].name) for code in visit.procedures))
    medicines = (_medicine(county, visit.org, each.medicine) for each in visit.prescriptions)
    pages.add(_MEDICINES[kind], "medicine", medicines)
    plan = DocumentPlan("3" if kind == DISCHARGE else "1", tuple(pages.sections))
    return replace(contents, tables={**contents.tables, **pages.tables}, plans={kind: plan})


@dataclass(slots=True)
class _Pages:
    """Sections as they are added. Every entry has a table of its own, of one row: nothing is drawn."""

    sections: list[SectionPlan] = field(default_factory=list[SectionPlan])
    tables: dict[str, Sequence[Sequence[str]]] = field(default_factory=dict[str, Sequence[Sequence[str]]])

    def add(self, section: tuple[str, str], form: str, rows: Iterable[Sequence[str]]) -> None:
        entries: list[EntryPlan] = []
        for row in rows:
            name = f"visit {len(self.tables)}"
            self.tables[name] = (row,)
            entries.append(EntryPlan(form, "", "", name))
        if entries:
            self.sections.append(SectionPlan(*section, tuple(entries)))


def _measure(element: Sequence[str], reading: Reading) -> Sequence[str]:
    _, code, name, unit = element
    return code, name, f"{reading.value:g}", unit


def _result(county: County, reading: Reading, *, female: bool) -> Sequence[str]:
    test = county.tests[reading.test]
    low, high = test.range("female" if female else "male")
    said = ["" if end is None else f"{end:g}" for end in (low, high)]
    return test.code, test.name, f"{reading.value:.{test.decimals}f}", *said, test.unit, stamp(reading.at)


def _medicine(county: County, org: str, key: str) -> Sequence[str]:
    """As the hospital calls it, where it has a code and a name of its own."""
    medicine = county.medicines[key]
    own = county.local_codes.get((org, "medicine", medicine.code))
    code, name = (own.code, own.name) if own else (medicine.code, medicine.name)
    often = f"{medicine.times}/d"
    return code, name, f"{medicine.amount:g}", medicine.unit, "", often, medicine.spec
