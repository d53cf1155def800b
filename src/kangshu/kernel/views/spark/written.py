"""What a text says: a day, a time, a number. Spark reads other texts than DuckDB does."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from kangshu.kernel.base.errors import NotSupported
from kangshu.kernel.views.spark.nodes import call, cast, number, text, try_cast, when

_DAY = r"[0-9]+([-/])[0-9]{1,2}\1[0-9]{1,2}"
_CLOCK = r"[T ] *([01]?[0-9]|2[0-3]):[0-5]?[0-9](:[0-5]?[0-9](\.[0-9]*)?)?"
_OFFSET = r"Z|[-+][0-9]{2}(:?[0-9]{2})?| UTC"
_READS = {
    "DATE": rf"^ *{_DAY}({_CLOCK} ?({_OFFSET})?)? *$",
    "TIMESTAMP_NTZ": rf"^ *{_DAY}({_CLOCK} ?({_OFFSET})? *)?$",
    "TIMESTAMP_LTZ": rf"^ *{_DAY}({_CLOCK}({_OFFSET})? *)?$",
}
"""What DuckDB takes for a day or a time; Spark also takes 2024 and 2024-05."""

_DIGITS = r"[0-9]+(_[0-9]+)*"
_NUMBER = rf"^\s*[-+]?({_DIGITS}(\.({_DIGITS})?)?|\.{_DIGITS})([eE][-+]?[0-9]+)?\s*$"
_ENDLESS = r"(?i)^\s*[-+]?(nan|inf|infinity)\s*$"
"""What DuckDB takes for a number; Spark also takes 1d, and digits of all languages."""

_PARTS = {"Y": "year", "m": "month", "d": "day", "H": "hour", "M": "minute", "S": "second"}


def day_or_time(node: exp.Expr, type_: str) -> exp.Expr:
    """A text as a day or a time; NULL where it is none."""
    plain = cast(node, "STRING")
    reads = call("REGEXP_LIKE", plain, text(_READS[type_]))
    dashed = call("REPLACE", call("TRIM", plain.copy()), text("/"), text("-"))
    dashed = call("REGEXP_REPLACE", dashed, text(" +"), text(" "))
    return when(reads, try_cast(_in_four_digits(dashed), type_), exp.Null())


def as_number(node: exp.Expr, make: Callable[[exp.Expr], exp.Expr]) -> exp.Expr:
    """A text as a number; NULL where it is none. `make` casts a text in which nothing is odd."""
    forms = f"{_NUMBER}|{_ENDLESS}"
    reads = call("REGEXP_LIKE", node, text(forms))
    return when(reads, make(call("REPLACE", node.copy(), text("_"), text(""))), exp.Null())


def in_form(node: exp.Expr, form: str, *, or_null: bool) -> exp.Expr:
    """A text as a time written in a form such as `%Y%m%d`; NULL, or an error, where it is not."""
    pattern, groups = _pattern_of(form)
    if "year" not in groups:
        raise NotSupported(f"The form {form} of a time has no year.", remedy="Write %Y.")

    def group(name: str, otherwise: str) -> str:
        return f"${groups[name]}" if name in groups else otherwise

    day = f"{group('year', '')}-{group('month', '1')}-{group('day', '1')}"
    clock = f"{group('hour', '0')}:{group('minute', '0')}:{group('second', '0')}"
    reads = call("REGEXP_LIKE", node, text(pattern))
    written = call("REGEXP_REPLACE", node.copy(), text(pattern), text(f"{day} {clock}"))
    written = _in_four_digits(written)
    if or_null:
        return when(reads, try_cast(written, "TIMESTAMP_NTZ"), exp.Null())
    other = call("RAISE_ERROR", text(f"A text is no time in the form {form}."))
    there = exp.Is(this=node.copy(), expression=exp.Null())
    return when(exp.or_(reads, there), cast(written, "TIMESTAMP_NTZ"), other)


def _pattern_of(form: str) -> tuple[str, dict[str, int]]:
    """A pattern of the form, and which of its groups is what. A part takes all digits that it may have."""
    found, groups, place = "", dict[str, int](), 0
    while place < len(form):
        if form[place] == "%":
            part = _PARTS.get(form[place + 1 : place + 2])
            if part is None:
                raise NotSupported(f"The form {form} of a time is not known on Spark.")
            groups[part] = len(groups) + 1
            found += r"([0-9]{1,4}+)" if part == "year" else r"([0-9]{1,2}+)"
            place += 2
        else:
            found += r"\s*" if form[place] == " " else f"[{form[place]}]"
            place += 1
    return rf"^\s*{found}\s*\z", groups


def _in_four_digits(written: exp.Expr) -> exp.Expr:
    """A day that begins with its year, which gets zeros in front: Spark reads no year of two digits."""
    missing = exp.Sub(this=number(5), expression=call("INSTR", written.copy(), text("-")))
    return call("CONCAT", call("REPEAT", text("0"), missing), written)
