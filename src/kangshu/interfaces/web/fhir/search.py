"""Search by GET and POST, of one type, of all types, and within a compartment.

https://hl7.org/fhir/R4/search.html
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial

import orjson

from kangshu.interfaces.web.fhir.access import reader_for
from kangshu.interfaces.web.fhir.call import Answer, Call, Params
from kangshu.interfaces.web.fhir.includes import Included, check_includes, include
from kangshu.interfaces.web.fhir.negotiation import is_strict
from kangshu.interfaces.web.fhir.outcome import Failure, Issue, outcome
from kangshu.interfaces.web.fhir.pack_resources import TYPES, Beside, beside_packs
from kangshu.interfaces.web.fhir.paging import address, page_links, pages_told
from kangshu.interfaces.web.fhir.representation import bundle, match_entry, outcome_entry, resource
from kangshu.interfaces.web.fhir.service import Service
from kangshu.interfaces.web.fhir.shape import Shape, parse_shape
from kangshu.interfaces.web.fhir.subset import Subset, parse_subset
from kangshu.kernel.base.errors import Invalid, Problem
from kangshu.kernel.codes.meant import CODE_MODIFIERS, codes_meant
from kangshu.kernel.facts.definition import Fact
from kangshu.kernel.facts.reader import Reader
from kangshu.kernel.facts.search.context import SearchContext
from kangshu.kernel.facts.search.query import Clause, Query, Tokens
from kangshu.kernel.facts.search.request import parse_query


def search_type(service: Service, call: Call) -> Answer:
    return _search(service, call, (call.type,), call.type, ())


def search_system(service: Service, call: Call) -> Answer:
    """All types, or those of `_type`. Only parameters that every one of them has can be used."""
    types = _types(service, call)
    without = replace(call, params=tuple(pair for pair in call.params if pair[0] != "_type"))
    return _search(service, without, types, "", (("_type", ",".join(call.values("_type"))),))


def search_compartment(service: Service, call: Call) -> Answer:
    """`Patient/123/Observation`, and `Patient/123/*` for whatever belongs to the patient."""
    owner, other = call.names["owner"], call.type
    check_compartment(service, owner)
    types = _types(service, call) if other == "*" else (other,)
    where = Tokens((f"@{owner}/{call.id}",))
    return _search(service, call, types, f"{owner}/{call.id}/{other}", (), where)


def check_compartment(service: Service, owner: str) -> None:
    """Raises a 404 Failure for a compartment that there is not."""
    if owner != service.platform.catalogue.subject_type:
        raise Failure(
            404,
            "not-supported",
            f"There is no {owner} compartment.",
            remedy="Search by a reference parameter.",
        )


def build_query(
    service: Service, types: tuple[str, ...], shape: Shape, *, lenient: bool, base: str = ""
) -> Query:
    """The query of a call. Lenient: unknown parameters are left out, as the specification asks.

    `base` is the address of the service, with which references to what is here may be written.
    """
    query = parse_query(
        service.platform.catalogue,
        types,
        shape.filters,
        sort=shape.sort,
        count=shape.count or 1,
        cursor=shape.cursor,
        total=shape.total,
        lenient=lenient,
        context=SearchContext(
            now=service.platform.clock().timestamp(),
            base=base,
            codes=partial(codes_meant, service.platform.codes.library()) if _needs_codes(shape) else None,
        ),
    )
    _refuse_ignored_modifiers(service, types, query)
    return query


def _needs_codes(shape: Shape) -> bool:
    """Whether a modifier asks for the library; looking for it costs a little."""
    names = (name for name, _ in shape.filters)
    return any(each in CODE_MODIFIERS for name in names for each in re.split(r"[:.]", name)[1:])


def _search(
    service: Service,
    call: Call,
    types: tuple[str, ...],
    path: str,
    fixed: Params,
    where: Clause | None = None,
) -> Answer:
    shape = parse_shape(call)
    check_includes(service, shape.includes)
    subset = parse_subset(call, service.elements)
    query = build_query(service, types, shape, lenient=not is_strict(call), base=call.base)
    if where is not None:
        query = replace(query, where=(where, *query.where))
    reader = _reader(service, call, types)
    used = _used(call, query, fixed)
    where_to = f"{call.base}/{path}".rstrip("/")
    if shape.only_total:
        total = reader.count(query)
        return Answer(200, bundle("searchset", (), total=total, links=[("self", address(where_to, used))]))
    with pages_told():
        page = reader.search(query)
    included = include(service, call, page.facts, shape.includes)
    entries = [_entry(call, fact, "match", subset) for fact in page.facts]
    entries += [_entry(call, fact, "include", subset) for fact in included.facts.values()]
    issues = _notes(query, included)
    if issues:
        entries.append(outcome_entry(orjson.dumps(outcome(issues))))
    links = page_links(where_to, used, shape.trail, page.next)
    return Answer(200, bundle("searchset", entries, total=page.total, links=links))


def _reader(service: Service, call: Call, types: tuple[str, ...]) -> Reader | Beside:
    if len(types) == 1 and types[0] in TYPES:
        return beside_packs(service, call, types[0])
    return reader_for(service, call, "search", types[0] if len(types) == 1 else None)


def _types(service: Service, call: Call) -> tuple[str, ...]:
    types = tuple(dict.fromkeys(call.values("_type")))
    unknown = [name for name in types if name not in service.platform.catalogue.types]
    if unknown:
        problem = Problem("error", "value", "_type", "_type names a type that there is not.")
        raise Invalid(problem.message, problems=(problem,))
    return types or tuple(service.platform.catalogue.types)


def _entry(call: Call, fact: Fact, mode: str, subset: Subset | None) -> bytes:
    body = resource(fact)
    return match_entry(
        call.base, f"{fact.type}/{fact.id}", subset.apply(fact.type, body) if subset else body, mode
    )


def _used(call: Call, query: Query, fixed: Params) -> Params:
    """The parameters that were taken into account, for the links."""
    ignored = set(query.ignored)
    kept = [(name, value) for name, value in call.params if value and name not in ignored]
    return tuple([pair for pair in fixed if pair[1]] + kept)


def _notes(query: Query, included: Included) -> list[Issue]:
    issues = [
        Issue("warning", "not-supported", f"The parameter {_plain(name)} is not known here and was ignored.")
        for name in query.ignored
    ]
    if included.cut:
        issues.append(Issue("warning", "incomplete", "Not everything that was to be included is here."))
    return issues


def _plain(name: str) -> str:
    """A parameter's name, fit to be shown: it is the caller's text."""
    return "".join(character for character in name[:60] if character.isalnum() or character in "_-.:")


def _refuse_ignored_modifiers(service: Service, types: tuple[str, ...], query: Query) -> None:
    """An unknown parameter may be ignored, an unknown modifier of a known one must not be."""
    problems = [
        Problem("error", "not-supported", name[:60], "The modifier is not supported for this parameter.")
        for name in query.ignored
        if _has_modifier(service, types, name)
    ]
    if problems:
        raise Invalid("The search uses a modifier that is not supported.", problems=tuple(problems))


def _has_modifier(service: Service, types: tuple[str, ...], name: str) -> bool:
    bare, colon, _ = name.partition(".")[0].partition(":")
    return bool(colon) and all(service.platform.catalogue.find(type, bare) for type in types)
