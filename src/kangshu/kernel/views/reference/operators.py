"""The operators of FHIRPath on two collections. https://hl7.org/fhirpath/N1/#operations"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from kangshu.kernel.views.reference.items import (
    Item,
    Items,
    as_text,
    boolean,
    integer,
    settled,
    single,
    text,
    truth,
)
from kangshu.kernel.views.reference.moments import compare

_NUMBERS = ("integer", "decimal")


def equal(left: Item, right: Item) -> bool | None:
    """Whether two things are the same; None where precision cannot tell."""
    kinds = {left.kind, right.kind}
    if kinds <= set(_NUMBERS):
        return settled(Decimal(left.value)) == settled(Decimal(right.value))
    if kinds & {"moment", "time"} and kinds <= {"moment", "text"} | {"time"} and kinds != {"moment", "time"}:
        found = compare(left.value, right.value, (kinds - {"text"}).pop())
        return None if found is None else found == 0
    return left.kind == right.kind and left.value == right.value


def equals(left: Items, right: Items) -> Items:
    """`=`"""
    if not left or not right:
        return []
    if len(left) != len(right):
        return [Item(value=False, type="boolean")]
    found = [equal(one, other) for one, other in zip(left, right, strict=True)]
    return boolean(False if False in found else None if None in found else True)


def differs(left: Items, right: Items) -> Items:
    """`!=`"""
    return [Item(not each.value, "boolean") for each in equals(left, right)]


def _ordered(meets: Callable[[int], bool]) -> Callable[[Items, Items], Items]:
    def apply(left: Items, right: Items) -> Items:
        one, other = single(left), single(right)
        if one is None or other is None:
            return []
        kinds = {one.kind, other.kind}
        if kinds & {"moment", "time"}:
            found = compare(one.value, other.value, (kinds - {"text"}).pop())
            return [] if found is None else boolean(meets(found))
        first, second = one.value, other.value
        if kinds <= set(_NUMBERS):
            first, second = settled(Decimal(first)), settled(Decimal(second))
        return boolean(meets((first > second) - (first < second)))

    return apply


def _arithmetic(left: Items, right: Items, operator: str) -> Items:
    one, other = single(left), single(right)
    if one is None or other is None:
        return []
    if operator == "+" and one.kind not in _NUMBERS:
        return text(one.value + other.value)
    a, b = Decimal(one.value), Decimal(other.value)
    whole = one.kind == other.kind == "integer"
    if operator in ("/", "div", "mod") and b == 0:
        return []
    match operator:
        case "/":
            quotient = Decimal(repr(float(a) / float(b))).quantize(Decimal("1e-8"))
            return [Item(settled(quotient), "decimal")]
        case "div":
            return integer(int(a / b))
        case "mod":
            rest = a % b
            return integer(int(rest)) if whole else [Item(settled(rest), "decimal")]
        case "+":
            found = a + b
        case "-":
            found = a - b
        case _:
            found = a * b
    return integer(int(found)) if whole else [Item(settled(found), "decimal")]


def _logical(left: Items, right: Items, operator: str) -> Items:
    a, b = truth(left), truth(right)
    match operator:
        case "and":
            return boolean(False if a is False or b is False else None if a is None or b is None else True)
        case "or":
            return boolean(True if a or b else None if a is None or b is None else False)
        case "xor":
            return boolean(None if a is None or b is None else a != b)
        case _:
            return boolean(True if a is False or b else None if a is None or b is None else False)


def _joined(left: Items, right: Items) -> Items:
    one, other = single(left), single(right)
    return text(f"{as_text(one.value) if one else ''}{as_text(other.value) if other else ''}")


def _union(left: Items, right: Items) -> Items:
    found: Items = []
    for item in (*left, *right):
        if not any(equal(item, other) for other in found):
            found.append(item)
    return found


def _member(left: Items, right: Items) -> Items:
    item = single(left)
    return [] if item is None else boolean(any(equal(item, other) for other in right))


def apply(operator: str, left: Items, right: Items) -> Items:
    """What an operator makes of two collections."""
    if operator in _BY_NAME:
        return _BY_NAME[operator](left, right)
    if operator in ("and", "or", "xor", "implies"):
        return _logical(left, right, operator)
    return _arithmetic(left, right, operator)


_BY_NAME: Mapping[str, Callable[[Items, Items], Items]] = {
    "=": equals,
    "!=": differs,
    "<": _ordered(lambda found: found < 0),
    ">": _ordered(lambda found: found > 0),
    "<=": _ordered(lambda found: found <= 0),
    ">=": _ordered(lambda found: found >= 0),
    "&": _joined,
    "|": _union,
    "in": _member,
    "contains": lambda left, right: _member(right, left),
}
