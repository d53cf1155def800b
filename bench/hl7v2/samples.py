"""Messages of a hospital's day: results, admissions, orders, in the proportions of a general hospital."""

from __future__ import annotations

import random
from dataclasses import dataclass

SENDERS = [("HIS", "XRY"), ("LIS", "XRY"), ("HIS", "XZY"), ("HIS", "XFY"), ("HIS", "SMRY")]
"""MSH-3 and MSH-4, as the demonstration county lists them."""

TESTS = [
    ("6690-2", "白细胞", "10*9/L", "3.5-9.5"), ("789-8", "红细胞", "10*12/L", "4.3-5.8"),
    ("718-7", "血红蛋白", "g/L", "130-175"), ("777-3", "血小板", "10*9/L", "125-350"),
    ("2345-7", "葡萄糖", "mmol/L", "3.9-6.1"), ("2160-0", "肌酐", "umol/L", "57-97"),
    ("1742-6", "丙氨酸氨基转移酶", "U/L", "9-50"), ("2823-3", "钾", "mmol/L", "3.5-5.3"),
]  # fmt: skip
PATIENTS = 200
"""Patients a sender tells of: those of a few wards on one day."""
DOCTORS = [f"D{number:04}^{family}^医生{number}" for number, family in enumerate("王李张刘陈杨黄赵周吴" * 3)]


@dataclass(frozen=True, slots=True)
class Sender:
    """One connection: who speaks, and the number of the connection, part of all its control ids."""

    application: str
    facility: str
    number: int


def messages(sender: Sender, count: int) -> list[bytes]:
    """Messages of one sender, in order: six of ten are results of two to six tests."""
    chance = random.Random(sender.number)
    return [_message(sender, number, chance) for number in range(count)]


def _message(sender: Sender, number: int, chance: random.Random) -> bytes:
    patient = f"{sender.number}{chance.randrange(PATIENTS):05}"
    kind = chance.choices(("ORU^R01^ORU_R01", "ADT^A08^ADT_A01", "ORM^O01^ORM_O01"), (6, 3, 1))[0]
    head = rf"MSH|^~\&|{sender.application}|{sender.facility}|KS|CITY|20260102103000||{kind}"
    lines = [f"{head}|{sender.number}-{number}|P|2.5.1||||||UNICODE UTF-8"]
    visit = f"V{patient}"
    doctor = chance.choice(DOCTORS)
    lines.append(
        f"PID|1||{patient}^^^HIS^MR||王^{patient}^^^^^L||19{30 + int(patient) % 69}0101|M"
        f"|||街{patient}号^^信宜市^广东省^525300||13800000000"
    )
    lines.append(f"PV1|1|I|内科^3^12||||{doctor}||||||||||||{visit}^^^HIS^VN" + "|" * 25 + "20260102080000")
    if kind.startswith("ADT"):
        lines.append("DG1|1||I10.x00x002^高血压^ICD-10-CN||20260102|A")
    else:
        order = f"P{sender.number}-{number}^HIS|F{sender.number}-{number}^LIS"
        lines.append(f"ORC|{'NW' if kind.startswith('ORM') else 'RE'}|{order}||||||20260102081000|||{doctor}")
        lines.append(f"OBR|1|{order}|BIO^生化^L|||20260102090000|||||||||{doctor}||||||20260102100000||CH|F")
    if kind.startswith("ORU"):
        for place, (code, name, unit, span) in enumerate(chance.sample(TESTS, chance.randint(2, 6)), 1):
            value = round(chance.uniform(1, 200), 2)
            lines.append(
                f"OBX|{place}|NM|{code}^{name}^LN||{value}|{unit}^{unit}^UCUM|{span}|N|||F|||20260102095500"
            )
    return ("\r".join(lines) + "\r").encode()
