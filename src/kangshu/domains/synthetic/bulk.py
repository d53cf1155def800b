"""Many residents fast, for benchmarks: NDJSON lines from templates, plausible in shape and spread.

Unlike `generate`, nothing here develops over time: each resident gets a fixed mix of about forty
resources with names, dates, codes and values drawn from the county's tables. Resident `n` of a seed is
the same whoever asks and however many are asked for, so several processes can share the work.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

import orjson

from kangshu.domains.synthetic.bulk_templates import HL7, Measure, Templates
from kangshu.domains.synthetic.care_tables import Sex
from kangshu.domains.synthetic.chance import chance
from kangshu.domains.synthetic.county import County, Village
from kangshu.domains.synthetic.directory import organization_resource, practitioner_resources
from kangshu.domains.synthetic.generate import practitioners
from kangshu.domains.synthetic.id_number import identity_number
from kangshu.domains.synthetic.people import health_card

CHUNK = 25
"""Residents in one chunk: about a thousand lines, some 600 kB."""
_BIRTHDAYS, _STRIDE = 29_201, 7_919
"""Days of eighty years, and a step that visits each of them once: no two residents share day and serial."""
_TAG = '"meta":{"tag":[{"system":"urn:kangshu:code:origin","code":"synthetic"}]}'


def residents(
    county: County, n: int, seed: int, *, first: int = 0, until: date = date(2025, 12, 31)
) -> Iterator[bytes]:
    """NDJSON chunks of the residents `first` … `n`-1, each line one resource, references relative.

    The chunk before those of resident 0 holds the institutions and their staff, which all refer to.
    Within a resident the Patient comes first and encounters before what happened in them.
    """
    writer = _Writer(county, seed, until)
    if first == 0:
        yield writer.directory()
    for start in range(first, n, CHUNK):
        lines = [line for number in range(start, min(n, start + CHUNK)) for line in writer.resident(number)]
        yield ("\n".join(lines) + "\n").encode()


class _Writer:
    """Fills the templates of one county."""

    def __init__(self, county: County, seed: int, until: date) -> None:
        self.county = county
        self.seed = seed
        self.until = until
        self._of = Templates(county, seed, until)

    def directory(self) -> bytes:
        """Institutions and staff, one line each."""
        county = self.county
        found = [organization_resource(county, each) for each in county.institutions.values()]
        for doctor in practitioners(county, self.seed):
            found += practitioner_resources(doctor)
        return b"".join(orjson.dumps(each) + b"\n" for each in found)

    def resident(self, number: int) -> list[str]:
        """The lines of one resident."""
        throw = chance(self.seed, "bulk", number)
        id = f"b{self.seed}-{number:07d}"
        sex: Sex = "male" if throw.random() < 0.51 else "female"
        generation, day_back = divmod(number, _BIRTHDAYS)
        birth = self.until - timedelta(days=(day_back * _STRIDE + self.seed * 977) % _BIRTHDAYS)
        village = self._of.village.pick(throw)
        township = self.county.township_of(village).code
        card = identity_number(self.county.division, birth, 2 * generation + (1 if sex == "male" else 2))
        lines = [self._patient(throw, number, id, sex, birth, card, village, township)]
        subject = f'"subject":{{"reference":"Patient/{id}"}}'
        earliest = min(len(self._of.days) - 1, max(1, (self.until - birth).days))
        for visit in range(2 + throw.randrange(6)):
            org = (village.clinic, township, "H44099900001")[throw.randrange(3)] if visit else township
            day = self._of.days[throw.randrange(earliest)]
            lines += self._visit(throw, id, visit, org, day, sex, subject)
        lines += self._lasting(throw, id, subject, earliest)
        return lines

    def _patient(
        self,
        throw: Random,
        number: int,
        id: str,
        sex: Sex,
        birth: date,
        card: str,
        village: Village,
        township: str,
    ) -> str:
        county, systems = self.county, self.county.systems
        family, given = (
            self._of.family.pick(throw),
            self._of.given[sex].pick(throw) + self._of.given[sex].pick(throw),
        )
        street = f"{county.towns[village.town].name}{village.name}{1 + throw.randrange(180)}号"
        return (
            f'{{"resourceType":"Patient","id":"{id}",{_TAG},"identifier":['
            f'{{"system":"urn:kangshu:org:{township}:patient","value":"{number:08d}"}},'
            f'{{"system":"{systems["identity_card"]}","value":"{card}"}},'
            f'{{"system":"{systems["health_card"]}","value":"{health_card(card)}"}}],'
            f'"active":true,"name":[{{"use":"official","text":"{family}{given}","family":"{family}","given":["{given}"]}}],'
            f'"telecom":[{{"system":"phone","value":"{county.phone_prefix}{throw.randrange(10**8):08d}","use":"mobile"}}],'
            f'"gender":"{sex}","birthDate":"{birth.isoformat()}",'
            f'"address":[{{"use":"home","line":["{street}"],"city":"{county.city}","district":"{county.name}",'
            f'"state":"{county.province}","country":"CN"}}],'
            f'"managingOrganization":{{"reference":"Organization/{township}"}}}}'
        )

    def _visit(
        self, throw: Random, id: str, visit: int, org: str, day: str, sex: Sex, subject: str
    ) -> Iterator[str]:
        staff = self._of.staff[org]
        doctor = staff[throw.randrange(len(staff))].id
        encounter = f"{id}-e{visit}"
        hour, minute = 8 + throw.randrange(9), throw.randrange(60)
        at = f"{day}T{hour:02d}:{minute:02d}:00+08:00"
        about = f'{subject},"encounter":{{"reference":"Encounter/{encounter}"}}'
        reason = self._of.acute.pick(throw)
        yield (
            f'{{"resourceType":"Encounter","id":"{encounter}",{_TAG},"status":"finished",'
            f'"class":{{"system":"{HL7}/v3-ActCode","code":"{"IMP" if throw.random() < 0.05 else "AMB"}"}},'
            f'"type":[{_OUTPATIENT}],{subject},'
            f'"participant":[{{"individual":{{"reference":"Practitioner/{doctor}"}}}}],'
            f'"period":{{"start":"{at}","end":"{day}T{hour + 1:02d}:{minute:02d}:00+08:00"}},'
            f'"reasonCode":[{reason}],"serviceProvider":{{"reference":"Organization/{org}"}}}}'
        )
        if visit % 3 == 0:
            yield (
                f'{{"resourceType":"Condition","id":"{id}-c{visit}",{_TAG},"clinicalStatus":{_RESOLVED},'
                f'"verificationStatus":{_CONFIRMED},"category":[{_DIAGNOSIS}],"code":{reason},{about},'
                f'"onsetDateTime":"{day}","recordedDate":"{at}"}}'
            )
        yield self._pressure(throw, f"{id}-o{visit}-bp", about, at)
        measures = self._of.vital[sex][: 1 + throw.randrange(3)]
        if visit % 2 == 0:
            start = throw.randrange(len(self._of.laboratory[sex]) - 5)
            measures = measures + self._of.laboratory[sex][start : start + 5]
        for number, each in enumerate(measures):
            yield self._observation(throw, f"{id}-o{visit}-{number}", each, about, at)
        if visit % 2 == 0:
            results = ",".join(
                f'{{"reference":"Observation/{id}-o{visit}-{number}"}}'
                for number in range(len(measures) - 5, len(measures))
            )
            yield (
                f'{{"resourceType":"DiagnosticReport","id":"{id}-r{visit}",{_TAG},"status":"final",'
                f'"category":[{_LABORATORY}],"code":{self._of.panel[throw.randrange(len(self._of.panel))]},{about},'
                f'"effectiveDateTime":"{at}","performer":[{{"reference":"Organization/{org}"}}],"result":[{results}]}}'
            )
        for number in range(throw.randrange(3)):
            yield (
                f'{{"resourceType":"MedicationRequest","id":"{id}-m{visit}-{number}",{_TAG},"status":"completed",'
                f'"intent":"order",{about},"authoredOn":"{at}",'
                f'"requester":{{"reference":"Practitioner/{doctor}"}},{self._of.medicine.pick(throw)}}}'
            )

    def _pressure(self, throw: Random, id: str, about: str, at: str) -> str:
        systolic = 128 + throw.gauss(0, 17)
        diastolic = systolic * 0.6 + throw.gauss(0, 6)
        return (
            f'{{"resourceType":"Observation","id":"{id}",{_TAG},"status":"final","category":[{_VITAL_SIGNS}],'
            f'"code":{_PRESSURE},{about},"effectiveDateTime":"{at}","component":['
            f'{{"code":{_SYSTOLIC},"valueQuantity":{{"value":{systolic:.0f},{_MERCURY}}}}},'
            f'{{"code":{_DIASTOLIC},"valueQuantity":{{"value":{diastolic:.0f},{_MERCURY}}}}}]}}'
        )

    def _observation(self, throw: Random, id: str, measure: Measure, about: str, at: str) -> str:
        value = max(measure.floor, measure.mean + throw.gauss(0, measure.spread))
        mark = "H" if measure.high is not None and value > measure.high else "N"
        return (
            f'{{"resourceType":"Observation","id":"{id}",{_TAG},"status":"final",{measure.head},{about},'
            f'"effectiveDateTime":"{at}","interpretation":[{_MARKS[mark]}],'
            f'"valueQuantity":{{"value":{value:.{measure.decimals}f},{measure.tail}'
        )

    def _lasting(self, throw: Random, id: str, subject: str, earliest: int) -> Iterator[str]:
        """Problems, vaccines, a procedure for some, a contract for most."""
        for number in range(throw.randrange(4)):
            day = self._of.days[throw.randrange(earliest)]
            yield (
                f'{{"resourceType":"Condition","id":"{id}-p{number}",{_TAG},"clinicalStatus":{_ACTIVE},'
                f'"verificationStatus":{_CONFIRMED},"category":[{_PROBLEM}],"code":{self._of.chronic.pick(throw)},'
                f'{subject},"onsetDateTime":"{day}"}}'
            )
        for number in range(throw.randrange(5)):
            yield (
                f'{{"resourceType":"Immunization","id":"{id}-i{number}",{_TAG},"status":"completed",'
                f'"vaccineCode":{self._of.vaccine.pick(throw)},"patient":{{"reference":"Patient/{id}"}},'
                f'"occurrenceDateTime":"{self._of.days[throw.randrange(earliest)]}","primarySource":true,'
                f'"lotNumber":"{throw.randrange(10**6):06d}"}}'
            )
        if throw.random() < 0.25:
            yield (
                f'{{"resourceType":"Procedure","id":"{id}-x",{_TAG},"status":"completed",'
                f'"code":{self._of.procedure.pick(throw)},{subject},'
                f'"performedDateTime":"{self._of.days[throw.randrange(earliest)]}"}}'
            )


def _concept(system: str, code: str, text: str) -> str:
    return f'{{"coding":[{{"system":"{system}","code":"{code}"}}],"text":"{text}"}}'


_OUTPATIENT = _concept("urn:kangshu:code:service", "outpatient", "普通门诊")
_ACTIVE = _concept(f"{HL7}/condition-clinical", "active", "活动")
_RESOLVED = _concept(f"{HL7}/condition-clinical", "resolved", "已愈")
_CONFIRMED = _concept(f"{HL7}/condition-ver-status", "confirmed", "确诊")
_DIAGNOSIS = _concept(f"{HL7}/condition-category", "encounter-diagnosis", "就诊诊断")
_PROBLEM = _concept(f"{HL7}/condition-category", "problem-list-item", "健康问题")
_LABORATORY = _concept(f"{HL7}/v2-0074", "LAB", "检验")
_VITAL_SIGNS = _concept(f"{HL7}/observation-category", "vital-signs", "生命体征")
_PRESSURE = _concept("http://loinc.org", "85354-9", "血压")
_SYSTOLIC = _concept("http://loinc.org", "8480-6", "收缩压")
_DIASTOLIC = _concept("http://loinc.org", "8462-4", "舒张压")
_MERCURY = '"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"'
_MARKS = {
    "N": _concept(f"{HL7}/v3-ObservationInterpretation", "N", "正常"),
    "H": _concept(f"{HL7}/v3-ObservationInterpretation", "H", "偏高"),
}
