"""Texts: patterns and joined texts, where Spark reads them otherwise than DuckDB."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlglot import exp

from kangshu.kernel.base.errors import NotSupported
from kangshu.kernel.views.spark.nodes import call, done, named_once, number, text, when

Repair = Callable[[exp.Expr], exp.Expr | None]


def _whole(node: exp.Expr) -> exp.Expr:
    """The pattern must match from the first character to the last."""
    pattern = node.expression
    around = text(f"^(?:{pattern.name})\\z") if pattern.is_string else None
    return call("REGEXP_LIKE", node.this, around or call("CONCAT", text("^(?:"), pattern, text(")\\z")))


def _somewhere(node: exp.Expr) -> exp.Expr:
    pattern, flags = node.expression, node.args.get("flag")
    if flags is not None:
        pattern = text(f"(?{flags.name}){pattern.name}")
    return call("REGEXP_LIKE", node.this, pattern)


def _replaced(node: exp.Expr) -> exp.Expr:
    """All that match; DuckDB replaces only the first where it is not told g."""
    flags, new = node.args.get("modifiers"), node.args["replacement"]
    if flags is None or flags.name != "g" or not new.is_string:
        raise NotSupported(
            "regexp_replace of the first match is not known on Spark.", remedy="Replace all: add 'g'."
        )
    return call(
        "REGEXP_REPLACE", node.this, node.expression, text(new.name.replace("$", "\\$").replace("\\", "$"))
    )


def _joined(node: exp.Expr) -> exp.Expr:
    """`concat` leaves out what is NULL."""
    parts = [
        call("COALESCE", exp.cast(each, "STRING", dialect="spark"), text("")) for each in node.expressions
    ]
    return call("CONCAT", *parts)


def _like(node: exp.Expr) -> exp.Expr | None:
    if "\\" in node.expression.name:
        raise NotSupported(
            "LIKE with a backslash means two things.", remedy="Use contains or regexp_matches."
        )
    return None


def _part(node: exp.Expr) -> exp.Expr | None:
    """Position 0 is before the first character."""
    start, length = node.args.get("start"), node.args.get("length")
    if start is None or length is None or (isinstance(start, exp.Literal) and start.name > "0"):
        return None

    def cut(at: exp.Expr) -> exp.Expr:
        low = call("GREATEST", at.copy(), number(1))
        reach = exp.Add(this=_operand(at), expression=_operand(length))
        rest = call("GREATEST", exp.Sub(this=reach, expression=low.copy()), number(0))
        plain = call("SUBSTRING", node.this.copy(), at.copy(), length.copy())
        from_end = exp.LT(this=_operand(at), expression=number(0))
        return when(from_end, plain, call("SUBSTRING", node.this, low, rest))

    return named_once(start, "_start", cut)


def _operand(node: exp.Expr) -> exp.Expr:
    return node.copy() if isinstance(node, exp.Identifier | exp.Column | exp.Literal) else exp.paren(node)


def _left(node: exp.Expr) -> exp.Expr:
    """A length below 0 leaves out so many at the other end."""
    name = "LEFT" if isinstance(node, exp.Left) else "RIGHT"
    size = node.expression
    if isinstance(size, exp.Literal):
        return call(name, node.this, size)
    whole = exp.Add(this=call("LENGTH", node.this.copy()), expression=size.copy())
    return call(
        name, node.this, when(exp.LT(this=size, expression=exp.Literal.number(0)), whole, size.copy())
    )


def _digest(node: exp.Expr) -> exp.Expr:
    return call("SHA2", node.this, node.args.get("length") or exp.Literal.number(256))


def _listed(node: exp.Expr) -> exp.Expr:
    """In which order texts are joined must be said: then LISTAGG does the same."""
    inner = node.this
    if not isinstance(inner, exp.Order):
        raise NotSupported(
            "string_agg without ORDER BY is in any order.",
            remedy="Say in which: string_agg(x, ',' ORDER BY x).",
        )
    return done(
        exp.WithinGroup(
            this=call("LISTAGG", inner.this, node.args.get("separator") or text(",")),
            expression=exp.Order(expressions=inner.expressions),
        )
    )


TEXT_REPAIRS: Mapping[type[exp.Expr], Repair] = {
    exp.RegexpFullMatch: _whole,
    exp.RegexpLike: _somewhere,
    exp.RegexpReplace: _replaced,
    exp.Concat: _joined,
    exp.Like: _like,
    exp.ILike: _like,
    exp.Substring: _part,
    exp.Left: _left,
    exp.Right: _left,
    exp.SHA2: _digest,
    exp.GroupConcat: _listed,
}
