"""The only door to a ViewDefinition: JSON in, a definition or every problem out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from kangshu.kernel.base.errors import Invalid, Problem
from kangshu.kernel.views.definition import (
    Column,
    Constant,
    Path,
    Select,
    Unnest,
    Unnesting,
    ViewDefinition,
)
from kangshu.kernel.views.elements import PRIMITIVES, kind_of
from kangshu.kernel.views.fhirpath.grammar import parse

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_DEEPEST = 60
_ANYWHERE = set("id extension modifierExtension".split())
_VIEW = _ANYWHERE | set(
    "resourceType meta implicitRules language text contained url identifier version versionAlgorithmString "
    "versionAlgorithmCoding name title status experimental date publisher contact description useContext "
    "jurisdiction purpose copyright copyrightLabel approvalDate lastReviewDate effectivePeriod topic author "
    "editor reviewer endorser relatedArtifact fhirVersion profile resource constant select where".split()
)
_SELECT = _ANYWHERE | set("column select forEach forEachOrNull repeat unionAll".split())
_COLUMN = _ANYWHERE | set("path name description collection type tag".split())
_WHERE = _ANYWHERE | set("path description".split())
_TYPE_PREFIX = "http://hl7.org/fhir/StructureDefinition/"
_UNNESTING: tuple[Unnesting, ...] = ("forEach", "forEachOrNull", "repeat")
_NO_CONSTANT = {"markdown", "xhtml"}
_KINDS: Mapping[str, tuple[type, ...]] = {
    "integer": (int,),
    "decimal": (int, float, Decimal),
    "boolean": (bool,),
}

_WHOLE = re.compile(r"-?[0-9]{1,19}")
_DAY = r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?"
_ZONE = r"(?:Z|[+-][0-9]{2}:[0-9]{2})"
_DATE = rf"(?:{_DAY}|[0-9]{{4}}(?:-(?:0[1-9]|1[0-2]))?)"
_MOMENTS: Mapping[str, re.Pattern[str]] = {
    "date": re.compile(_DATE),
    "dateTime": re.compile(rf"{_DATE}|{_DAY}T{_CLOCK}{_ZONE}?"),
    "instant": re.compile(rf"{_DAY}T{_CLOCK}{_ZONE}"),
    "time": re.compile(_CLOCK),
}
_SUCH_AS = {
    "date": "2026-01-31",
    "dateTime": "2026-01-31 or 2026-01-31T08:00:00Z",
    "instant": "2026-01-31T08:00:00Z",
    "time": "08:00:00",
}

Json = Mapping[str, Any]


def parse_view(source: object) -> ViewDefinition:
    """A definition from parsed JSON. Raises `Invalid` with every problem, each with its place and remedy."""
    reader = _Reader()
    view = reader.view(source)
    if reader.problems:
        raise broken(reader.problems)
    return view


def broken(problems: Sequence[Problem]) -> Invalid:
    """The error of a view with problems: the first in words, all of them beside."""
    first = problems[0]
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return Invalid(
        f"The view is broken at {first.path or 'its root'}: {first.message}{more}",
        remedy="Mend the ViewDefinition at the places named.",
        problems=tuple(problems),
    )


class _Reader:
    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def say(self, place: str, message: str, code: str = "structure") -> None:
        self.problems.append(Problem("error", code, place, message))

    def view(self, source: object) -> ViewDefinition:
        found = self._object(source, "", _VIEW)
        if not str(found.get("resourceType", "ViewDefinition")).endswith("ViewDefinition"):
            self.say("resourceType", "not a ViewDefinition; write `ViewDefinition` or leave it out")
        name = self._text(found, "name", "")
        if name and not _NAME.match(name):
            self.say("name", "letters, digits and underscores only, a letter first", "value")
        resource = self._text(found, "resource", "")
        if not resource:
            self.say("resource", "missing; name the resource type the view is about", "required")
        selects = self._selects(found, "select", "", 0)
        if not selects:
            self.say("select", "missing; a view has at least one select with columns", "required")
        view = ViewDefinition(
            name,
            self._text(found, "title", ""),
            self._text(found, "url", ""),
            self._text(found, "description", ""),
            resource,
            self._constants(found),
            tuple(self._where(each, place) for each, place in self._list(found, "where", "")),
            selects,
        )
        self._columns_agree(view)
        return view

    def _columns_agree(self, view: ViewDefinition) -> None:
        if view.selects and not self.problems and not any(view.all_columns()):
            self.say("select", "the view has no column", "required")
        seen: dict[str, str] = {}
        for column in view.all_columns():
            if column.name.lower() in seen:
                self.say(
                    f"{column.place}.name", f"the name stands at {seen[column.name.lower()]} too", "value"
                )
            seen.setdefault(column.name.lower(), column.place)
        for select in view.everything():
            wanted = [column.name for column in select.union[0].all_columns()] if select.union else []
            for branch in select.union[1:]:
                if [column.name for column in branch.all_columns()] != wanted:
                    told = ", ".join(wanted)
                    self.say(
                        branch.place, f"branches of a union have the same columns in the same order: {told}"
                    )

    def _selects(self, source: Json, key: str, place: str, depth: int) -> tuple[Select, ...]:
        if depth > _DEEPEST:
            self.say(place, f"more than {_DEEPEST} selects inside each other")
            return ()
        found = self._list(source, key, place)
        return tuple(self._select(each, where, depth + 1) for each, where in found)

    def _select(self, source: object, place: str, depth: int) -> Select:
        found = self._object(source, place, _SELECT)
        return Select(
            self._unnest(found, place),
            tuple(self._column(each, where) for each, where in self._list(found, "column", place)),
            self._selects(found, "select", place, depth),
            self._selects(found, "unionAll", place, depth),
            place,
        )

    def _unnest(self, found: Json, place: str) -> Unnest | None:
        given: list[Unnesting] = [how for how in _UNNESTING if how in found]
        if not given:
            return None
        if len(given) > 1:
            self.say(place, f"only one of {', '.join(given)} may stand in a select")
        how = given[0]
        if how != "repeat":
            path = self._path(found, how, place)
            return None if path is None else Unnest(how, (path,))
        texts = self._list(found, how, place)
        if not texts:
            self.say(f"{place}.repeat", "name at least one path", "required")
        paths = [self._parsed(text, where) for text, where in texts]
        return Unnest(how, tuple(path for path in paths if path is not None))

    def _column(self, source: object, place: str) -> Column:
        found = self._object(source, place, _COLUMN)
        name = self._text(found, "name", place)
        if not _NAME.match(name):
            self.say(
                f"{place}.name", "write a name of letters, digits and underscores, a letter first", "value"
            )
        path = self._path(found, "path", place)
        collection = found.get("collection")
        if collection is not None and not isinstance(collection, bool):
            self.say(f"{place}.collection", "write true or false", "value")
        tags: dict[str, str] = {}
        for tag, where in self._list(found, "tag", place):
            read = self._object(tag, where, _ANYWHERE | {"name", "value"})
            tags[self._text(read, "name", where)] = self._text(read, "value", where)
        type_name = self._text(found, "type", place).removeprefix(_TYPE_PREFIX)
        description = self._text(found, "description", place)
        return Column(name, path or _NOWHERE, type_name, collection, description, tags, place)

    def _where(self, source: object, place: str) -> Path:
        return self._path(self._object(source, place, _WHERE), "path", place) or _NOWHERE

    def _path(self, found: Json, key: str, place: str) -> Path | None:
        where = f"{place}.{key}"
        if key not in found:
            self.say(where, "missing; write a FHIRPath expression", "required")
            return None
        return self._parsed(found[key], where)

    def _parsed(self, text: object, place: str) -> Path | None:
        if not isinstance(text, str):
            self.say(place, "write a FHIRPath expression as a text", "value")
            return None
        try:
            return Path(text, parse(text), place)
        except Invalid as error:
            self.say(place, f"{error.message} {error.remedy}", "value")
            return None

    def _constants(self, found: Json) -> Mapping[str, Constant]:
        constants: dict[str, Constant] = {}
        for each, place in self._list(found, "constant", ""):
            constant = self._constant(each, place)
            if constant is None:
                continue
            if constant.name in constants:
                self.say(f"{place}.name", "there are two constants of that name", "value")
            constants[constant.name] = constant
        return constants

    def _constant(self, source: Any, place: str) -> Constant | None:
        members: Json = cast(Json, source) if isinstance(source, Mapping) else {}
        keys = [key for key in members if key.startswith("value")]
        types = {f"value{kind[0].upper()}{kind[1:]}": kind for kind in PRIMITIVES if kind not in _NO_CONSTANT}
        found = self._object(cast(object, source), place, _ANYWHERE | {"name"} | types.keys())
        name = self._text(found, "name", place)
        if not _NAME.match(name):
            self.say(
                f"{place}.name", "write a name of letters, digits and underscores, a letter first", "value"
            )
            return None
        if len(keys) != 1 or keys[0] not in types:
            self.say(place, "give the constant one value, such as `valueString`", "required")
            return None
        value: Any = found[keys[0]]
        kind = types[keys[0]]
        if kind == "integer64" and _fits(value, (str,)) and _WHOLE.fullmatch(value):
            value = int(value)  # As JSON of FHIR has it.
        if not _fits(value, _KINDS.get(kind_of(kind), (str,))):
            self.say(f"{place}.{keys[0]}", f"not a value of the type {kind}", "value")
            return None
        if kind in _MOMENTS and not _MOMENTS[kind].fullmatch(value):
            self.say(f"{place}.{keys[0]}", f"no {kind} of FHIR: write {_SUCH_AS[kind]}", "value")
            return None
        return Constant(name, kind, _decimal(value) if kind == "decimal" else value)

    def _object(self, source: object, place: str, known: Set[str]) -> Json:
        if not isinstance(source, Mapping):
            self.say(place, "an object was expected")
            return {}
        found = cast(Json, source)
        for key in found:
            # Extensions of primitives stand in members with a line before the name.
            if key not in known and not (key.startswith("_") and key[1:] in known):
                where = f"{place}.{key}" if place else key
                self.say(where, "not part of a ViewDefinition here; take it out or mend its name")
        return found

    def _list(self, found: Json, key: str, place: str) -> list[tuple[Any, str]]:
        where = f"{place}.{key}" if place else key
        given: object = found.get(key, [])
        if not isinstance(given, list):
            self.say(where, "a list was expected")
            return []
        return [(each, f"{where}[{number}]") for number, each in enumerate(cast(list[Any], given))]

    def _text(self, found: Json, key: str, place: str) -> str:
        given = found.get(key, "")
        if isinstance(given, str):
            return given
        self.say(f"{place}.{key}" if place else key, "a text was expected", "value")
        return ""


def _fits(value: Any, wanted: tuple[type, ...]) -> bool:
    return isinstance(value, wanted) and (bool in wanted or not isinstance(value, bool))


def _decimal(value: Decimal | float) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return Decimal(0)


_NOWHERE = Path("{}", parse("{}"), "")
"""Stands where a path is broken, which is a problem already."""
