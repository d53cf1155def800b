"""Texts: patterns and joined texts, where Spark reads them otherwise than DuckDB."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlglot import exp

from kangshu.kernel.base.errors import NotSupported
from kangshu.kernel.views.spark.nodes import call, named_once, number, text, when
from kangshu.kernel.views.spark.patterns import java_pattern, java_replacement

Repair = Callable[[exp.Expr], exp.Expr | None]


_SPACES = (
    "\u0020\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
)
"""What DuckDB trims; Spark only the first of them."""


def _whole(node: exp.Expr) -> exp.Expr:
    """The pattern must match from the first character to the last."""
    return call("REGEXP_LIKE", node.this, text(f"^(?:{java_pattern(node.expression)})\\z"))


def _somewhere(node: exp.Expr) -> exp.Expr:
    return call("REGEXP_LIKE", node.this, text(java_pattern(node.expression, node.args.get("flag"))))


def _found(node: exp.Expr) -> exp.Expr:
    if node.args.get("parameters") is not None:
        raise NotSupported("regexp_extract with flags is not known on Spark.", remedy="Write (?i) in front.")
    group = node.args.get("group") or number(0)
    return call("REGEXP_EXTRACT", node.this, text(java_pattern(node.expression)), group)


def _replaced(node: exp.Expr) -> exp.Expr:
    """All that match; DuckDB replaces only the first where it is not told g."""
    flags, new = node.args.get("modifiers"), node.args["replacement"]
    if flags is None or flags.name != "g" or not new.is_string or not node.expression.name:
        raise NotSupported(
            "regexp_replace of the first match is not known on Spark.", remedy="Replace all: add 'g'."
        )
    pattern = text(java_pattern(node.expression))
    return call("REGEXP_REPLACE", node.this, pattern, text(java_replacement(new.name)))


def _trimmed(node: exp.Expr) -> exp.Expr:
    name = {"LEADING": "LTRIM", "TRAILING": "RTRIM"}.get(node.args.get("position") or "", "BTRIM")
    return call(name, node.this, node.expression or text(_SPACES))


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
    """Position 0 is before the first character, and a length below 0 goes backwards."""
    start, length = node.args.get("start"), node.args.get("length")
    if start is None or length is None:
        return None
    known = isinstance(start, exp.Literal) and start.name > "0"
    if known and isinstance(length, exp.Literal):
        return None
    return named_once(start, "_start", lambda at: _cut(node.this, at, length))


def _cut(of: exp.Expr, at: exp.Expr, length: exp.Expr) -> exp.Expr:
    zero, one = number(0), number(1)
    low = when(exp.GT(this=at.copy(), expression=zero), at.copy(), one)
    reach = exp.Sub(
        this=_operand(exp.Add(this=at.copy(), expression=_operand(length))), expression=low.copy()
    )
    forwards = when(
        exp.LT(this=at.copy(), expression=zero.copy()),
        call("SUBSTRING", of.copy(), at.copy(), length.copy()),
        call("SUBSTRING", of.copy(), low, reach),
    )
    if isinstance(length, exp.Literal):
        return forwards
    size = exp.Add(this=call("LENGTH", of.copy()), expression=exp.Add(this=at.copy(), expression=one.copy()))
    before = when(exp.LT(this=at.copy(), expression=zero.copy()), size, at.copy())
    begin = call("GREATEST", exp.Add(this=before.copy(), expression=_operand(length)), one.copy())
    back = call("SUBSTRING", of.copy(), begin, exp.Sub(this=before.copy(), expression=begin.copy()))
    return when(exp.LT(this=_operand(length), expression=zero.copy()), back, forwards)


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


TEXT_REPAIRS: Mapping[type[exp.Expr], Repair] = {
    exp.RegexpFullMatch: _whole,
    exp.RegexpLike: _somewhere,
    exp.RegexpExtract: _found,
    exp.RegexpReplace: _replaced,
    exp.Trim: _trimmed,
    exp.Concat: _joined,
    exp.Like: _like,
    exp.ILike: _like,
    exp.Substring: _part,
    exp.Left: _left,
    exp.Right: _left,
    exp.SHA2: _digest,
}
