"""The column `when`: a few comparisons that must all hold, as the official maps have them.

    45            field (or component) 45 has a value        !45          it has none
    2=NM|SN       its first component is one of these        2!=NM        it is not
    1~\\d+        it looks like this                         1!~.*:.*     it does not
    PV1-2=I       of the segment read last by that name      PRE-0=OBX    of the one before, not counting NTE

There is nothing else: no arithmetic, no nesting, no `or` over different fields (that is two rows).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from kangshu.domains.intake.hl7v2.run import Run
from kangshu.kernel.base.errors import Invalid

Holds = Callable[[Sequence[str], Run], bool]
Read = Callable[[Sequence[str], Run], str]

_MESSAGE = re.compile(r"MSH-9\.([12])(!=|=)(.+)")
_CLAUSE = re.compile(r"(!)?(?:([A-Z][A-Z0-9]{2})-)?(\d+)(?:\.(\d+))?(?:(!=|!~|=|~)(.+))?")


def parse_when(written: str, depth: int) -> Holds | None:
    """The condition for parts that stand at `depth`; None where there is none. Raises `Invalid`."""
    clauses = [_clause(each, depth) for each in written.split()]
    if not clauses:
        return None
    if len(clauses) == 1:
        return clauses[0]
    return lambda parts, run: all(clause(parts, run) for clause in clauses)


def _clause(written: str, depth: int) -> Holds:
    match = _CLAUSE.fullmatch(written)
    if match is None or (match[1] and match[5]):
        raise Invalid(f"{written} is not a condition.", remedy="Write 45, !45, 2=A|B, 2!=A, 1~pattern.")
    negated, segment, number, component, operator, operand = match.groups()
    read = reading(segment, int(number), int(component or 1), depth)
    if operator is None:
        if segment is None and component is None:
            return _valued(int(number)) if not negated else _empty(int(number))
        wanted = not negated
        return lambda parts, run: (read(parts, run) not in ("", '""')) is wanted
    if operator in ("~", "!~"):
        pattern, like = re.compile(operand), operator == "~"
        return lambda parts, run: (pattern.fullmatch(read(parts, run)) is not None) is like
    values = frozenset(operand.split("|"))
    if operator == "=":
        return lambda parts, run: read(parts, run) in values
    return lambda parts, run: read(parts, run) not in values


def _valued(number: int) -> Holds:
    return lambda parts, run: number < len(parts) and _says(parts[number])  # noqa: ARG005


def _empty(number: int) -> Holds:
    return lambda parts, run: number >= len(parts) or not _says(parts[number])  # noqa: ARG005


def _says(written: str) -> bool:
    return written not in ("", '""') and not written.isspace()


def settled(written: str, kind: str, event: str) -> str | None:
    """The condition without what it asks of the kind of message (MSH-9); None if that does not hold."""
    left: list[str] = []
    for clause in written.split():
        match = _MESSAGE.fullmatch(clause)
        if match is None:
            left.append(clause)
        elif ((kind if match[1] == "1" else event) in match[3].split("|")) is (match[2] == "!="):
            return None
    return " ".join(left)


def reading(segment: str | None, number: int, component: int, depth: int) -> Read:
    """The text of a component, of the parts at hand or of a segment read before."""

    def first(written: str, run: Run, depth: int) -> str:
        if component == 1 and written.isalnum():
            return written
        if depth == 0 and run.separators[0] in written:
            written = written.split(run.separators[0], 1)[0]
        at = max(depth, 0) + 1 if depth == 0 else depth
        if at < 3:
            pieces = written.split(run.separators[at])
            written = pieces[component - 1] if component <= len(pieces) else ""
        elif component > 1:
            return ""
        if at + 1 < 3:
            written = written.split(run.separators[at + 1], 1)[0]
        return run.text(written)

    if segment is None:
        return lambda parts, run: first(parts[number], run, depth) if number < len(parts) else ""

    def elsewhere(parts: Sequence[str], run: Run) -> str:  # noqa: ARG001
        found = run.latest.get(segment)
        return first(found.field(number), run, 0) if found is not None else ""

    return elsewhere
