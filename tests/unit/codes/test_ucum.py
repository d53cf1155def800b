"""Units: what is one, what measures the same, and how much is how much."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kangshu.domains.terminology.ucum_essence import make_ucum
from kangshu.kernel.base.errors import Invalid, NotSupported
from kangshu.kernel.codes.code_system import parse_code_system
from kangshu.kernel.codes.ucum import Units, units_of, with_grammar
from tests.support.sample_facts import test_data


@cache
def system():
    path: Path = test_data("terminology_tx", "ucum", "ucum-essence.xml")
    return parse_code_system(make_ucum(path).resource)


@pytest.fixture(scope="module")
def units() -> Units:
    return units_of(system())


@pytest.mark.parametrize(
    ("value", "unit", "wanted", "expected"),
    [
        ("1", "g/dL", "g/L", "10"),
        ("5.5", "mmol/L", "umol/mL", "5.5"),
        ("120", "mm[Hg]", "kPa", "15.99864"),
        ("1", "[lb_av]", "g", "453.59237"),
        ("1", "[in_i]", "cm", "2.54"),
        ("37", "Cel", "K", "310.15"),
        ("98.6", "[degF]", "Cel", "37"),
        ("0", "Cel", "[degF]", "32"),
        ("4.5", "10*12/L", "10*6/uL", "4.5"),
        ("250", "10*9/L", "10*3/uL", "250"),
        ("2", "h", "min", "120"),
        ("1", "a_j", "d", "365.25"),
        ("60", "/min", "Hz", "1"),
        ("1", "kg.m/s2", "N", "1"),
        ("7", "%", "1", "0.07"),
        ("3", "mL/min/{1.73_m2}", "L/h", "0.18"),
        ("1", "[iU]/mL", "k[iU]/L", "1"),
    ],
)
def test_a_value_in_another_unit(units: Units, value: str, unit: str, wanted: str, expected: str):
    assert units.convert(Decimal(value), unit, wanted) == Decimal(expected)


@pytest.mark.parametrize(
    "unit",
    ["mg/dL", "10*9/L", "mm[Hg]", "{score}", "ug{creat}/L", "L/(min.m2)", "m2", "s-1", "%", "dag", "1"],
)
def test_what_is_a_unit(units: Units, unit: str):
    assert units.is_valid(unit)


@pytest.mark.parametrize(
    "unit",
    [
        "mmHg",
        "mg/",
        "/",
        "(g",
        "g)",
        "g//L",
        "kk",
        "次/分",
        "mg dL",
        "{open",
        "g2.",
        "cmin",
        "0",
        "",
        "k[lb_av]",
    ],
)
def test_what_is_none(units: Units, unit: str):
    assert not units.is_valid(unit)


def test_other_kinds_are_not_converted(units: Units):
    for unit, wanted in (("g/L", "mmol/L"), ("[iU]", "g"), ("[iU]", "[arb'U]"), ("m", "s")):
        assert not units.is_same_kind(unit, wanted)
        with pytest.raises(Invalid):
            units.convert(Decimal(1), unit, wanted)


def test_logarithms_are_units_but_are_not_converted(units: Units):
    assert units.is_valid("[pH]")
    assert units.convert(Decimal("7.4"), "[pH]", "[pH]") == Decimal("7.4")
    with pytest.raises(NotSupported):
        units.convert(Decimal(7), "[pH]", "mol/L")


def test_a_temperature_cannot_be_multiplied(units: Units):
    with pytest.raises(NotSupported):
        units.parse("Cel/min")


def test_every_unit_of_the_table_can_be_read(units: Units):
    for concept in system().concepts.values():
        if not concept.code.endswith("-"):
            assert units.is_valid(concept.code), concept.code


def test_the_codes_of_the_system_are_its_expressions():
    grammar = with_grammar(system())
    assert grammar.find("mmol/L") is not None
    assert grammar.find("mmHg") is None


_UNITS = st.sampled_from(["g", "mg", "kg", "[lb_av]", "[oz_av]", "t", "ug"])
_VALUES = st.decimals(min_value="-1e6", max_value="1e6", places=4)


@given(value=_VALUES, one=_UNITS, other=_UNITS)
def test_there_and_back_is_the_same(value: Decimal, one: str, other: str):
    units = units_of(system())
    there = units.convert(value, one, other)
    assert abs(units.convert(there, other, one) - value) <= abs(value) * Decimal("1e-24")


@given(text=st.text(max_size=30))
def test_any_text_is_a_unit_or_is_refused(text: str):
    units_of(system()).is_valid(text)
