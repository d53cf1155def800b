"""Values that are codes: as they are written, or as a table of the packs translates them."""

from __future__ import annotations

from kangshu.domains.intake.cda import concepts
from kangshu.domains.intake.cda.context import Context, Json, Typed, is_text, typed
from kangshu.domains.intake.cda.definition import Target
from kangshu.domains.intake.cda.texts import tidy
from kangshu.domains.intake.cda.xml import Element

DATA_ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"


def to_identifier(context: Context, node: Element, _: str) -> Typed | None:
    if is_text(node):
        text = tidy(node)
        return typed("Identifier", {"value": text} if text else None)
    return typed("Identifier", concepts.identifier(node, context.systems))


def to_concept(context: Context, node: Element, _: str) -> Typed | None:
    if is_text(node):
        text = tidy(node)
        return typed("CodeableConcept", {"text": text} if text else None)
    found = concepts.concept(node, context.systems, context.texts)
    if found is None:
        text = context.texts.of(node)
        found = {"text": text} if text else None
    return typed("CodeableConcept", found)


def to_coding(context: Context, node: Element, _: str) -> Typed | None:
    return typed("Coding", concepts.coding(node, context.systems))


def target_of(context: Context, node: Element, table: str) -> Target | None:
    """What a table makes of a code or one of its translations, or of a text. `*`: any other code."""
    codes = context.tables.codes[table]
    if is_text(node):
        return codes.get(str(node).strip()) or codes.get("*")
    said: list[str] = []
    for each in (node, *node.iterfind("translation")):
        code = (each.get("code") or "").strip()
        if not code:
            continue
        said.append(code)
        found = codes.get(f"{each.get('codeSystem')}|{code}") or codes.get(code)
        if found is not None:
            return found
    null = node.get("nullFlavor")
    if null and not said:
        return codes.get(f"null:{null}")
    return codes.get("*") if said else None


def to_code(context: Context, node: Element, table: str) -> Typed | None:
    found = target_of(context, node, table)
    return typed("Code", found.code if found and found.code else None)


def to_mapped(context: Context, node: Element, table: str) -> Typed | None:
    """A CodeableConcept from a table, with the code it came from beside it."""
    found = target_of(context, node, table)
    if found is None or not found.code:
        return None
    standard = {"system": found.system, "code": found.code} | (
        {"display": found.display} if found.display else {}
    )
    original = None if is_text(node) else concepts.concept(node, context.systems, context.texts)
    others = [each for each in (original or {}).get("coding", []) if each.get("system") and each != standard]
    result: Json = {"coding": [standard, *others]}
    if original and original.get("text"):
        result["text"] = original["text"]
    return "CodeableConcept", result


def to_null(context: Context, node: Element, _: str) -> Typed | None:
    """Why a value is absent, from its null flavour."""
    flavor = str(node) if is_text(node) else node.get("nullFlavor")
    found = context.tables.codes.get("absent_reason", {}).get(flavor or "")
    if found is None:
        return None
    return "CodeableConcept", {"coding": [{"system": DATA_ABSENT, "code": found.code}]}
