"""Forms of a SELECT that Spark does not have: unions by name, two lists unfolded side by side."""

from __future__ import annotations

from sqlglot import exp

from kangshu.kernel.base.errors import NotSupported
from kangshu.kernel.views.spark.nodes import LISTS, call, done, kind, number, when

_UNFOLDED, _ELEMENT = "_unfolded", "_element"
_JUDGED, _KEPT = "_judged", "_kept"


def refuse_unknown_forms(tree: exp.Expr) -> None:
    """Raises `NotSupported` for what Spark has no form for."""
    for node in tree.find_all(exp.Any, exp.Join, exp.Explode):
        if isinstance(node, exp.Any):
            raise NotSupported("= ANY is not known on Spark.", remedy="Use IN, or list_contains.")
        if isinstance(node, exp.Join) and node.args.get("method") in ("ASOF", "POSITIONAL"):
            raise NotSupported(
                f"{node.args['method']} JOIN is not known on Spark.",
                remedy="Join, and keep the last row: QUALIFY row_number() OVER (…) = 1.",
            )
        if isinstance(node, exp.Explode) and node.expressions:
            raise NotSupported(
                "unnest(…, recursive := true) is not known on Spark.",
                remedy="Unnest the list, and name the fields of its elements.",
            )


def by_name_as_by_place(tree: exp.Expr) -> exp.Expr:
    """`UNION BY NAME`, whose columns are known by now, as one by place."""
    for union in [each for each in tree.find_all(exp.SetOperation) if each.args.get("by_name")][::-1]:
        left, right = union.left, union.right
        names = list(dict.fromkeys([*left.named_selects, *right.named_selects]))
        for side in (left, right):
            selects = {each.alias_or_name: each for each in side.selects}
            side.set("expressions", [selects.get(name) or exp.alias_(exp.Null(), name) for name in names])
        union.set("by_name", None)
    return tree


def judged_outside(tree: exp.Expr) -> exp.Expr:
    """`QUALIFY` as a column of a SELECT, and a WHERE around it; what comes after it goes outside with it."""
    for select in reversed(list(tree.find_all(exp.Select))):
        qualify = select.args.get("qualify")
        if qualify is None:
            continue
        select.set("qualify", None)
        later = {name: select.args.get(name) for name in ("distinct", "order", "limit", "offset")}
        for name in later:
            select.set(name, None)
        outer = exp.Select(expressions=[_taken(each) for each in select.selects])
        hidden = [exp.alias_(qualify.this, _KEPT)]
        for place, key in enumerate(later["order"].expressions if later["order"] else []):
            hidden.append(exp.alias_(key.this.copy(), f"_key{place}"))
            key.set("this", exp.column(f"_key{place}", table=_JUDGED))
        for name, part in later.items():
            outer.set(name, part)
        inner = select.copy()
        inner.set("expressions", [*inner.expressions, *hidden])
        alias = exp.TableAlias(this=exp.to_identifier(_JUDGED))
        outer.set("from_", exp.From(this=exp.Subquery(this=inner, alias=alias)))
        outer.set("where", exp.Where(this=exp.column(_KEPT, table=_JUDGED)))
        if select is tree:
            tree = outer
        else:
            select.replace(outer)
    return tree


def _taken(part: exp.Expr) -> exp.Expr:
    """The column that a part of a SELECT has become, outside."""
    found = exp.column(part.alias_or_name, table=_JUDGED)
    found.type = part.type
    return exp.alias_(found, part.alias_or_name)


def zipped(tree: exp.Expr) -> exp.Expr:
    """Several `unnest` of one SELECT, which Spark would multiply, side by side; and one in an expression."""
    for select in list(tree.find_all(exp.Select)):
        found = [each for part in select.selects for each in part.find_all(exp.Explode)]
        found = [each for each in found if each.find_ancestor(exp.Select) is select]
        if not found or (len(found) == 1 and found[0] in [each.unalias() for each in select.selects]):
            continue
        lists = [each.this.copy() for each in found]
        one = exp.Explode(this=lists[0] if len(lists) == 1 else _side_by_side(lists))
        for place, each in enumerate(found):
            column: exp.Expr = exp.column(_ELEMENT, table=_UNFOLDED)
            column.type = each.type
            if len(found) > 1:
                column = exp.Dot(this=column, expression=exp.to_identifier(f"e{place}"))
            each.replace(column)
        select.set("expressions", [_named(each, place) for place, each in enumerate(select.selects)])
        table = exp.Select(expressions=[exp.alias_(one, _ELEMENT)]).subquery(copy=False)
        alias = exp.TableAlias(this=exp.to_identifier(_UNFOLDED))
        if select.args.get("from_") is None:
            table.set("alias", alias)
            select.set("from_", exp.From(this=table))
        else:
            select.append("joins", exp.Join(this=exp.Lateral(this=table, alias=alias), kind="CROSS"))
    return tree


def _named(part: exp.Expr, place: int) -> exp.Expr:
    return part if part.alias_or_name else exp.alias_(part, f"_{place}")


def _side_by_side(lists: list[exp.Expr]) -> exp.Expr:
    """A list of structures `e0`, `e1` …, as long as the longest, NULL where another ends before."""
    sizes = [call("COALESCE", call("SIZE", each.copy()), number(0)) for each in lists]
    last = exp.Sub(this=call("GREATEST", number(0), *sizes), expression=number(1))
    place = exp.to_identifier("k")
    fields = [exp.alias_(call("GET", each.copy(), place.copy()), f"e{n}") for n, each in enumerate(lists)]
    one = exp.Lambda(this=done(exp.Struct(expressions=fields)), expressions=[place])
    empty = exp.LT(this=last.copy(), expression=number(0))
    return when(empty, call("ARRAY"), call("TRANSFORM", call("SEQUENCE", number(0), last), one))


def unfolded_tables(tree: exp.Expr) -> exp.Expr:
    """A list that stands where a table may, as a SELECT of its elements."""
    for node in [*tree.find_all(exp.Unnest), *tree.find_all(exp.Table)]:
        if isinstance(node, exp.Unnest):
            lists, default = node.expressions[0], "unnest"
        elif isinstance(node.this, exp.GenerateSeries):
            lists = node.this
            default = "range" if lists.args.get("is_end_exclusive") else "generate_series"
        else:
            continue
        alias = node.args.get("alias")
        called = str(alias.name) if isinstance(alias, exp.TableAlias) and alias.name else default
        columns = [str(each.name) for each in alias.columns] if isinstance(alias, exp.TableAlias) else []
        name = columns[0] if columns else called
        select = exp.Select(expressions=[exp.alias_(exp.Explode(this=lists.copy()), name)]).subquery(
            copy=False
        )
        table = exp.TableAlias(this=exp.to_identifier(called))
        if isinstance(node.parent, exp.Join):
            node.replace(exp.Lateral(this=select, alias=table))
        else:
            select.set("alias", table)
            node.replace(select)
    return tree


def typed_lambdas(tree: exp.Expr) -> exp.Expr:
    """What is known of the elements of a list, said of the names that lambdas give them."""
    for node in tree.find_all(exp.ArrayFilter, exp.Transform):
        function = node.args.get("expression")
        if (
            kind(node.this) not in LISTS
            or not isinstance(function, exp.Lambda)
            or not node.this.type.expressions
        ):
            continue
        element = node.this.type.expressions[0]
        name = function.expressions[0].name.lower()
        for dot in function.this.find_all(exp.Dot):
            parts = [each.name.lower() for each in dot.flatten()]
            if parts[0] == name:
                dot.type = _of(element, parts[1:])
    return tree


def _of(type_: exp.DataType, path: list[str]) -> exp.DataType | None:
    for part in path:
        fields = {each.name.lower(): each.args.get("kind") for each in type_.expressions}
        found = fields.get(part)
        if not isinstance(found, exp.DataType):
            return None
        type_ = found
    return type_
