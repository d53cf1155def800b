"""What was prescribed and given: RDE and VXU."""

from __future__ import annotations

from datetime import date, timedelta

from kangshu.domains.synthetic.definition import Dose, Prescription, Visit
from kangshu.domains.synthetic.hl7v2.message import Segment, escaped, parts, segment, stamp
from kangshu.domains.synthetic.hl7v2.person import Desk


def prescribed(
    desk: Desk, visit: Visit, each: Prescription, placer: str, doctor: str, until: date
) -> list[Segment]:
    """ORC, RXE, TQ1 and RXR of one medicine; one that was taken long ago is complete."""
    medicine = desk.county.medicines[each.medicine]
    at = visit.end if visit.kind == "admission" else visit.start
    chronic = desk.county.conditions[each.condition].kind == "chronic"
    running = chronic and at.date() + timedelta(days=each.days + 60) >= until and desk.person.death is None
    state = "IP" if running else "CM"
    reason = desk.concept("diagnosis", each.condition, desk.county.conditions[each.condition].name)
    named = desk.concept("medicine", medicine.code, f"{medicine.name} {medicine.spec}")
    return [
        segment("ORC", {1: "RE", 2: placer, 5: state, 9: stamp(at), 12: doctor}),
        segment(
            "RXE",
            {
                2: named,
                3: f"{medicine.amount:g}",
                5: parts(medicine.unit),
                7: "^" + escaped(medicine.directions),
                27: reason,
            },
        ),
        segment("TQ1", {1: "1", 3: parts(f"每日{medicine.times}次"), 6: parts(str(each.days), "天")}),
        segment("RXR", {1: f"^{escaped(medicine.route)}"}),
    ]


def vaccinated(desk: Desk, visit: Visit, dose: Dose, placer: str, doctor: str) -> list[Segment]:
    """ORC, RXA and the number of the dose."""
    vaccine = desk.county.vaccines[dose.vaccine]
    own = (vaccine.code, vaccine.name, desk.county.systems["vaccine"])
    fields = {
        1: "0",
        2: "1",
        3: stamp(visit.start + timedelta(minutes=15)),
        5: parts(*own, vaccine.cvx, "", "CVX") if vaccine.cvx else parts(*own),
        6: "999",
        9: parts("00", "新接种", "NIP001"),
        10: doctor,
        15: escaped(dose.lot),
        20: "CP",
        21: "A",
    }
    number = {1: "1", 2: "NM", 3: parts("30973-2", "剂次", "LN"), 5: str(vaccine.dose), 11: "F"}
    return [
        segment("ORC", {1: "RE", 3: placer, 9: fields[3]}),
        segment("RXA", fields),
        segment("OBX", number),
    ]
