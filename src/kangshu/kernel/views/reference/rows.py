"""The rows of a view over resources, one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from kangshu.kernel.base.errors import Invalid
from kangshu.kernel.views.definition import Column, Path, Select, Unnest, ViewDefinition
from kangshu.kernel.views.elements import Elements
from kangshu.kernel.views.reference.evaluate import Context, evaluate
from kangshu.kernel.views.reference.items import Item, Items, single, truth

Row = dict[str, Any]


def view_rows(
    view: ViewDefinition, elements: Elements, resources: Iterable[Mapping[str, Any]]
) -> Iterator[Row]:
    """The rows a view makes of resources; decimals of the resources should be parsed as `Decimal`.

    Values are as FHIRPath has them: numbers, booleans, texts, objects, and lists for collections.
    """
    for resource in resources:
        if resource.get("resourceType") != view.resource:
            continue
        root = [Item(resource, view.resource)]
        context = Context(root, root, elements, view.constants)
        if all(truth(evaluate(path.tree, context)) is True for path in view.where):
            yield from _crossed(view.selects, context)


def _crossed(selects: Sequence[Select], context: Context) -> Iterator[Row]:
    """Each row of one select with each row of the next."""
    if not selects:
        yield {}
        return
    for row in _rows(selects[0], context):
        for rest in _crossed(selects[1:], context):
            yield row | rest


def _rows(select: Select, context: Context) -> Iterator[Row]:
    for inner in _focuses(select.unnest, context):
        columns = {column.name: _value(column, inner) for column in select.columns}
        for nested in _crossed(select.selects, inner):
            if not select.union:
                yield columns | nested
            for branch in select.union:
                for row in _rows(branch, inner):
                    yield columns | nested | row


def _focuses(unnest: Unnest | None, context: Context) -> Iterator[Context]:
    if unnest is None:
        yield context
        return
    if unnest.how == "repeat":
        items = list(_repeated(unnest.paths, context))
    else:
        items = evaluate(unnest.paths[0].tree, context)
    for number, item in enumerate(items):
        yield replace(context, focus=[item], row=number)
    if not items and unnest.how == "forEachOrNull":
        yield replace(context, focus=[], row=0)


def _repeated(paths: tuple[Path, ...], context: Context) -> Iterator[Item]:
    for path in paths:
        for item in evaluate(path.tree, context):
            yield item
            yield from _repeated(paths, context.on([item]))


def _value(column: Column, context: Context) -> Any:
    items: Items = evaluate(column.path.tree, context)
    if column.collection:
        return [item.value for item in items]
    try:
        item = single(items)
    except Invalid:
        raise plural(column) from None
    return None if item is None else item.value


def plural(column: Column) -> Invalid:
    """The error of a column with more than one value for one row."""
    return Invalid(
        f"{column.path.place}: the column {column.name} has more than one value for one row.",
        remedy="Set `collection` to true, take `first()`, or unnest with `forEach`.",
    )
