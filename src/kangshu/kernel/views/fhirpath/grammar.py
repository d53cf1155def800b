"""From text to tree, by precedence climbing. https://hl7.org/fhirpath/N1/#operator-precedence"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

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
from kangshu.kernel.views.fhirpath.tokens import Token, tokens, wrong

_BINDING = {
    **dict.fromkeys(["implies"], 1),
    **dict.fromkeys(["or", "xor"], 2),
    **dict.fromkeys(["and"], 3),
    **dict.fromkeys(["in", "contains"], 4),
    **dict.fromkeys(["=", "~", "!=", "!~"], 5),
    **dict.fromkeys(["<", ">", "<=", ">="], 6),
    **dict.fromkeys(["|"], 7),
    **dict.fromkeys(["is", "as"], 8),
    **dict.fromkeys(["+", "-", "&"], 9),
    **dict.fromkeys(["*", "/", "div", "mod"], 10),
}
_SIGN = 11
_DEEPEST = 100


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """The tree of an expression. Raises `Invalid` with the column where it is broken."""
    reader = _Reader(list(tokens(text)))
    found = reader.expression(0)
    reader.expect("end", "")
    return found


class _Reader:
    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._next = 0
        self._depth = 0

    @property
    def here(self) -> Token:
        return self._tokens[self._next]

    def take(self) -> Token:
        token = self.here
        self._next += 1
        return token

    def took(self, mark: str) -> bool:
        if self.here.kind == "mark" and self.here.text == mark:
            self._next += 1
            return True
        return False

    def expect(self, kind: str, text: str) -> None:
        if self.here.kind != kind or self.here.text != text:
            told = f"`{self.here.text}`" if self.here.text else "the end"
            raise wrong(self.here.at, f"{told} where {f'`{text}`' if text else 'the end'} was expected")
        self._next += 1

    def expression(self, weakest: int) -> Expression:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise wrong(self.here.at, f"more than {_DEEPEST} expressions inside each other")
        left = self._signed()
        while True:
            operator = self.here
            binding = _BINDING.get(operator.text, 0) if operator.kind in ("mark", "name") else 0
            if binding <= weakest:
                self._depth -= 1
                return left
            self.take()
            if operator.text in ("is", "as"):
                left = TypeTest(operator.text, left, self._type_name(), operator.at)
            else:
                left = Binary(operator.text, left, self.expression(binding), operator.at)

    def _signed(self) -> Expression:
        if self.here.kind == "mark" and self.here.text in "+-":
            sign = self.take()
            return Sign(sign.text, self.expression(_SIGN), sign.at)
        return self._followed(self._term())

    def _followed(self, base: Expression) -> Expression:
        while True:
            at = self.here.at
            if self.took("."):
                base = self._invocation(base)
            elif self.took("["):
                index = self.expression(0)
                self.expect("mark", "]")
                base = Indexer(base, index, at)
            else:
                return base

    def _term(self) -> Expression:
        token = self.here
        match token.kind:
            case "string" | "date" | "dateTime" | "time":
                self.take()
                return Literal(token.text, token.kind, token.at)
            case "integer" | "decimal":
                self.take()
                self._refuse_quantity()
                value = int(token.text) if token.kind == "integer" else Decimal(token.text)
                return Literal(value, token.kind, token.at)
            case "name" if token.text in ("true", "false"):
                self.take()
                return Literal(token.text == "true", "boolean", token.at)
            case "percent":
                self.take()
                return Named(self._name_of_constant(), token.at)
            case _:
                return self._group(token)

    def _group(self, token: Token) -> Expression:
        if self.took("("):
            inner = self.expression(0)
            self.expect("mark", ")")
            return inner
        if self.took("{"):
            self.expect("mark", "}")
            return Empty(token.at)
        return self._invocation(None)

    def _refuse_quantity(self) -> None:
        unit = self.here
        if unit.kind == "string" or (unit.kind == "name" and unit.text.removesuffix("s") in _CALENDAR):
            raise wrong(unit.at, "quantities such as `4 'mg'` are not part of what views offer")

    def _name_of_constant(self) -> str:
        token = self.take()
        if token.kind not in ("name", "quoted", "string"):
            raise wrong(token.at, "a name was expected behind `%`")
        return token.text

    def _invocation(self, base: Expression | None) -> Expression:
        token = self.take()
        if token.kind == "special":
            return This(token.text, token.at)
        usable = token.kind == "quoted" or (
            token.kind == "name" and (token.text not in _RESERVED or base is not None)
        )
        if not usable:
            told = f"`{token.text}`" if token.text else "the end"
            raise wrong(token.at, f"{told} where a name or a value was expected")
        if token.kind == "quoted" or not self.took("("):
            return Member(base, token.text, token.at)
        arguments: list[Expression] = []
        if not self.took(")"):
            arguments.append(self.expression(0))
            while self.took(","):
                arguments.append(self.expression(0))
            self.expect("mark", ")")
        return Call(base, token.text, tuple(arguments), token.at)

    def _type_name(self) -> str:
        grouped = self.took("(")
        name = self._type_word()
        while self.took("."):
            name = f"{name}.{self._type_word()}"
        if grouped:
            self.expect("mark", ")")
        return name

    def _type_word(self) -> str:
        token = self.take()
        if token.kind not in ("name", "quoted"):
            raise wrong(token.at, "the name of a type was expected")
        return token.text


_CALENDAR = {"year", "month", "week", "day", "hour", "minute", "second", "millisecond"}
_RESERVED = {"div", "mod", "and", "or", "xor", "implies", "in", "true", "false"}


def type_name(node: Expression) -> str | None:
    """The name of a type given as an argument (`Quantity`, `FHIR.Quantity`, `'Quantity'`), or None."""
    match node:
        case Member(base=None, name=name):
            return name
        case Member(base=Member(base=None, name="FHIR" | "System"), name=name):
            return name
        case Literal(value=str() as name, kind="string"):
            return name
        case _:
            return None
