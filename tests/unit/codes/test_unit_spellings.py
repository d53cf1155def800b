"""Units as Chinese hospitals write them: each spelling means a unit of UCUM, and conversions are right."""

from __future__ import annotations

import csv
from decimal import Decimal

import pytest

from kangshu.domains.terminology.ucum_essence import make_ucum
from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.codes.code_system import parse_code_system
from kangshu.kernel.codes.ucum import Units, units_of
from kangshu.kernel.codes.unit_spellings import Spellings, spellings_of
from kangshu.kernel.packs.find import default_root
from tests.support.sample_facts import test_data

STANDARDS = default_root() / "standards"
NO_UNIT = "-"


def table(*parts: str) -> list[dict[str, str]]:
    with (STANDARDS.joinpath(*parts)).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


@pytest.fixture(scope="module")
def spellings() -> Spellings:
    return spellings_of((row["written"], row["ucum"]) for row in table("ucum", "unit_spellings.tsv"))


@pytest.fixture(scope="module")
def units() -> Units:
    return units_of(
        parse_code_system(make_ucum(test_data("terminology_tx", "ucum", "ucum-essence.xml")).resource)
    )


def test_every_spelling_leads_to_a_unit(units: Units):
    wrong = [row for row in table("ucum", "unit_spellings.tsv") if not units.is_valid(row["ucum"])]
    assert wrong == []


@pytest.mark.parametrize(
    ("written", "ucum"),
    [
        ("次/分", "/min"),
        ("毫米汞柱", "mm[Hg]"),
        ("10^9/L", "10*9/L"),
        ("×10⁹/L", "10*9/L"),
        ("X10^9/L", None),
        ("10**9/L", "10*9/L"),
        ("10*12/L", "10*12/L"),
        ("个/μL", "/uL"),
        ("个／µＬ", "/uL"),
        ("ml/(min·1.73m²)", "mL/min/{1.73_m2}"),
        ("kg/㎡", "kg/m2"),
        (" mmol / l ", "mmol/L"),
        ("℃", "Cel"),
        ("Mg", None),
        ("片", None),
        ("", None),
        ("毫" * 100, None),
    ],
)
def test_a_spelling(spellings: Spellings, written: str, ucum: str | None):
    assert spellings.ucum(written) == ucum


def test_a_spelling_of_two_units_is_refused():
    with pytest.raises(Invalid, match="like another"):
        spellings_of([("10⁹/L", "10*9/L"), ("10^9/L", "10*12/L")])


def test_other_packs_mean_the_same_by_a_spelling(spellings: Spellings):
    rows = [
        (row["code"], row["to_code"])
        for row in table("wst500", "codes.tsv")
        if row["table"] == "ucum" and row["to_code"] != NO_UNIT
    ]
    assert len(rows) > 20
    assert [row for row in rows if spellings.ucum(row[0]) not in (row[1], None)] == []


CONVERSIONS = """
g/dL|g/L|10
g/L|g/dL|0.1
mg/dL|mg/L|10
mg/L|mg/dL|0.1
ug/dL|ug/L|10
ng/mL|ug/L|1
pg/mL|ng/L|1
ng/dL|ng/L|10
ug/mL|mg/L|1
mg/mL|g/L|1
g/mL|kg/L|1
mmol/L|umol/L|1000
umol/L|mmol/L|0.001
nmol/L|pmol/L|1000
pmol/mL|nmol/L|1
mol/m3|mmol/L|1
umol/dL|umol/L|10
U/mL|U/L|1000
kU/L|U/mL|1
u[IU]/mL|m[IU]/L|1
m[IU]/mL|[IU]/L|1
k[IU]/L|[IU]/mL|1
10*9/L|10*3/uL|1
10*12/L|10*6/uL|1
10*6/mL|10*9/L|1
/uL|10*6/L|1
/mL|/L|1000
mm[Hg]|kPa|0.133322
kPa|mm[Hg]|7.500637554192106
cm[H2O]|kPa|0.0980665
mm[Hg]|Pa|133.322
kg|g|1000
g|mg|1000
mg|ug|1000
ug|ng|1000
[lb_av]|kg|0.45359237
[oz_av]|g|28.349523125
L|mL|1000
dL|mL|100
mL|uL|1000
cm3|mL|1
m3|L|1000
m|cm|100
cm|mm|10
[in_i]|cm|2.54
[ft_i]|cm|30.48
um|nm|1000
kg/m2|g/m2|1000
m2|cm2|10000
h|min|60
min|s|60
d|h|24
wk|d|7
/min|/h|60
/s|/min|60
mL/min|L/h|0.06
L/min|mL/s|16.66666666666666666666666667
mL/h|mL/min|0.01666666666666666666666666667
mg/(24.h)|mg/h|0.04166666666666666666666666667
ug/kg/min|mg/kg/h|0.06
kcal|kJ|4.184
kcal/d|kcal/h|0.04166666666666666666666666667
%|[ppth]|10
mg/g|g/kg|1
mmol/mol|%|0.1
fL|um3|1
mosm/kg|osm/kg|0.001
Gy|cGy|100
mSv|uSv|1000
"""


@pytest.mark.parametrize("line", CONVERSIONS.split())
def test_a_conversion_of_the_clinic(units: Units, line: str):
    unit, wanted, factor = line.split("|")
    found = units.convert(Decimal(1), unit, wanted)
    assert abs(found - Decimal(factor)) <= abs(Decimal(factor)) * Decimal("1e-15")


def test_the_table_of_conversions_is_long_enough():
    assert len(set(CONVERSIONS.split())) >= 60


@pytest.mark.parametrize(
    ("unit", "wanted"),
    [("mmol/L", "mg/dL"), ("mg/dL", "mmol/L"), ("umol/L", "mg/L"), ("[IU]/L", "ug/L"), ("U/L", "mol/L")],
)
def test_what_needs_the_substance_is_refused(units: Units, unit: str, wanted: str):
    with pytest.raises(Invalid, match="do not measure the same"):
        units.convert(Decimal(1), unit, wanted)
