"""What an expansion was made from: code systems, value sets, their standing, and versions asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kangshu.kernel.codes.code_system import CodeSystem
from kangshu.kernel.codes.coding import canonical_of
from kangshu.kernel.codes.context import Context
from kangshu.kernel.codes.membership import value_sets_of
from kangshu.kernel.codes.standing import warning_of
from kangshu.kernel.codes.value_set import ValueSet


def systems_in(context: Context, value_set: ValueSet) -> list[CodeSystem]:
    """The code systems the value set and those it refers to take codes from."""
    found: dict[str, CodeSystem] = {}
    for each in value_sets_of(context, value_set):
        for include in each.includes:
            system = context.system(include.system, include.version) if include.system else None
            if system is not None:
                found[system.canonical] = system
    return list(found.values())


def used_by(
    context: Context, value_set: ValueSet, systems: Sequence[CodeSystem]
) -> Iterator[tuple[str, str]]:
    for system in systems:
        yield "used-codesystem", system.canonical
        if system.content == "fragment":
            yield "used-fragment", system.canonical
        for supplement in system.used_supplements:
            yield "used-supplement", supplement
        if warning_of(system):
            yield f"warning-{warning_of(system)}", system.canonical
    for each in value_sets_of(context, value_set):
        if each is not value_set and each.url and f"#{each.resource.get('id')}" not in value_set.contained:
            yield "used-valueset", each.canonical
        if each.url and warning_of(each):
            yield f"warning-{warning_of(each)}", each.canonical
    yield from _pins_used(context, value_set)


def _pins_used(context: Context, value_set: ValueSet) -> Iterator[tuple[str, str]]:
    pins = context.pins
    for each in value_sets_of(context, value_set):
        for include in each.includes:
            url = include.system
            if url in pins.force:
                yield "force-system-version", canonical_of(url, pins.force[url])
            elif url and not include.version and url in pins.check:
                yield "check-system-version", canonical_of(url, pins.check[url])
            elif url and not include.version and url in pins.default:
                yield "system-version", canonical_of(url, pins.default[url])
            for canonical in include.value_sets:
                if context.pinned(canonical) != canonical:
                    yield "default-valueset-version", context.pinned(canonical)
