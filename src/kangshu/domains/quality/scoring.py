"""The scoring: how much findings of each level and dimension take away."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.rules.definition import DIMENSIONS

_KEYS = {"from", "basis", "levels", "dimensions"}


@dataclass(frozen=True, slots=True)
class Scoring:
    """Weights with what they rest on.

    levels      what a thing with a finding of the level loses, of 1
    dimensions  share of each dimension in the whole score; they add up to 1
    """

    since: date
    basis: str
    levels: Mapping[str, Decimal]
    dimensions: Mapping[str, Decimal]


def parse_scoring(text: str, where: str = "scoring.toml") -> Scoring:
    """Read a scoring. Raises `Invalid` for keys unknown or missing and weights that do not add up."""
    table: dict[str, Any] = tomllib.loads(text, parse_float=Decimal)
    if table.keys() != _KEYS:
        raise Invalid(f"{where} has the keys {', '.join(sorted(_KEYS))}, nothing else.")
    levels = {name: Decimal(value) for name, value in table["levels"].items()}
    dimensions = {name: Decimal(value) for name, value in table["dimensions"].items()}
    if levels.keys() != {"E", "W"} or any(not 0 <= value <= 1 for value in levels.values()):
        raise Invalid(f"{where}: levels gives E and W a weight between 0 and 1.")
    if dimensions.keys() != set(DIMENSIONS) or sum(dimensions.values()) != 1:
        raise Invalid(f"{where}: dimensions gives {', '.join(DIMENSIONS)} weights that add up to 1.")
    return Scoring(table["from"], table["basis"], levels, dimensions)
