"""_include and _revinclude: what the found facts refer to, and what refers to them.

https://hl7.org/fhir/R4/search.html#revinclude
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import orjson

from kangshu.interfaces.web.fhir.access import reader_or_none
from kangshu.interfaces.web.fhir.call import Call
from kangshu.interfaces.web.fhir.service import Service
from kangshu.interfaces.web.fhir.shape import Include
from kangshu.kernel.base.errors import Invalid, Problem
from kangshu.kernel.facts.definition import Fact
from kangshu.kernel.facts.search.request import parse_query

MAX_INCLUDED = 2000
"""Facts one page may bring along."""

MAX_ROUNDS = 5
"""Steps that `:iterate` goes."""


@dataclass(slots=True)
class Included:
    """What was brought along so far; `cut` when there was more than may be."""

    facts: dict[str, Fact] = field(default_factory=dict[str, Fact])
    cut: bool = False

    def add(self, facts: Iterable[Fact], known: set[str]) -> list[Fact]:
        """Take those that are new; returns them."""
        new: list[Fact] = []
        for fact in facts:
            key = f"{fact.type}/{fact.id}"
            if key in known:
                continue
            if len(self.facts) >= MAX_INCLUDED:
                self.cut = True
                break
            known.add(key)
            self.facts[key] = fact
            new.append(fact)
        return new


def check_includes(service: Service, includes: Sequence[Include]) -> None:
    """Raises Invalid for types and parameters that there are none of."""
    problems = [problem for include in includes if (problem := _wrong(service, include))]
    if problems:
        raise Invalid("The search asks to include what there is none of.", problems=tuple(problems))


def include(service: Service, call: Call, found: Sequence[Fact], includes: Sequence[Include]) -> Included:
    """The facts to bring along with those found, each once, none of those found."""
    known = {f"{fact.type}/{fact.id}" for fact in found}
    included = Included()
    fresh = _round(service, call, found, includes, included, known)
    repeated = [each for each in includes if each.iterate]
    for _ in range(MAX_ROUNDS):
        if not fresh or not repeated:
            break
        fresh = _round(service, call, fresh, repeated, included, known)
    return included


def _round(
    service: Service,
    call: Call,
    facts: Sequence[Fact],
    includes: Sequence[Include],
    included: Included,
    known: set[str],
) -> list[Fact]:
    new: list[Fact] = []
    for each in includes:
        bring = _forward if each.direction == "forward" else _reverse
        new += included.add(bring(service, call, facts, each), known)
    return new


def _forward(service: Service, call: Call, facts: Sequence[Fact], include: Include) -> list[Fact]:
    wanted: dict[str, dict[str, None]] = {}
    canonicals: dict[str, None] = {}
    for fact in facts:
        if include.source not in ("*", fact.type):
            continue
        for reference in service.extractor.references(fact.type, include.parameter, orjson.loads(fact.body)):
            type, _, id = reference.rpartition("/")
            if type in service.platform.catalogue.types:
                if include.target in ("", type):
                    wanted.setdefault(type, {})[id] = None
            elif ":" in reference:
                canonicals[reference.partition("|")[0]] = None
    found: list[Fact] = []
    for type, ids in wanted.items():
        reader = reader_or_none(service, call, "read", type)
        if reader is not None:
            found += reader.read_many([(type, id) for id in ids])
    return found + _by_url(service, call, include, list(canonicals))


def _by_url(service: Service, call: Call, include: Include, urls: list[str]) -> list[Fact]:
    """Definitions that were referred to by their canonical address."""
    if not urls or include.source == "*" or include.parameter == "*":
        return []
    parameter = service.platform.catalogue.find(include.source, include.parameter)
    types = [include.target] if include.target else list(parameter.targets if parameter else ())
    found: list[Fact] = []
    for type in types:
        if service.platform.catalogue.find(type, "url") is None:
            continue
        reader = reader_or_none(service, call, "search", type)
        if reader is not None:
            found += reader.search(_query(service, type, "url", urls)).facts
    return found


def _reverse(service: Service, call: Call, facts: Sequence[Fact], include: Include) -> list[Fact]:
    addresses = [f"{fact.type}/{fact.id}" for fact in facts if include.target in ("", fact.type)]
    if not addresses:
        return []
    reader = reader_or_none(service, call, "search", include.source)
    if reader is None:
        return []
    urls = _urls(service, facts, include)
    found: list[Fact] = []
    for name in _reference_parameters(service, include):
        found += reader.search(_query(service, include.source, name, [*addresses, *urls])).facts
    return found


def _urls(service: Service, facts: Sequence[Fact], include: Include) -> list[str]:
    """The canonical addresses of definitions: they are referred to by these as well."""
    catalogue = service.platform.catalogue
    types = {type for type in (fact.type for fact in facts) if catalogue.find(type, "url") is not None}
    bodies = [orjson.loads(f.body) for f in facts if f.type in types and include.target in ("", f.type)]
    return [body["url"] for body in bodies if isinstance(body.get("url"), str)]


def _query(service: Service, type: str, parameter: str, values: list[str]):
    value = ",".join(each.replace("\\", "\\\\").replace(",", "\\,").replace("$", "\\$") for each in values)
    return parse_query(
        service.platform.catalogue, type, [(parameter, value)], count=MAX_INCLUDED, total="none"
    )


def _reference_parameters(service: Service, include: Include) -> list[str]:
    if include.parameter != "*":
        return [include.parameter]
    every = service.platform.catalogue.parameters(include.source)
    return [parameter.name for parameter in every if parameter.kind == "reference"]


def _wrong(service: Service, include: Include) -> Problem | None:
    name = "_include" if include.direction == "forward" else "_revinclude"
    catalogue = service.platform.catalogue
    for type in (include.source, include.target):
        if type not in ("", "*") and type not in catalogue.types:
            return Problem("error", "value", name, "The include names a type that there is not.")
    if include.source == "*":
        if include.direction == "forward" and include.parameter == "*":
            return None
        message = (
            f"{name} must name the type that refers, as in {name}=Observation:*. Everything about a patient"
            " is given by Patient/<id>/$everything."
        )
        return Problem("error", "not-supported", name, message)
    if include.parameter == "*":
        return None
    parameter = catalogue.find(include.source, include.parameter)
    if parameter is None or parameter.kind != "reference":
        return Problem("error", "value", name, f"{include.source} has no such reference parameter.")
    return None
