"""What was measured and seen: OBR with OBX, and the orders before them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kangshu.domains.synthetic.care_tables import Test
from kangshu.domains.synthetic.definition import Reading, StudyResult
from kangshu.domains.synthetic.hl7v2.message import Segment, escaped, parts, segment, stamp
from kangshu.domains.synthetic.hl7v2.person import Desk

_VITAL_SIGNS = ("85353-1", "生命体征")


@dataclass(frozen=True, slots=True)
class Group:
    """Readings reported together: code and name of what was ordered, and its section (table 0074)."""

    code: str
    name: str
    section: str
    at: datetime
    readings: tuple[Reading, ...]


def groups(desk: Desk, readings: Sequence[Reading]) -> list[Group]:
    """Readings by time and panel; what belongs to no panel is reported by itself, vital signs together."""
    found: dict[tuple[datetime, str], list[Reading]] = {}
    tests = desk.county.tests
    for each in readings:
        test = tests[each.test]
        panel = (test.panel or test.code) if test.kind == "laboratory" else _VITAL_SIGNS[0]
        found.setdefault((each.at, panel), []).append(each)
    return [_group(desk, code, at, each) for (at, code), each in found.items()]


def _group(desk: Desk, code: str, at: datetime, readings: Sequence[Reading]) -> Group:
    if code == _VITAL_SIGNS[0]:
        return Group(*_VITAL_SIGNS, "PHY", at, tuple(readings))
    panel = desk.county.panels.get(code)
    name = panel.name if panel else desk.county.tests[code].name
    return Group(code, name, "LAB", at, tuple(readings))


def ordered(group: Group, placer: str, doctor: str) -> list[Segment]:
    """ORC and OBR of an order."""
    code = parts(group.code, group.name, "LN")
    return [
        segment("ORC", {1: "NW", 2: placer, 9: stamp(group.at), 12: doctor}),
        segment("OBR", {1: "1", 2: placer, 4: code, 6: stamp(group.at), 16: doctor, 24: group.section}),
    ]


def reported(desk: Desk, group: Group, placer: str, number: int) -> Iterator[Segment]:
    """OBR and one OBX for each reading."""
    yield segment(
        "OBR",
        {
            1: str(number),
            2: placer,
            3: placer,
            4: parts(group.code, group.name, "LN"),
            7: stamp(group.at),
            22: stamp(group.at + timedelta(hours=3)),
            24: group.section,
            25: "F",
        },
    )
    for place, each in enumerate(group.readings, 1):
        yield _observed(desk, each, place)


def _observed(desk: Desk, reading: Reading, place: int) -> Segment:
    test = desk.county.tests[reading.test]
    fields = {
        1: str(place),
        2: "NM",
        3: desk.concept("test", test.code, test.name),
        5: number_of(test, reading.value),
        6: _unit(desk, test),
        11: "F",
        14: stamp(reading.at),
    }
    low, high = test.range(desk.person.sex)
    if low is not None or high is not None:
        fields[7] = _range(low, high)
        fields[8] = flag(reading.value, low, high)
    return segment("OBX", fields)


def number_of(test: Test, value: float) -> str:
    """A value with the decimals its laboratory reports."""
    return f"{value:.{test.decimals}f}"


def _unit(desk: Desk, test: Test) -> str:
    local = desk.local("test", test.code)
    if local is None:
        return parts(test.unit, test.display_unit, "UCUM")
    # What the institution writes; the code of UCUM beside it where it says what the standard is, too.
    return (
        parts(local.unit, "", "99DW", test.unit, "", "UCUM") if local.beside == "yes" else parts(local.unit)
    )


def _range(low: float | None, high: float | None) -> str:
    if low is None:
        return f"<={high:g}"
    return f">={low:g}" if high is None else f"{low:g}-{high:g}"


def flag(value: float, low: float | None, high: float | None) -> str:
    """Table 0078: below, above or within the range."""
    if low is not None and value < low:
        return "L"
    return "H" if high is not None and value > high else "N"


def study(desk: Desk, result: StudyResult, placer: str) -> list[Segment]:
    """The report of an image or a trace as text."""
    row = desk.county.studies[result.study]
    code = parts(row.code, row.name, "LN")
    section = "EC" if row.modality == "ECG" else "RAD"
    head = {1: "1", 2: placer, 3: placer, 4: code, 7: stamp(result.at), 24: section, 25: "F"}
    text = escaped(row.abnormal if result.abnormal else row.normal)
    body = {1: "1", 2: "TX", 3: parts("59776-5", "检查所见", "LN"), 5: text, 11: "F", 14: stamp(result.at)}
    head[22] = stamp(result.at + timedelta(hours=2))
    return [segment("OBR", head), segment("OBX", body)]


def study_ordered(desk: Desk, result: StudyResult, placer: str, doctor: str) -> list[Segment]:
    """ORC and OBR of the order of an image or a trace."""
    row = desk.county.studies[result.study]
    section = "EC" if row.modality == "ECG" else "RAD"
    group = Group(row.code, row.name, section, result.at, ())
    return ordered(group, placer, doctor)
