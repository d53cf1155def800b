"""The three kinds of descriptions in packs, told apart by what they hold: tables, choices, or a map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, cast

from kangshu.domains.terminology.map_table import MapDescription
from kangshu.domains.terminology.table import Description, parse_description
from kangshu.domains.terminology.value_set_table import Chosen, ValueSetDescription
from kangshu.kernel.base.errors import Invalid, Problem
from kangshu.kernel.base.toml import parse_toml

Described = Description | ValueSetDescription | MapDescription

TABLE, CHOICE, MAP = "[[table]]", "[[include]]", "[map]"
"""By these keys a description is told from the other TOML files of a pack."""


def parse_described(text: str, where: str) -> Described | None:
    """The description, None for a file that is none. Raises `Invalid` with every key that is wrong."""
    lines = {line.strip() for line in text.splitlines()}
    if TABLE in lines:
        return parse_description(text, where)
    if CHOICE in lines:
        return _value_set(parse_toml(text, where), where)
    if MAP in lines:
        data = parse_toml(text, where)
        inner = cast("dict[str, Any]", data.pop("map"))
        return MapDescription(**_checked(MapDescription, {**data, **inner}, where))
    return None


def _value_set(data: dict[str, Any], where: str) -> ValueSetDescription:
    raw = cast("list[dict[str, Any]]", data.pop("include"))
    chosen = tuple(
        Chosen(**_checked(Chosen, each, f"{where} include[{number}]")) for number, each in enumerate(raw)
    )
    return ValueSetDescription(
        **_checked(ValueSetDescription, data, where, left_out=("chosen",)), chosen=chosen
    )


def _checked(
    kind: Any, data: Mapping[str, Any], where: str, left_out: tuple[str, ...] = ()
) -> dict[str, str]:
    """The keys of a description, all of them texts."""
    known = {each.name: each.default for each in fields(kind) if each.name not in left_out}
    problems = [
        Problem("error", "invalid", key, "This is not a key of a description, or not a text.")
        for key, value in data.items()
        if key not in known or not isinstance(value, str)
    ]
    problems += [
        Problem("error", "required", key, "This is missing.")
        for key, default in known.items()
        if default is MISSING and key not in data
    ]
    if problems:
        listed = "; ".join(f"{each.path}: {each.message}" for each in problems)
        raise Invalid(f"{where}: {listed}", problems=tuple(problems))
    return cast("dict[str, str]", dict(data))
