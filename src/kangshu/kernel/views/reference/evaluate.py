"""FHIRPath on parsed JSON. https://hl7.org/fhirpath/N1/"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from kangshu.kernel.views.definition import Constant, not_supported
from kangshu.kernel.views.elements import Elements, is_a, is_exactly
from kangshu.kernel.views.fhirpath.grammar import type_name
from kangshu.kernel.views.fhirpath.nodes import (
    Binary,
    Call,
    Empty,
    Expression,
    Indexer,
    Literal,
    Member,
    Named,
    Sign,
    This,
    TypeTest,
)
from kangshu.kernel.views.reference.functions import FUNCTIONS, reference_key, resource_key
from kangshu.kernel.views.reference.items import (
    Item,
    Items,
    boolean,
    integer,
    members,
    single,
    truth,
)
from kangshu.kernel.views.reference.operators import apply


@dataclass(frozen=True)
class Context:
    """What an expression is about: the focus, the resource around it, the constants of the view."""

    focus: Items
    resource: Items
    elements: Elements
    constants: Mapping[str, Constant]
    row: int = 0
    index: int = 0

    def on(self, focus: Items, index: int = 0) -> Context:
        return replace(self, focus=focus, index=index)


def evaluate(node: Expression, context: Context) -> Items:  # noqa: C901
    """The collection an expression means. Raises `Invalid` where one value was needed and there are more."""
    match node:
        case Literal(value=value, kind=kind):
            return [Item(value, kind)]
        case Empty():
            return []
        case This(name="$index"):
            return integer(context.index)
        case This():
            return context.focus
        case Named(name=name):
            return _named(name, context)
        case Member(base=base, name=name):
            if base is None and any(item.type == name for item in context.focus):
                return context.focus
            items = context.focus if base is None else evaluate(base, context)
            return [found for item in items for found in members(item, name, context.elements)]
        case Indexer(base=base, index=index):
            number = single(evaluate(index, context))
            items = evaluate(base, context)
            return [] if number is None or number.value < 0 else items[number.value : number.value + 1]
        case Sign(operator=sign, operand=operand):
            item = single(evaluate(operand, context))
            if item is None:
                return []
            return [Item(-item.value if sign == "-" else item.value, item.type)]
        case Binary(operator=operator, left=left, right=right):
            return apply(operator, evaluate(left, context), evaluate(right, context))
        case TypeTest(operator=operator, operand=operand, type=wanted):
            return _typed(operator, evaluate(operand, context), wanted)
        case Call(base=base, name=name, arguments=arguments):
            items = context.focus if base is None else evaluate(base, context)
            return _call(name, items, arguments, context)


def _named(name: str, context: Context) -> Items:
    if name in context.constants:
        constant = context.constants[name]
        return [Item(constant.value, constant.type)]
    if name == "rowIndex":
        return integer(context.row)
    if name in ("resource", "rootResource", "context"):
        return context.resource
    raise not_supported(f"There is no constant %{name}.", "Name it in `constant` of the view.")


def _typed(operator: str, items: Items, wanted: str) -> Items:
    def computed(item: Item) -> bool:
        return item.computed and item.kind != "complex"

    if operator == "ofType":
        return [item for item in items if is_exactly(item.type, wanted, computed=computed(item))]
    item = single(items)
    if item is None:
        return []
    if operator == "is":
        return boolean(is_a(item.type, wanted, computed=computed(item)))
    return [item] if is_exactly(item.type, wanted, computed=computed(item)) else []


def _call(name: str, items: Items, arguments: tuple[Expression, ...], context: Context) -> Items:
    match name:
        case "where":
            return [item for number, item in enumerate(items) if _meets(item, number, arguments[0], context)]
        case "exists" if arguments:
            return boolean(
                any(_meets(item, number, arguments[0], context) for number, item in enumerate(items))
            )
        case "exists":
            return boolean(bool(items))
        case "all":
            return boolean(
                all(_meets(item, number, arguments[0], context) for number, item in enumerate(items))
            )
        case "select":
            return [
                found
                for number, item in enumerate(items)
                for found in evaluate(arguments[0], context.on([item], number))
            ]
        case "ofType" | "as" | "is":
            return _typed(name, items, type_name(arguments[0]) or "")
        case "iif":
            chosen = arguments[1:2] if truth(evaluate(arguments[0], context)) else arguments[2:3]
            return evaluate(chosen[0], context) if chosen else []
        case "extension":
            url = single(evaluate(arguments[0], context))
            below = [found for item in items for found in members(item, "extension", context.elements)]
            return [each for each in below if url is not None and each.value.get("url") == url.value]
        case "getResourceKey":
            return resource_key(items)
        case "getReferenceKey":
            return reference_key(items, type_name(arguments[0]) if arguments else None)
        case _ if name in FUNCTIONS:
            return FUNCTIONS[name](items, [evaluate(each, context) for each in arguments])
        case _:
            raise not_supported(f"The function {name}() is not part of what views offer.")


def _meets(item: Item, number: int, condition: Expression, context: Context) -> bool:
    return truth(evaluate(condition, context.on([item], number))) is True
