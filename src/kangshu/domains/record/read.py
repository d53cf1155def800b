"""One FHIR R4 resource read as one entry, after the row of its type in `readings`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from decimal import Decimal
from typing import Any

from kangshu.domains.record.datatypes import (
    Json,
    address_of,
    choice,
    codes_of,
    concept_text,
    listed,
    narrative_text,
    plain,
    quantity_text,
    range_text,
    table,
    tables,
    word,
)
from kangshu.domains.record.directory import Directory
from kangshu.domains.record.entry import Detail, Dosage, Entry, Kind, Mark, Source
from kangshu.domains.record.moment import Moment, parse_moment
from kangshu.domains.record.readings import OTHER, READINGS, Reading
from kangshu.kernel.facts.definition import Fact

_MARKS: Mapping[str, Mark] = {
    "H": "high",
    "HU": "high",
    "HX": "high",
    ">": "high",
    "L": "low",
    "LU": "low",
    "LX": "low",
    "<": "low",
    "A": "abnormal",
    "HH": "critical",
    "LL": "critical",
    "AA": "critical",
    "POS": "abnormal",
    "DET": "abnormal",
    "R": "abnormal",
}
_VITAL = frozenset({"vital-signs", "exam"})
_SOCIAL = frozenset({"social-history", "survey", "activity"})
_WITHDRAWN = frozenset({"entered-in-error", "refuted"})
_DONE_NOT = frozenset({"not-done"})


def read_entry(fact: Fact, body: Json, directory: Directory, zone: tzinfo) -> Entry:
    """Read a fact whose parsed body is `body`. Never raises, whatever the body holds."""
    row = READINGS.get(fact.type, OTHER)
    when, until = _times(row, body, zone)
    value, mark = _value(body) if fact.type == "Observation" else ("", "")
    return Entry(
        kind=_kind(fact.type, row, body),
        title=_title(row, body, directory),
        codes=_codes(row, body, directory),
        when=when or _recorded(fact, zone),
        until=until,
        status=_status(row, body),
        details=tuple(_details(fact.type, row, body, directory)),
        source=source_of(fact, directory),
        value=value,
        mark=mark,
        setting=word(table(body.get("class")).get("code")) if fact.type == "Encounter" else "",
        dosage=_dosages(body),
        performers=_people(row, body, directory),
        withdrawn=_withdrawn(body),
        visit=_visit(body),
        parts=tuple(a for path in row.parts for r in find(body, path) if (a := address_of(r))),
    )


def source_of(fact: Fact, directory: Directory) -> Source:
    """Where a fact came from."""
    return Source(
        fact.type,
        fact.id,
        fact.version,
        fact.org,
        directory.institution(fact.org),
        fact.county,
        fact.message,
        fact.recorded_at,
    )


def find(value: Any, path: str) -> list[Any]:
    """Everything a dotted path reaches, lists opened, choice elements by their stem."""
    found: list[Any] = [value]
    for name in path.split("."):
        reached = (choice(item, name) for item in tables(found))
        found = [item for value in reached for item in listed(value)]
    return found


def _kind(type_: str, row: Reading, body: Json) -> Kind:
    if type_ != "Observation":
        return row.kind
    categories = {code.code for code in codes_of(body.get("category"))}
    if categories & _VITAL:
        return "vital"
    return "social" if categories & _SOCIAL else "result"


def _title(row: Reading, body: Json, directory: Directory) -> str:
    for path in row.title:
        values = find(body, path)
        named = directory.names_of([v for v in values if "reference" in table(v)])
        text = "、".join(named) or concept_text(_product(body, values, directory)) or plain(values)
        if text:
            return text if len(text) <= 160 else text[:159] + "…"
    lines = narrative_text(body).removeprefix("Generated Narrative with Details").split("\n")
    return next((line for line in lines if line), "")[:80]


def _product(body: Json, values: list[Any], directory: Directory) -> Json:
    """The code of the product the first value points to, in the directory or inside the resource."""
    pointer = word(table(first(values)).get("reference"))
    if not pointer.startswith("#"):
        return directory.product(first(values))
    held = (c for c in tables(body.get("contained")) if word(c.get("id")) == pointer[1:])
    return next((table(c.get("code")) for c in held), table(None))


def _codes(row: Reading, body: Json, directory: Directory) -> tuple[Any, ...]:
    for path in row.title:
        values = find(body, path)
        codes = codes_of([v for v in values if "coding" in table(v) or "system" in table(v)])
        codes = codes or codes_of(_product(body, values, directory))
        if codes:
            return codes
    return ()


def _times(row: Reading, body: Json, zone: tzinfo) -> tuple[Moment | None, Moment | None]:
    for path in row.when:
        for value in find(body, path):
            span = table(value)
            begun = parse_moment(span.get("start") or first(span.get("event")) or value, zone)
            ended = parse_moment(span.get("end"), zone)
            if begun or ended:
                return begun or ended, ended if begun else None
    return None, None


def first(value: object) -> Any:
    """The first element, None if there is none."""
    return next(iter(listed(value)), None)


def _recorded(fact: Fact, zone: tzinfo) -> Moment | None:
    # Only what the store indexed as "happened" may stand in; the time of recording is no time of life.
    return parse_moment(fact.happened.isoformat(), zone) if fact.happened else None


def _status(row: Reading, body: Json) -> str:
    value = body.get(row.status)
    codes = codes_of(value)
    return codes[0].code if codes else plain(value)


def _withdrawn(body: Json) -> bool:
    words = {code.code for name in ("status", "verificationStatus") for code in codes_of(body.get(name))}
    return bool(words & _WITHDRAWN)


def _visit(body: Json) -> str:
    for name in ("encounter", "context.encounter", "item.encounter"):
        for reference in find(body, name):
            address = address_of(reference)
            if address.startswith("Encounter/"):
                return address
    context = address_of(body.get("context"))
    return context if context.startswith("Encounter/") else ""


def _people(row: Reading, body: Json, directory: Directory) -> tuple[str, ...]:
    return directory.names_of([reference for path in row.people for reference in find(body, path)])


def _details(type_: str, row: Reading, body: Json, directory: Directory) -> list[Detail]:
    details = list(_observed(body)) if type_ == "Observation" else []
    for label, path in row.details:
        values = find(body, path)
        text = "、".join(directory.names_of(values)) or plain(values)
        if text:
            details.append(Detail(label, text))
    if type_ in ("Procedure", "Immunization", "Observation") and word(body.get("status")) in _DONE_NOT:
        details.append(Detail("not_done", plain(body.get("statusReason"))))
    return details


def _value(body: Json) -> tuple[str, Mark]:
    value = choice(body, "value")
    return plain(value), mark_of(body, value)


def _observed(body: Json) -> list[Detail]:
    texts = (reference_text(reference) for reference in tables(body.get("referenceRange")))
    details = [Detail("reference", text) for text in texts if text]
    for part in tables(body.get("component")):
        value = choice(part, "value")
        text = plain(value) or plain(part.get("dataAbsentReason"))
        details.append(Detail("component", text, mark_of(part, value), concept_text(part.get("code"))))
    return details


def reference_text(reference: Json) -> str:
    """A reference range in words."""
    return word(reference.get("text")) or range_text(reference.get("low"), reference.get("high"))


def mark_of(observed: Json, value: object) -> Mark:
    """The source's own interpretation; where it gave none, the value against the reference range."""
    for code in codes_of(observed.get("interpretation")):
        if code.code in _MARKS:
            return _MARKS[code.code]
        if code.code in ("N", "NEG", "ND", "S"):
            return ""
    low, high = limits_of(observed)
    number = table(value).get("value")
    if not isinstance(number, int | Decimal):
        return ""
    if low is not None and number < low:
        return "low"
    return "high" if high is not None and number > high else ""


def limits_of(observed: Json) -> tuple[Decimal | None, Decimal | None]:
    """(low, high) of the first reference range meant as normal; None where there is no limit."""
    for reference in tables(observed.get("referenceRange")):
        kinds = {code.code for code in codes_of(reference.get("type"))}
        if kinds and not kinds & {"normal", "recommended"}:
            continue
        low, high = table(reference.get("low")).get("value"), table(reference.get("high")).get("value")
        return (_decimal(low), _decimal(high))
    return None, None


def _decimal(value: object) -> Decimal | None:
    return Decimal(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else None


def _dosages(body: Json) -> tuple[Dosage, ...]:
    found = [*tables(body.get("dosageInstruction"))]
    if isinstance(body.get("dosage"), list | dict):
        found += tables(body["dosage"])
    return tuple(dosage for item in found if (dosage := _dosage(item)) != Dosage())


def _dosage(item: Json) -> Dosage:
    timing = table(item.get("timing"))
    repeat = table(timing.get("repeat"))
    rate = table(first(item.get("doseAndRate"))) or item
    dose = choice(rate, "dose")
    said = word(item.get("text")) or word(item.get("patientInstruction"))
    return Dosage(
        text=said or concept_text(timing.get("code")),
        dose=plain(dose),
        times=word(repeat.get("frequency")),
        every=word(repeat.get("period")),
        every_unit=word(repeat.get("periodUnit")),
        route=concept_text(item.get("route")),
        as_needed=item.get("asNeededBoolean") is True or "asNeededCodeableConcept" in item,
    )


def quantity_of(value: object) -> tuple[Decimal, str] | None:
    """(number, unit) of a Quantity that is an exact value; None otherwise."""
    q = table(value)
    number = q.get("value")
    if not isinstance(number, int | Decimal) or isinstance(number, bool) or q.get("comparator"):
        return None
    return Decimal(number), quantity_text({"unit": q.get("unit"), "code": q.get("code")})
