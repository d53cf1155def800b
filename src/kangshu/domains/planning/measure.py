"""An indicator as a FHIR R4 Measure: what is counted in words and in SQL, and what it rests on.

https://hl7.org/fhir/R4/measure.html
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Any, Literal

from kangshu.kernel.indicators.cell import levels_of
from kangshu.kernel.indicators.definition import Indicator

Json = dict[str, Any]

Scoring = Literal["proportion", "ratio", "continuous-variable", "cohort"]

UcumOf = Callable[[str], str | None]
"""The expression of UCUM for a unit as it is written; None where there is none."""

POPULATIONS: dict[Scoring, tuple[str, ...]] = {
    "proportion": ("initial-population", "denominator", "numerator"),
    "ratio": ("initial-population", "denominator", "numerator"),
    "continuous-variable": ("initial-population", "measure-observation"),
    "cohort": ("initial-population",),
}
"""The populations of each scoring, as R4 asks for them."""

_LONGEST = 64

_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
_POPULATION = f"{_TERMINOLOGY}/measure-population"
_NOTATION = f"{_TERMINOLOGY}/measure-improvement-notation"
_TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"
_STRATUM = "urn:kangshu:code:stratum"
_UNIT = "urn:kangshu:extension:unit"
_IMPROVES = {"up": "increase", "down": "decrease"}
_COLUMN = {
    "initial-population": "unit",
    "denominator": "denominator",
    "numerator": "numerator",
    "measure-observation": "numerator",
}
"""The column of the SELECT that says what belongs to a population."""


def url_of(place: str, indicator: Indicator) -> str:
    """The canonical address of a Measure."""
    return f"urn:kangshu:measure:{place}:{indicator.id}"


def id_of(place: str, indicator: Indicator) -> str:
    """The id of a Measure: FHIR's ids have no `_` and at most 64 characters."""
    whole = f"{place}.{indicator.id}".replace("_", "-")
    if len(whole) <= _LONGEST:
        return whole
    return f"{whole[: _LONGEST - 9]}-{hashlib.sha256(whole.encode()).hexdigest()[:8]}"


def scoring_of(indicator: Indicator) -> Scoring:
    """How the value comes from its populations.

    A part of a whole in per cent is a proportion, any other quotient a ratio. Without a denominator, whole
    numbers are a count (cohort) and others a measured value.
    """
    if indicator.denominator:
        is_share = indicator.factor == 100 and indicator.highest == 100
        return "proportion" if is_share else "ratio"
    return "cohort" if indicator.decimals == 0 else "continuous-variable"


def measure(place: str, indicator: Indicator, *, ucum: UcumOf) -> Json:
    """The Measure of an indicator of a place or programme."""
    found: Json = {
        "resourceType": "Measure",
        "id": id_of(place, indicator),
        "language": "zh-CN",
        "contained": [_library(indicator)] if indicator.sql else None,
        "extension": [{"url": _UNIT, "valueQuantity": quantity(indicator, ucum)}],
        "url": url_of(place, indicator),
        "identifier": [{"system": f"urn:kangshu:indicator:{place}", "value": indicator.id}],
        "version": indicator.version,
        "name": "".join(word.capitalize() for word in indicator.id.split("_")),
        "title": indicator.title,
        "_title": _translated(indicator.title_en),
        "status": "active",
        "experimental": False,
        "description": _description(indicator),
        "effectivePeriod": {"start": indicator.since.isoformat()} if indicator.since else None,
        "relatedArtifact": _artifacts(indicator),
        "library": ["#sql"] if indicator.sql else None,
        "scoring": _concept(f"{_TERMINOLOGY}/measure-scoring", scoring_of(indicator)),
        "improvementNotation": improvement(indicator),
        "guidance": indicator.verify,
        "group": [_group(indicator)],
    }
    return {key: value for key, value in found.items() if value is not None}


def improvement(indicator: Indicator) -> Json:
    """Which way is better, as a CodeableConcept."""
    return _concept(_NOTATION, _IMPROVES[indicator.direction])


def quantity(indicator: Indicator, ucum: UcumOf) -> Json:
    """The unit of an indicator as a Quantity without a value."""
    code = ucum(indicator.unit)
    coded = {"system": "http://unitsofmeasure.org", "code": code} if code else {}
    return {"unit": indicator.unit, **coded}


def population_concept(code: str) -> Json:
    """The code of a population."""
    return _concept(_POPULATION, code)


def stratum_concept(name: str) -> Json:
    """The code of a stratum."""
    return {**_concept(_STRATUM, name), "text": name}


def _description(indicator: Indicator) -> str:
    if not indicator.denominator:
        return f"{indicator.numerator}（单位：{indicator.unit}）"
    times = "" if indicator.factor == 1 else f" × {format(indicator.factor, 'f')}"
    return f"{indicator.numerator} ÷ {indicator.denominator}{times}（单位：{indicator.unit}）"


def _group(indicator: Indicator) -> Json:
    populations = [_population(indicator, code) for code in POPULATIONS[scoring_of(indicator)]]
    levels = [level for level in levels_of(indicator.strata) if level]
    stratifiers = [_stratifier(indicator, level) for level in levels]
    return {"population": populations, **({"stratifier": stratifiers} if stratifiers else {})}


def _population(indicator: Indicator, code: str) -> Json:
    words = {
        "initial-population": "计数单元：纳入统计的每一个单元",
        "denominator": indicator.denominator,
    }.get(code, indicator.numerator)
    return {
        "code": population_concept(code),
        "description": words,
        "criteria": _criteria(indicator, _COLUMN[code], words),
    }


def _stratifier(indicator: Indicator, level: tuple[str, ...]) -> Json:
    if len(level) == 1:
        name = level[0]
        return {"code": stratum_concept(name), "criteria": _criteria(indicator, name, name)}
    return {
        "component": [
            {"code": stratum_concept(name), "criteria": _criteria(indicator, name, name)} for name in level
        ]
    }


def _criteria(indicator: Indicator, column: str, words: str) -> Json:
    """A column of the SELECT; for what is entered, the words."""
    if indicator.sql:
        return {"language": "application/sql", "expression": column, "reference": "#sql"}
    return {"language": "text/plain", "expression": words}


def _library(indicator: Indicator) -> Json:
    content = base64.b64encode(indicator.sql.encode()).decode()
    return {
        "resourceType": "Library",
        "id": "sql",
        "status": "active",
        "type": _concept(f"{_TERMINOLOGY}/library-type", "logic-library"),
        "description": "One row for each unit that is counted; DuckDB's SQL.",
        "content": [{"contentType": "application/sql", "data": content}],
    }


def _artifacts(indicator: Indicator) -> list[Json]:
    """What it rests on, what its parameters and targets rest on, and the views it reads."""
    found: list[Json] = [{"type": "justification", "display": indicator.basis}]
    found += [
        {
            "type": "documentation",
            "label": f"{name} = {dated.value}，{dated.since} 起"[:200],
            "display": dated.basis,
        }
        for name, values in sorted(indicator.params.items())
        for dated in values
    ]
    found += [
        {"type": "citation", "label": each.period.label, "display": each.basis} for each in indicator.targets
    ]
    return found + [
        {"type": "depends-on", "resource": f"urn:kangshu:view:{name}"} for name in indicator.needs
    ]


def _translated(text: str) -> Json:
    parts = [{"url": "lang", "valueCode": "en"}, {"url": "content", "valueString": text}]
    return {"extension": [{"url": _TRANSLATION, "extension": parts}]}


def _concept(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code}]}
