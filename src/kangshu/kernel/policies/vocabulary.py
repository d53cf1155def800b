"""The words of an access pack (`access.toml`): groups of roles and of fact types, usual purposes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from kangshu.kernel.base.errors import Invalid, Problem
from kangshu.kernel.base.toml import parse_toml

_TABLES = ("roles", "types", "usual_purposes")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What Cedar is told beside the request.

    roles           role -> the groups of roles it belongs to
    types           group -> the fact types in it
    usual_purposes  role -> the purpose to assume when the caller states none
    """

    roles: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    types: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    usual_purposes: Mapping[str, str] = field(default_factory=dict[str, str])


def parse_vocabulary(text: str, where: str = "access.toml") -> Vocabulary:
    """Read one file. Raises `Invalid` with every unknown key and every value of the wrong form."""
    table = parse_toml(text, where)
    problems = tuple(_problems(table))
    if problems:
        listed = "; ".join(f"{problem.path}: {problem.message}" for problem in problems)
        raise Invalid(f"{where}: {listed}.", problems=problems)
    return Vocabulary(
        roles={role: frozenset(groups) for role, groups in table.get("roles", {}).items()},
        types={group: frozenset(types) for group, types in table.get("types", {}).items()},
        usual_purposes=dict(table.get("usual_purposes", {})),
    )


def merge(vocabularies: Iterable[Vocabulary]) -> Vocabulary:
    """One vocabulary of several packs: groups grow; a later usual purpose replaces an earlier one."""
    roles: dict[str, frozenset[str]] = {}
    types: dict[str, frozenset[str]] = {}
    usual: dict[str, str] = {}
    for vocabulary in vocabularies:
        for role, groups in vocabulary.roles.items():
            roles[role] = roles.get(role, frozenset()) | groups
        for group, members in vocabulary.types.items():
            types[group] = types.get(group, frozenset()) | members
        usual |= vocabulary.usual_purposes
    return Vocabulary(roles, types, usual)


def _problems(table: Mapping[str, Any]) -> list[Problem]:
    found = [Problem.at(key, "is not a table of an access pack") for key in table if key not in _TABLES]
    for name in _TABLES:
        entries: Any = table.get(name, {})
        if not isinstance(entries, dict):
            found.append(Problem.at(name, "must be a table"))
            continue
        is_right, wanted = (
            (_is_text, "a text") if name == "usual_purposes" else (_is_texts, "a list of texts")
        )
        found += [
            Problem.at(f"{name}.{key}", f"must be {wanted}")
            for key, value in cast(dict[str, Any], entries).items()
            if not is_right(value)
        ]
    return found


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(_is_text(one) for one in cast(list[Any], value))
