"""How tables become a code system: a description, read from TOML.

The description says where the columns are, how codes must look, and what is above what; the tables
themselves are those that whoever issues the codes gives out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, cast

from kangshu.kernel.base.errors import Invalid, Problem
from kangshu.kernel.base.toml import parse_toml

SEPARATORS: Mapping[str, str] = {"tab": "\t", "comma": ",", "semicolon": ";", "bar": "|"}
KINDS = ("rows", "ranges", "names")
CONTENTS = ("complete", "fragment")


@dataclass(frozen=True, slots=True)
class Table:
    """One file of a code system.

    file          its name in the folder it is imported from, or in the pack, `*` for any letters; `.gz` is
                  unpacked, and the same name with `.xlsx` is as good
    kind          rows: a concept each; ranges: groups of codes, from `code` to `last`, `level` 1 outermost;
                  names: the display of concepts that other tables have, which then becomes a designation
    code, name    columns; `parent` the column with the code above, "" if there is none
    joined        columns that together, with `:` between, are the name where the column of names is empty
    language      of the names, if it is not that of the code system
    above         patterns with one group: the code above is what the first one captures that exists
    groups        patterns with one group, broadest first: what each captures of a code is a concept above it,
                  made without a name if no table before has it
    pad           codes (and those of the parent column) are filled up with zeros on the right to this length
    strip         marks that may stand behind a code and are no part of it (`+*`)
    pattern       how every code must look, "" for any way; `exceptions` need not
    properties    property of the concepts -> its column
    designations  language -> column of another name
    status        column; what it says in a row of `inactive` makes the concept one no longer to be used
    version       column with the version of each row; the highest is the version of the code system
    spare         those of the columns of properties and designations that a table need not have
    is_abstract   its concepts only group others
    """

    file: str
    code: str
    name: str
    kind: str = "rows"
    last: str = ""
    level: str = ""
    parent: str = ""
    joined: tuple[str, ...] = ()
    language: str = ""
    above: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    separator: str = "comma"
    encoding: str = "utf-8"
    pad: int = 0
    strip: str = ""
    pattern: str = ""
    exceptions: tuple[str, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict[str, str])
    designations: Mapping[str, str] = field(default_factory=dict[str, str])
    status: str = ""
    inactive: tuple[str, ...] = ()
    version: str = ""
    spare: tuple[str, ...] = ()
    is_abstract: bool = False
    optional: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns the table must have, each once."""
        named = (
            self.code, self.name, self.parent, self.last, self.level, self.status, self.version,
            *self.joined, *self.properties.values(), *self.designations.values(),
        )  # fmt: skip
        return tuple(dict.fromkeys(each for each in named if each and each not in self.spare))


@dataclass(frozen=True, slots=True)
class Description:
    """A code system and the tables it is made from, broader concepts before narrower ones.

    content    complete, or fragment: a code that is not there may be one all the same
    copyright  what whoever owns the codes wants to be said with them
    """

    id: str
    url: str
    name: str
    title: str
    version: str
    publisher: str
    tables: tuple[Table, ...]
    language: str = "zh-CN"
    case_sensitive: bool = True
    value_set: str = ""
    content: str = "complete"
    copyright: str = ""


def parse_description(text: str, where: str) -> Description:
    """A description from TOML. Raises `Invalid` with a problem for each key that is wrong or missing."""
    data = parse_toml(text, where)
    raw: Any = data.pop("table", [])
    tables = cast("list[Any]", raw) if isinstance(raw, list) else []
    problems = [*_problems(Description, data, "", ("tables",))]
    for number, each in enumerate(tables):
        table = cast("dict[str, Any]", each) if isinstance(each, dict) else {}
        problems += _problems(Table, table, f"table[{number}].", ())
        problems += _problems_of_table(table, f"table[{number}].")
    if data.get("content", "complete") not in CONTENTS:
        problems.append(Problem("error", "value", "content", f"This is none of {', '.join(CONTENTS)}."))
    if not tables:
        problems.append(Problem("error", "required", "table", "There is no table."))
    if problems:
        listed = "; ".join(f"{each.path}: {each.message}" for each in problems)
        raise Invalid(f"{where}: {listed}", problems=tuple(problems))
    return Description(**data, tables=tuple(Table(**_frozen(each)) for each in tables))


def _problems(kind: Any, data: Mapping[str, Any], at: str, left_out: tuple[str, ...]) -> list[Problem]:
    known = {each.name: each for each in fields(kind) if each.name not in left_out}
    found = [
        Problem("error", "invalid", f"{at}{key}", "This is not a key of a description.")
        for key in data
        if key not in known
    ]
    found += [
        Problem("error", "required", f"{at}{name}", "This is missing.")
        for name, each in known.items()
        if each.default is MISSING and each.default_factory is MISSING and name not in data
    ]
    for name, value in data.items():
        if name in known and not _is_of_type(str(known[name].type), value):
            found.append(Problem("error", "value", f"{at}{name}", "This is of the wrong type."))
    return found


def _is_of_type(written: str, value: Any) -> bool:
    if written == "bool":
        return isinstance(value, bool)
    if written == "int":
        return isinstance(value, int) and not isinstance(value, bool)
    if written.startswith("Mapping"):
        return isinstance(value, dict) and all(
            isinstance(each, str) for each in cast("dict[str, Any]", value).values()
        )
    if written.startswith("tuple"):
        return isinstance(value, list) and all(isinstance(each, str) for each in cast("list[Any]", value))
    return isinstance(value, str)


def _problems_of_table(data: Mapping[str, Any], at: str) -> list[Problem]:
    found: list[Problem] = []
    if data.get("kind", "rows") not in KINDS:
        found.append(Problem("error", "value", f"{at}kind", f"This is none of {', '.join(KINDS)}."))
    elif data.get("kind") == "ranges" and not (data.get("last") and data.get("level")):
        found.append(Problem("error", "required", f"{at}last", "Ranges need the columns last and level."))
    if data.get("separator", "comma") not in SEPARATORS:
        found.append(Problem("error", "value", f"{at}separator", f"This is none of {', '.join(SEPARATORS)}."))
    for name in ("pattern", "above", "groups"):
        raw: Any = data.get(name, [])
        groups = 0 if name == "pattern" else 1
        patterns = [raw] if isinstance(raw, str) else cast("list[Any]", raw)
        if not all(_is_pattern(each, groups=groups) for each in patterns):
            found.append(Problem("error", "value", f"{at}{name}", "This is not a usable pattern."))
    return found


def _is_pattern(text: Any, *, groups: int) -> bool:
    try:
        return re.compile(text).groups >= groups
    except (re.error, TypeError):
        return False


def _frozen(data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: tuple(cast("list[Any]", value)) if isinstance(value, list) else value
        for name, value in data.items()
    }
